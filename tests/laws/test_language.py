"""Every sentence of a report is in every catalogue, and a course's own hints take the place of ours."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import polib
import pytest

from checker import grade
from checker.cli import main
from checker.errors import AuthorError
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.reports import FORMATS, LANGUAGES, Language, Level, Speaking
from checker.reports.language import fields, own_language, say
from checker.reports.wording import NOTES, note

ROOT = Path(__file__).parents[2]
MAKE = runpy.run_path(str(ROOT / "tools" / "make_catalogues.py"))
TRANSLATED = [name for name in LANGUAGES if name != "en"]
WRONG = """\
format: check-backprop/submission@1
problem: neuron-sigmoid
student: s
answers: {dL_da: -0.3318, da_dz: 0.2217, dL_dz: -0.3318, dL_dw1: -0.3318, w1_new: 0.7668, b_new: 0.1}
"""


@pytest.fixture
def submission(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("s.yaml")
    path.write_text(WRONG, encoding="utf-8")
    return path


def catalogue(language):
    return polib.pofile(MAKE["catalogue"](language).read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_every_sentence_once_and_translated(language):
    entries = list(catalogue(language))
    assert [(e.msgctxt, e.msgid) for e in entries] == [(e.msgctxt, e.msgid) for e in MAKE["collected"]()]
    assert [e.msgid for e in entries if not e.translated()] == []
    assert {e.msgctxt: e.msgid for e in entries if e.msgctxt} == {
        code: entry.hint for code, entry in MISCONCEPTIONS.items()
    }


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_names_what_the_sentence_names_and_gives_no_number(language):
    for entry in catalogue(language):
        for text in [entry.msgstr] if not entry.msgid_plural else entry.msgstr_plural.values():
            assert fields(text) == fields(entry.msgid), entry.msgid
            assert text.strip() == text != entry.msgid or not text.strip(), entry.msgid
            assert not re.search(r"[<>&]", text)
            if entry.msgctxt is not None:
                assert not re.search(r"\d", text), text
                assert text.endswith(("?", ".")), text


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_read_is_what_the_catalogue_says(language):
    source = MAKE["catalogue"](language)
    assert source.read_text(encoding="utf-8") == MAKE["merged"](language), "run `python tools/make_catalogues.py`"
    assert source.with_suffix(".mo").read_bytes() == polib.pofile(str(source)).to_binary()


def test_every_language_has_a_folder_and_every_folder_is_a_language():
    assert sorted(path.name for path in MAKE["FOLDER"].iterdir() if path.is_dir()) == sorted(TRANSLATED)


def words(text):
    return set(re.findall(r"(?<![a-z_])[a-zäöüß]{4,}(?![a-z_])", text.lower()))


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
@pytest.mark.parametrize("level", list(Level))
def test_a_german_report_has_no_english_sentence_left(submission, form, level):
    judged = grade(submission, problem=ROOT / "problem_sets" / "neuron-sigmoid.yaml")
    english, german = (FORMATS[form].render(judged, level, language=Language(name)) for name in ("en", "de"))
    ours = {word for entry in catalogue("de") for word in words(entry.msgid) if not entry.msgctxt}
    german_words = {word for e in catalogue("de") for t in [e.msgstr, *e.msgstr_plural.values()] for word in words(t)}
    body = re.sub(r"(?s)<style.*?</style>|<svg.*?</svg>|<[^>]*>", " ", german)
    left = (words(body) & ours) - german_words
    title = words("One sigmoid neuron, one gradient step")
    assert left - title == set()
    assert german != english
    if form == "html":
        assert '<html lang="de">' in german


def test_json_keeps_its_keys_and_codes_and_says_its_language(submission):
    judged = grade(submission, problem=ROOT / "problem_sets" / "neuron-sigmoid.yaml")
    english, german = (json.loads(FORMATS["json"].render(judged, language=Language(name))) for name in ("en", "de"))
    assert (english["language"], german["language"]) == ("en", "de")
    assert [s["verdict"] for s in english["steps"]] == [s["verdict"] for s in german["steps"]]
    assert [c["code"] for c in english["causes"]] == [c["code"] for c in german["causes"]]
    assert german["causes"][0]["hint"].startswith("Zwischen a und z")


def test_speaking_ends_where_its_context_ends():
    with Speaking(Language("de")):
        assert say("verdict") == "Urteil"
        with Speaking(Language("en")):
            assert say("verdict") == "verdict"
        assert say("verdict") == "Urteil"
    assert say("verdict") == "verdict"


@pytest.mark.parametrize("pattern", NOTES)
def test_a_note_is_found_again_and_translated(pattern):
    inside = "the factor da_dz is missing"
    written = pattern.format(rest=inside, factor="da_dz", place="dL_dz", number="2")
    with Speaking(Language("de")):
        told = note(written)
        two = note(f"{written}; the value is not what the formula beside it gives")
    assert told != written
    assert "the " not in told.replace("{", "")
    assert two.endswith("; der Wert ist nicht der, den die Formel daneben ergibt")


# ---------------------------------------------------------------- a course's own hints


def own(tmp_path, text, name="en"):
    path = tmp_path / "own.po"
    path.write_text(text, encoding="utf-8")
    return own_language(name, path)


OWN = """\
msgctxt "act_deriv_missing"
msgid "whatever stood here once"
msgstr "Übung 3: Welche Ableitung fehlt bei {step}?"

