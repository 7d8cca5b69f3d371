from __future__ import annotations

import os

import pytest

from checker import shipped
from checker.errors import AuthorError, Place, SubmissionError
from checker.find import contents, find_problem, known_ids

WHERE = Place("ada.yaml", 2, 10)


def problem(folder, name, problem_id, line="id: {}"):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"format: check-backprop/problem@1\n{line.format(problem_id)}\n")
    return path


def test_by_name_and_by_id_the_first_folder_counts(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    problem(first, "other.yaml", "other")
    wanted = problem(second, "sheet-3.yml", "neuron")
    assert find_problem("neuron", [first, tmp_path / "none", second], WHERE) == wanted
    nearer = problem(first, "neuron.yaml", "neuron")
    assert find_problem("neuron", [first, second], WHERE) == nearer


@pytest.mark.parametrize(
    "line",
    ['id: "{}"', "id: '{}'", "id: {}  # one neuron", "id:   {}\r", "title: x\nid: {}", "id:\t{}"],
)
def test_spellings_of_the_line(tmp_path, line):
    wanted = problem(tmp_path, "x.yaml", "neuron", line)
    assert find_problem("neuron", [tmp_path], WHERE) == wanted


def test_a_byte_order_mark_hides_nothing(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfid: neuron\n")
    assert find_problem("neuron", [tmp_path], WHERE).name == "x.yaml"


@pytest.mark.parametrize("line", ["id: {}2", "  id: {}", "xid: {}", "id: x{}", "# id: {}", "id: a {}"])
def test_lines_that_are_not_the_id(tmp_path, line):
    problem(tmp_path, "x.yaml", "neuron", line)
    with pytest.raises(SubmissionError):
        find_problem("neuron", [tmp_path], WHERE)


def test_the_name_is_enough_where_no_other_id_is_seen(tmp_path):
    wanted = tmp_path / "neuron.yaml"
    wanted.write_text("{format: check-backprop/problem@1, id: neuron}\n")
    assert find_problem("neuron", [tmp_path], WHERE) == wanted
    problem(tmp_path, "neuron.yaml", "other")
    with pytest.raises(SubmissionError):
        find_problem("neuron", [tmp_path], WHERE)


def test_a_submission_called_like_the_problem_is_not_the_problem(tmp_path):
    beside, shipped = tmp_path / "beside", tmp_path / "shipped"
    beside.mkdir()
    (beside / "neuron.yaml").write_text("format: check-backprop/submission@1\nproblem: neuron\n")
    wanted = problem(shipped, "neuron.yaml", "neuron")
    assert find_problem("neuron", [beside, shipped], WHERE) == wanted


def test_two_files_with_one_id_are_named(tmp_path):
    first, second = problem(tmp_path, "a.yaml", "neuron"), problem(tmp_path, "neuron.yaml", "neuron")
    with pytest.raises(AuthorError) as caught:
        find_problem("neuron", [tmp_path], WHERE)
    assert str(caught.value) == (
        f"{second}:1:1: 2 files have the id 'neuron': {first} and {second}; "
        "give each problem of a folder an id of its own"
    )


def test_an_unknown_id_suggests_a_near_one(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "data_folder", lambda _: tmp_path)
    problem(tmp_path, "a.yaml", "neuron-sigmoid")
    with pytest.raises(SubmissionError) as caught:
        find_problem("neuron-sigmiod", [tmp_path], WHERE)
    assert str(caught.value) == (
        "ada.yaml:2:10: there is no problem 'neuron-sigmiod' among the shipped ones; did you mean 'neuron-sigmoid'?"
    )
    with pytest.raises(SubmissionError) as caught:
        find_problem("neuron-sigmiod", [tmp_path.parent / "none", tmp_path / "none"], None)
    assert str(caught.value) == (
        f"there is no problem 'neuron-sigmiod' in {tmp_path.parent / 'none'}, nor among the shipped ones; "
        "name the problem's folder with --problems"
    )


@pytest.mark.parametrize("bad", ["../../etc/passwd", "", "a/b", "a" * 65, "a b", "a\n", "nul\0", "é", "a\\b"])
def test_what_is_not_an_id(tmp_path, bad):
    with pytest.raises(SubmissionError, match="is not a problem's id; an id has at most 64 letters"):
        find_problem(bad, [tmp_path], WHERE)


def test_a_link_out_of_its_folder_is_refused(tmp_path):
    outside = problem(tmp_path / "outside", "secret.yaml", "neuron")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "neuron.yaml").symlink_to(outside)
    with pytest.raises(AuthorError) as caught:
        find_problem("neuron", [inside], WHERE)
    assert str(caught.value) == (
        f"{inside / 'neuron.yaml'}:1:1: neuron.yaml is a link to a file outside its folder; "
        "put the problem file itself in the folder"
    )
    (inside / "neuron.yaml").rename(inside / "other.yaml")
    with pytest.raises(SubmissionError):
        find_problem("neuron", [inside], WHERE)
    assert known_ids([inside]) == []


def test_a_link_within_its_folder_is_the_same_file(tmp_path):
    problem(tmp_path, "sheet.yaml", "neuron")
    (tmp_path / "neuron.yaml").symlink_to(tmp_path / "sheet.yaml")
    assert find_problem("neuron", [tmp_path], WHERE) == tmp_path / "neuron.yaml"


def test_pipes_and_folders_are_passed_over(tmp_path):
    os.mkfifo(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").mkdir()
    wanted = problem(tmp_path, "c.yaml", "neuron")
    assert find_problem("neuron", [tmp_path], WHERE) == wanted
    os.mkfifo(tmp_path / "neuron.yaml")
    with pytest.raises(AuthorError, match=r"neuron\.yaml cannot be read: it is not a regular file; make it a file"):
        find_problem("neuron", [tmp_path], WHERE)


def test_only_the_beginning_of_a_file_is_searched(tmp_path):
    (tmp_path / "x.yaml").write_text("#" * 70_000 + "\nid: neuron\n")
    with pytest.raises(SubmissionError):
        find_problem("neuron", [tmp_path], WHERE)


def test_contents(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a" * 100)
    assert contents(path, SubmissionError) == b"a" * 100
    assert contents(path, SubmissionError, most=10) == b"a" * 11
    with pytest.raises(AuthorError) as caught:
        contents(tmp_path / "y.yaml", AuthorError)
    assert str(caught.value) == (f"{tmp_path / 'y.yaml'}:1:1: there is no such file; give a file that is there")
    with pytest.raises(AuthorError, match="it is a folder"):
        contents(tmp_path, AuthorError)
