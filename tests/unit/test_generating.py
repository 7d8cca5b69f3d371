"""Templates, draws, rosters, secrets and sets."""

from __future__ import annotations

import json
import os
import re
import stat
from fractions import Fraction
from pathlib import Path

import pytest

import checker
from checker.errors import AuthorError
from checker.generating import generate_set
from checker.generating.kinds import KINDS
from checker.generating.roster import read_roster, skeleton
from checker.generating.search import draw
from checker.generating.secret import read_secret
from checker.generating.stream import Stream
from checker.generating.template import load_template
from checker.linting import lint_problem

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "problem_sets" / "templates").glob("*.yaml"))

HEAD = "format: check-backprop/problem@1\nid: t\n"
BODY = "given: {x: 1, y: 1}\nparameters: {w: [0.5, 0.25]}\nforward:\n  z: w[1]*x + w[2]\nloss:\n  L: (z - y)^2\n"


def template(vary: str, more: str = "", body: str = BODY):
    return load_template(f"{HEAD}{body}{more}vary:\n{vary}".encode(), "t.yaml")


def drawn(vary: str, number: int = 0, body: str = BODY):
    found = draw(template(vary, body=body), b"seed", number)
    return {name: [each.text for each in value.numbers] for name, value in found.items() if hasattr(value, "numbers")}


def faults(vary: str, more: str = "", body: str = BODY) -> list[str]:
    with pytest.raises(AuthorError) as error:
        template(vary, more, body)
    return [str(finding) for finding in error.value.findings]


# ---------------------------------------------------------------- draws


def test_a_stream_is_what_it_was() -> None:
    """The bytes of every set ever made rest on this."""
    stream = Stream(b"seed", 3)
    assert [stream.below(1000) for _ in range(6)] == [930, 721, 161, 108, 89, 106]
    assert Stream(b"seed", 4).order(6) == [5, 3, 0, 4, 2, 1]


def test_draws_are_even() -> None:
    counts = [0] * 7
    stream = Stream(b"even", 0)
    for _ in range(7000):
        counts[stream.below(7)] += 1
    assert all(abs(count - 1000) < 4 * 30 for count in counts)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_example_of_every_kind_can_be_drawn(kind) -> None:
    name = kind.example.partition(":")[0]
    body = {
        "x": BODY.replace("x: 1,", "x: [1, 2, 3, 4],").replace("w[1]*x", "w[1]*sum(x)"),
        "y": BODY.replace("y: 1}", "y: [1, 0]}").replace("(z - y)^2", "sum((z - y)^2)"),
        "w": BODY.replace("[0.5, 0.25]", "[0.5, 0.25, 1]"),
        "W1": BODY.replace("w: [0.5, 0.25]", "w: [0.5, 0.25], W1: [[1, 2], [3, 4], [5, 6]]"),
        "phi": BODY.replace("z: w[1]", "a: phi(x)\n  z: w[1]"),
        "J": BODY.replace("(z - y)^2", "J(z, y)"),
        "n": BODY.replace("y: 1}", "y: 1, n: 2}"),
        "y2": BODY.replace("y: 1}", "y: 1, y2: 2}"),
    }[name]
    before = {"y2": "  y1: {choice: [0, 1]}\n", "y": "  w: {signs: [0.5, 0.25]}\n" if kind.name == "near" else ""}
    if kind.name == "near":
        body = BODY.replace("y: 1}", "y: [1, 0]}").replace("(z - y)^2", "sum((z - y)^2)")
    made = template(f"{before.get(name, '')}  {kind.example}\n", body=body)
    first = draw(made, b"seed", 1)
    assert first == draw(made, b"seed", 1)
    assert name in first
    for alias in kind.aliases:
        template(f"  {kind.example.replace(kind.name, alias)}\n", body=body)


def test_numbers_print_as_short_decimals_on_their_grid() -> None:
    for number in range(50):
        (text,) = drawn("  x: {uniform: [-1, 1], step: 0.05, not: [0]}\n", number)["x"]
        assert re.fullmatch(r"-?[01](\.\d{1,2})?", text)
        assert Fraction(text) % Fraction(1, 20) == 0
        assert text != "0"


def test_draws_depend_on_each_other() -> None:
    for number in range(20):
        found = drawn(
            "  x: {uniform: [-1, 1], step: 0.1}\n  y: {equals: 1 - x}\n  w: {near: w0 + x, within: 0.2, step: 0.1}\n",
            number,
            BODY.replace("y: 1}", "y: 1, w0: [1, 2]}"),
        )
        x = Fraction(found["x"][0])
        assert Fraction(found["y"][0]) == 1 - x
        assert all(abs(Fraction(text) - at - x) <= Fraction(1, 5) for text, at in zip(found["w"], (1, 2), strict=True))