msgid "your answer"
msgstr "what you wrote"
"""


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_courses_own_hint_takes_the_place_of_ours_in_every_format(tmp_path, submission, form):
    judged = grade(submission, problem=ROOT / "problem_sets" / "neuron-sigmoid.yaml")
    shown = FORMATS[form].render(judged, language=own(tmp_path, OWN, "de"))
    shown = json.loads(shown)["causes"][0]["hint"] if form == "json" else shown.replace("\\", "")
    assert "Welche Ableitung fehlt bei dL_dz?" in " ".join(shown.split())
    if form != "json":
        assert "what you wrote" in shown  # a sentence of the course's
        assert "Denkfehler" in shown  # the others are the language's


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# one\nmsgid a\nfoo\n", "own.po:3:1: this is not written as gettext's .po files are"),
        ("hints", "own.po:1:1: this is no catalogue: it has no msgid; give a .po file as gettext has it"),
        ('msgid "a"\nmsgstr b\n', "own.po:1:1: nothing in it is translated; give each msgid a msgstr between quotes"),
        (
            'msgctxt "act_derv_missing"\nmsgid "x"\nmsgstr "y"\n',
            "own.po:1:1: there is no mistake 'act_derv_missing'; did you mean 'act_deriv_missing'?",
        ),
        (
            '# one\nmsgctxt "lr_twice"\nmsgid "x"\nmsgstr "at {place}"\n',
            "own.po:2:1: {place} stands for nothing here; what can be named: {step}",
        ),
        (
            'msgid "verdict"\nmsgstr "<b>verdict</b>"\n',
            "own.po:1:1: a sentence is one line of plain text; leave out line breaks, <, > and &",
        ),
        (
            OWN + '\nmsgctxt "act_deriv_missing"\nmsgid "again"\nmsgstr "again"\n',
            "own.po:8:1: 'act_deriv_missing' is here twice; keep one",
        ),
        (
            'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=__import__(1);\\n"\n\nmsgid "a"\nmsgstr "b"\n',
            "own.po:1:1: Plural-Forms cannot be read; copy it from a catalogue of the language",
        ),
    ],
)
def test_a_catalogue_that_cannot_be_used_says_why(tmp_path, text, said):
    with pytest.raises(AuthorError) as caught:
        own(tmp_path, text)
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(said)


def test_a_catalogue_that_is_no_file_is_exit_status_2(tmp_path, submission, capsys):
    assert main([str(submission), "--hints", str(tmp_path / "none.po")]) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path}/none.po:1:1: the catalogue cannot be read: No such file or directory; give a .po file\n"
    )


def test_the_commands_take_a_language(tmp_path, submission, capsys):
    assert main([str(submission), "--language", "de", "--no-cache"]) == 1
    assert "der erste Fehler ist bei dL_dz" in capsys.readouterr().out
    (tmp_path / "own.po").write_text(OWN, encoding="utf-8")
    arguments = ["batch", str(tmp_path), "--out", str(tmp_path / "out"), "--no-cache", "--jobs", "1"]
    assert main([*arguments, "--language", "de", "--hints", str(tmp_path / "own.po")]) == 0
    first = (tmp_path / "out" / "reports" / "s.md").read_text(encoding="utf-8")
    report = json.loads((tmp_path / "out" / "reports" / "s.json").read_text(encoding="utf-8"))
    assert "Übung 3" in first
    assert report["language"] == "de"
    assert report["causes"][0]["hint"] == "Übung 3: Welche Ableitung fehlt bei dL_dz?"
    assert main([*arguments, "--language", "en"]) == 0  # a rerun in another language draws the reports again
    assert "the first mistake is at" in (tmp_path / "out" / "reports" / "s.md").read_text(encoding="utf-8")
