from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.cache import FILES, Store, default_folder, digest


def only_file(folder):
    (path,) = folder.iterdir()
    return path


@given(st.binary())
def test_digest_is_sha256(data):
    assert digest(data) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("data", [b"", b"program", b"a\nb\n", bytes(range(256)) * 1000])
def test_what_was_put_is_got(tmp_path, data):
    store = Store(tmp_path / "new" / "folder")
    assert store.get("key") is None
    store.put("key", data)
    assert store.get("key") == data
    assert Store(tmp_path / "new" / "folder").get("key") == data
    assert store.get("other") is None
    store.put("key", b"later")
    assert store.get("key") == b"later"
    folder = tmp_path / "new" / "folder"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(only_file(folder).stat().st_mode) == 0o600


def test_any_damage_gives_nothing_and_is_mended(tmp_path):
    store = Store(tmp_path)
    store.put("key", b"payload")
    path = only_file(tmp_path)
    whole = path.read_bytes()
    damaged = [whole[:cut] for cut in range(len(whole))]
    damaged += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    damaged += [whole + b"x", b"\n" + whole, os.urandom(100)]
    for data in damaged:
        path.write_bytes(data)
        assert store.get("key") is None
    store.put("key", b"payload")
    assert store.get("key") == b"payload"


def test_a_file_moved_to_another_key_gives_nothing(tmp_path):
    store = Store(tmp_path)
    store.put("one", b"payload")
    path = only_file(tmp_path)
    store.put("two", b"other")
    (other,) = set(tmp_path.iterdir()) - {path}
    path.replace(other)
    assert store.get("two") is None


def test_what_others_could_have_written_gives_nothing(tmp_path):
    store = Store(tmp_path)
    store.put("key", b"payload")
    only_file(tmp_path).chmod(0o666)
    assert store.get("key") is None
    only_file(tmp_path).chmod(0o600)
    assert store.get("key") == b"payload"
    tmp_path.chmod(0o777)
    assert store.get("key") is None
    store.put("new", b"payload")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    store = Store(file / "cache")
    store.put("key", b"payload")
    assert store.get("key") is None
    Store(None).put("key", b"payload")
    assert Store(None).get("key") is None


def test_a_folder_in_the_place_of_a_file_stops_nobody(tmp_path):
    store = Store(tmp_path)
    store.put("key", b"payload")
    path = only_file(tmp_path)
    path.unlink()
    path.mkdir()
    assert store.get("key") is None
    store.put("key", b"payload")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_the_oldest_go_and_what_is_not_ours_stays(tmp_path):
    store = Store(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "1-old.tmp").write_text("left by a run that was killed")
    os.utime(tmp_path / "1-old.tmp", (1, 1))
    store.put("0", b"0")
    for path in tmp_path.glob("*.cached"):
        os.utime(path, (1, 1))
    for key in range(1, FILES + 1):
        store.put(str(key), b"x")
    assert len(list(tmp_path.glob("*.cached"))) == FILES
    assert store.get("0") is None
    assert store.get(str(FILES)) == b"x"
    assert (tmp_path / "notes.txt").exists()
    assert not (tmp_path / "1-old.tmp").exists()


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {"HOME": "/home/ada"}, "/home/ada/.cache/check-backprop"),
        ("linux", {"HOME": "/home/ada", "XDG_CACHE_HOME": "/fast"}, "/fast/check-backprop"),
        ("linux", {"HOME": "/home/ada", "XDG_CACHE_HOME": "relative"}, "/home/ada/.cache/check-backprop"),
        ("linux", {"HOME": "home"}, None),
        ("linux", {}, None),
        ("darwin", {"HOME": "/Users/ada"}, "/Users/ada/Library/Caches/check-backprop"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/check-backprop/cache"),
        ("win32", {"HOME": "/home/ada"}, None),
    ],
)
def test_default_folder(monkeypatch, platform, environ, folder):
    monkeypatch.setattr("sys.platform", platform)
    assert default_folder(environ) == (Path(folder) if folder else None)