def test_shapes_are_drawn() -> None:
    body = BODY.replace("w[1]*x + w[2]", "sum(w)*x")
    shapes = {
        len(drawn("  n: {integers: [2, 4]}\n  w: {uniform: [1, 2], shape: [n]}\n", number, body)["w"])
        for number in range(20)
    }
    assert shapes == {2, 3, 4}


def test_initialisers_have_their_variance() -> None:
    body = BODY.replace("w: [0.5, 0.25]", "w: [0.5, 0.25], W1: [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8]]")
    for kind, variance in (("xavier", 2 / 10), ("he", 2 / 8), ("lecun", 1 / 8)):
        for way in ("uniform", "normal"):
            values = [
                float(text)
                for number in range(150)
                for text in drawn(f"  W1: {{{kind}: {way}, step: 0.001}}\n", number, body)["W1"]
            ]
            found = sum(value**2 for value in values) / len(values)
            assert found == pytest.approx(variance, rel=0.08), (kind, way)


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        (
            "  q: {uniform: [0, 1]}\n",
            "t.yaml:10:3: 'q' is drawn and used nowhere; name a given or a parameter, or use it",
        ),
        ("  x: 3\n", "t.yaml:10:6: expected how 'x' is drawn, found 3; write x: {uniform: [-1, 1], step: 0.1}"),
        ("  x: {unifrom: [0, 1]}\n", "t.yaml:10:7: unknown kind of draw 'unifrom'; did you mean 'uniform'?"),
        (
            "  x: {uniform: [0, 1], signs: 1}\n",
            "t.yaml:10:24: 'x' is drawn in two ways, 'uniform' and 'signs'; keep one",
        ),
        ("  x: {uniform: 1}\n", "t.yaml:10:16: expected the lowest and the highest number for 'x', found 1; write"),
        ("  x: {uniform: [1, 0]}\n", "t.yaml:10:16: for 'x': nothing lies from 1 to 0; the lowest number comes first"),
        ("  x: {uniform: [0, 1], step: 0}\n", "t.yaml:10:30: the step must be more than 0; write 0.1"),
        ("  x: {uniform: [0, 1], step: 1/3}\n", "t.yaml:10:30: the step is no decimal of at most 6 digits; use one"),
        ("  x: {uniform: [0, q]}\n", "t.yaml:10:20: in 'x': 'q' is not known here; use one of y, w"),
        ("  x: {integers: [0, 0.5]}\n", "t.yaml:10:21: expected a whole number, found 0.5; use `uniform` with a step"),
        ("  x: {choice: []}\n", "t.yaml:10:15: expected a list to choose from for 'x', found an empty list; write"),
        ("  x: {activation: [sigmoid]}\n", "t.yaml:10:3: 'x' is a number of the problem and is drawn as a word; use"),
        ("  x: {signs: 1, step: 0.1}\n", "t.yaml:10:17: a signs draw has no option 'step'; it takes shape"),
        ("  x: {near: y}\n", "t.yaml:10:13: how far 'x' may lie from it is missing; add `within: 0.5`"),
    ],
)
def test_faults_of_draws(vary: str, said: str) -> None:
    assert faults(vary)[0].startswith(said)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("require: [z]\n", "t.yaml:9:11: in a condition: no comparison; write one such as abs(z) > 0.1"),
        ("require: ['z >']\n", "t.yaml:9:15: in a condition: nothing to compare with; write an expression on both"),
        ("template: {vershun: 1}\n", "t.yaml:9:12: unknown key 'vershun'; did you mean 'version'?"),
        ("template: {difficulty: 0}\n", "t.yaml:9:24: the difficulty's band must be more than 0 and at most 1 (100%)"),
    ],
)
def test_faults_of_settings(more: str, said: str) -> None:
    assert faults("  x: {uniform: [0, 1]}\n", more)[0].startswith(said)


def test_a_problem_is_no_template() -> None:
    with pytest.raises(AuthorError, match="this file is a problem, not a template: it has no 'vary'"):
        load_template((HEAD + BODY).encode(), "t.yaml")


# ---------------------------------------------------------------- rosters


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,HW
    Points Possible,,,,,10
"Lovelace, Ada",101,,ada,A,9
"Student, Test",9,,x,A,
"""


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ada\ngrace\n", ["ada", "grace"]),
        ("# class of 2026\n\nada\r\n grace \r\n", ["ada", "grace"]),
        ("id,name\nada,Ada L\n", ["ada"]),
        ("Name;E-Mail\nAda;ada@uni.edu\n", ["ada@uni.edu"]),
        (CANVAS, ["ada"]),
        (
            "\ufeffFirst name,Last name,ID number,Email address\nAda,Lovelace,4711,ada@uni.edu\n",
            ["4711"],
        ),
        ("Username\tFirst name\nada\tAda\n", ["ada"]),
    ],
)
def test_rosters_as_they_are_downloaded(text: str, ids: list[str]) -> None:
    assert [student.id for student in read_roster(text.encode(), "r.csv")] == ids


def test_names_are_read() -> None:
    text = 'Student,ID,SIS User ID,SIS Login ID\n"Lovelace, Ada",101,s1,ada\n'
    assert read_roster(text.encode(), "r.csv")[0][:3] == ("s1", "Ada Lovelace", "s1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ada\nada\n", "r.csv:2:1: 'ada' stands there twice, first on line 1; remove one of the lines"),
        ("ada\nAda\n", "r.csv:2:1: 'Ada' looks like 'ada' on line 1; write both alike, or give them ids that nobody"),
        ("id,name\n,Ada\n", "r.csv:2:1: an id is empty; fill it in, or remove the line"),
        ("../x\n", "r.csv:1:1: the id '../x' has a '/' in it; an id names files, so it is no path"),
        ("a\\b\n", r"r.csv:1:1: the id 'a\\b' has a '\\' in it; an id names files"),
        ("..\n", "r.csv:1:1: the id '..' is made of dots"),
        ("аda\n", "r.csv:1:1: the id 'аda' has 'а' (Cyrillic Small Letter A), a look-alike; type the Latin a"),
        ("a\u200bda\n", "r.csv:1:1: the id 'a\\u200bda' has U+200B ZERO WIDTH SPACE in it, which nobody sees; delete"),
        ("", "r.csv:1:1: the roster is empty; write an id a line, or export it with a heading"),
        ("colour,size\nred,3\n", "r.csv:1:1: none of the columns names a student: colour, size; say which with"),
    ],
)
def test_faults_of_rosters_have_their_line(text: str, said: str) -> None:
    with pytest.raises(AuthorError) as error:
        read_roster(text.encode(), "r.csv")
    assert str(error.value).startswith(said)


def test_a_full_width_id_looks_like_a_plain_one() -> None:
    assert skeleton("ａｄａ") == skeleton("ada")


# ---------------------------------------------------------------- the secret


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret"
    made, new = read_secret(path)
    assert new
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_secret(path) == (made, False)
    path.chmod(0o644)
    with pytest.raises(AuthorError, match="can be read by others"):
        read_secret(path)


def test_a_short_secret_is_none(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("hunter2")
    path.chmod(0o600)
    with pytest.raises(AuthorError, match="a secret of 7 bytes; it needs at least 16"):
        read_secret(path)


# ---------------------------------------------------------------- sets


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def made(tmp_path: Path, name: str, ids: str, template: Path = TEMPLATES[0], **settings):
    roster = tmp_path / f"{name}.txt"
    roster.write_text(ids)
    return generate_set(template, roster, tmp_path / name, **settings)


def test_a_set_is_made_again_byte_for_byte_and_grows_without_changing_anybody(tmp_path: Path) -> None:
    made(tmp_path, "one", "ada\ngrace\n", seed="x")
    made(tmp_path, "two", "new\nada\ngrace\n", seed="x")
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert {path: two[path] for path in one if path != "manifest.json"} == {
        path: data for path, data in one.items() if path != "manifest.json"
    }
    made(tmp_path, "one", "new\nada\ngrace\n", seed="x")
    grown = files(tmp_path / "one")
    assert {path: grown[path] for path in one if path != "manifest.json"} == {
        path: data for path, data in one.items() if path != "manifest.json"
    }
    assert set(grown) == set(two)
    before = files(tmp_path / "one") | files(tmp_path / "one-key")
    made(tmp_path, "one", "new\nada\ngrace\n", seed="x")
    assert files(tmp_path / "one") | files(tmp_path / "one-key") == before


@pytest.mark.parametrize("name", ["out", "key_out"])
def test_a_file_is_no_folder_for_a_set(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "roster.txt").write_text("ada\n")
    folders = {"out": tmp_path / "set", name: tmp_path / "file"}
    with pytest.raises(AuthorError) as error:
        generate_set(TEMPLATES[0], tmp_path / "roster.txt", seed="x", **folders)
    assert str(error.value) == (
        f"{tmp_path}/file:1:1: it is a file, not a folder; give the name of a folder, or of one that is to be made"
    )
    assert (tmp_path / "file").read_text() == "mine"


def test_a_secret_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    made(tmp_path, "set", "ada\n")
    before = files(tmp_path / "set") | files(tmp_path / "set-key")
    secret = tmp_path / "set-key" / "secret"
    secret.rename(tmp_path / "kept")
    with pytest.raises(AuthorError) as error:
        made(tmp_path, "set", "ada\n")
    assert str(error.value) == (
        f"{secret}:1:1: there is a set in {tmp_path}/set-key, and not the secret that it was made with; "
        "give that secret with --secret-file, or another folder"
    )
    assert not secret.exists()
    made(tmp_path, "set", "ada\ngrace\n", secret_file=tmp_path / "kept")
    after = files(tmp_path / "set") | files(tmp_path / "set-key")
    assert {name for name in before if after.get(name) != before[name]} == {"manifest.json", "secret"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_who_joins_at_the_front_changes_nobody_elses_files(tmp_path: Path, path: Path) -> None:
    made(tmp_path, "one", "ada\ngrace\n", path, seed="x", formats=("md", "html", "tex"))
    made(tmp_path, "two", "a\nb\nc\nada\ngrace\n", path, seed="x", formats=("md", "html", "tex"))
    for folder in ("one", "one-key"):
        for name, data in files(tmp_path / folder).items():
            if not name.endswith("manifest.json"):
                assert files(tmp_path / folder.replace("one", "two"))[name] == data


def test_formats_that_an_earlier_run_wrote_are_still_ours(tmp_path: Path) -> None:
    formats = {"formats": ("md", "html"), "exports": ("prairielearn", "notebook")}
    made(tmp_path, "set", "ada\n", seed="x", **formats)
    both = files(tmp_path / "set")
    made(tmp_path, "set", "ada\n", seed="x")
    assert files(tmp_path / "set").keys() == both.keys()
    listed = json.loads((tmp_path / "set" / "manifest.json").read_text(encoding="utf-8"))["students"][0]["files"]
    assert {"handouts/ada.html", "notebooks/ada.ipynb"} <= listed.keys()
    summary = made(tmp_path, "set", "ada\ngrace\n", seed="x", **formats)
    assert summary.kept == ()
    assert b"variants" in files(tmp_path / "set-key")[f"exports/prairielearn/{summary.template}/parameters.json"]


def test_another_secret_gives_other_numbers_and_no_secret_is_handed_out(tmp_path: Path) -> None:
    made(tmp_path, "one", "ada\n", secret_file=tmp_path / "s1")
    made(tmp_path, "two", "ada\n", secret_file=tmp_path / "s2")
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert one["problems/ada.yaml"] != two["problems/ada.yaml"]
    secret = (tmp_path / "s1").read_text().strip()
    for data in (*one.values(), *files(tmp_path / "one-key").values()):
        assert secret.encode() not in data
        assert bytes.fromhex(secret) not in data
    with pytest.raises(AuthorError, match="this set was made with another secret or seed"):
        made(tmp_path, "one", "ada\n", secret_file=tmp_path / "s2")


def test_what_somebody_changed_is_left_alone(tmp_path: Path) -> None:
    made(tmp_path, "one", "ada\ngrace\n", seed="x")
    sheet = tmp_path / "one" / "submissions" / "ada.yaml"
    sheet.write_text("my answers")
    (tmp_path / "one" / "problems" / "ada.yaml").unlink()
    summary = made(tmp_path, "one", "ada\n", seed="x")
    assert summary.kept == ("submissions/ada.yaml",)
    assert summary.no_longer == ("grace",)
    assert sheet.read_text() == "my answers"
    assert (tmp_path / "one" / "problems" / "ada.yaml").is_file()
    assert '"student": "grace"' in (tmp_path / "one" / "manifest.json").read_text()


def test_a_changed_template_needs_a_version_and_a_folder_of_its_own(tmp_path: Path) -> None:
    template = tmp_path / "t.yaml"
    template.write_text(TEMPLATES[0].read_text())
    made(tmp_path, "one", "ada\n", template, seed="x")
    template.write_text(TEMPLATES[0].read_text() + "# changed\n")
    with pytest.raises(AuthorError, match="the template was changed since this set was made"):
        made(tmp_path, "one", "ada\n", template, seed="x")
    template.write_text(TEMPLATES[0].read_text() + "template: {version: 2}\n")
    with pytest.raises(AuthorError, match="this folder has version 1"):
        made(tmp_path, "one", "ada\n", template, seed="x")
    made(tmp_path, "two", "ada\n", template, seed="x")
    assert files(tmp_path / "one")["problems/ada.yaml"] != files(tmp_path / "two")["problems/ada.yaml"]


@pytest.mark.parametrize("inside", ["key_out", "secret_file"])
def test_nothing_private_goes_into_what_is_handed_out(tmp_path: Path, inside: str) -> None:
    with pytest.raises(AuthorError, match="lies inside --out, which is handed out"):
        made(tmp_path, "one", "ada\n", **{inside: tmp_path / "one" / "private"})
    assert not (tmp_path / "one").exists()


def test_a_template_that_cannot_be_met_says_what_rejects_its_draws(tmp_path: Path) -> None:
    template = tmp_path / "t.yaml"
    template.write_text(f"{HEAD}{BODY}require: [z > 100]\ntemplate: {{draws: 50}}\nvary:\n  x: {{uniform: [0, 1]}}\n")
    with pytest.raises(AuthorError) as error:
        made(tmp_path, "one", "ada\n", template, seed="x")
    assert str(error.value).startswith(f"{template}:11:1: none of 50 draws passes: require: z > 100 rejects 50;")
    assert not (tmp_path / "one").exists()


def test_no_state_is_rounded_to_nothing_whatever_else_is_accepted(tmp_path: Path) -> None:
    """Adam at 4 decimals: v is often typed as 0.0000, and then any update would be right."""
    adam = (TEMPLATES[0].parent / "adam-step.yaml").read_text(encoding="utf-8")
    others = "small_answers, small_gradients, equal_answers, mistakes, zeros"
    template = tmp_path / "t.yaml"
    for accepted, unsound in ((others, 0), (f"{others}, coarse_states", 3)):
        text = adam.replace("significant: 4", "decimals: 4").replace("beta2: 0.99", "beta2: 0.9")
        template.write_text(f"{text}template: {{difficulty: any, accept: [{accepted}]}}\n", encoding="utf-8")
        made = checker.generate(template, 8, seed="x")
        said = [str(finding) for each in made for finding in lint_problem(each.problem)]
        assert sum("cannot carry" in each for each in said) >= unsound
        assert unsound or not any("cannot carry" in each for each in said)


def test_no_two_are_alike_and_too_few_are_an_error(tmp_path: Path) -> None:
    template = tmp_path / "t.yaml"
    accept = "small_answers, small_gradients, equal_answers, mistakes, zeros"
    template.write_text(
        f"{HEAD}{BODY}template: {{draws: 200, difficulty: any, accept: [{accept}]}}\n"
        "vary:\n  x: {choice: [2, 3, 4, 5]}\n"
    )
    summary = made(tmp_path, "one", "a\nb\nc\nd\n", template, seed="x")
    assert len({variant.draw["x"] for variant in summary.variants}) == 4
    with pytest.raises(AuthorError, match="there are too few different variants"):
        made(tmp_path, "two", "a\nb\nc\nd\ne\n", template, seed="x")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_the_blank_sheet_is_worth_nothing_and_the_key_everything(tmp_path: Path, path: Path) -> None:
    summary = made(tmp_path, "set", "ada\ngrace\nalan\n", path, seed="x")
    for student in summary.students:
        problem = tmp_path / "set" / "problems" / f"{student.stem}.yaml"
        sheet = tmp_path / "set" / "submissions" / f"{student.stem}.yaml"
        blank = checker.grade(sheet, problem=problem)
        assert blank.awarded == 0
        assert not blank.warnings
        key = json.loads((tmp_path / "set-key" / "answers" / f"{student.stem}.json").read_text(encoding="utf-8"))
        text = sheet.read_text(encoding="utf-8")
        for step in key["steps"]:
            answer = json.dumps(step["answer"]).replace('"', "")
            text, count = re.subn(rf"(?m)^  {re.escape(step['step'])}: .*$", f"  {step['step']}: {answer}", text)
            assert count == 1
        sheet.write_text(text, encoding="utf-8")
        grade = checker.grade(sheet, problem=problem)
        assert grade.awarded == grade.possible > 0


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_shipped_templates_pass_often_enough(path: Path) -> None:
    assert checker.lint(path) == ()
    share = re.match(r".*: (\d+) of 512 draws pass", str(checker.blind_spots(path)[0]))
    assert share is not None
    assert int(share[1]) > 512 // 20
