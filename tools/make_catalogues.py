"""Collects every sentence of the reports and brings the catalogues under checker/locale up to date.

    python tools/make_catalogues.py

It writes the template `check-backprop.pot`, merges it into each language's .po (what is translated stays, what is new
is left empty, what is gone goes) and compiles each to .mo. A law test holds all of them together.
"""

from __future__ import annotations

import ast
from pathlib import Path

import polib

from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.reports.language import DOMAIN
from checker.reports.picture.placing import BANDS
from checker.reports.wording import NOTES, QUALIFIED, SENTENCES, SPECIAL, WORDS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "checker" / "locale"
PATH = FOLDER / f"{DOMAIN}.pot"
WIDTH = 118
HEAD = """\
Every sentence of check-backprop's reports: made by tools/make_catalogues.py.
A hint's context is the code of its mistake: a course's own catalogue may give any text to a context."""


def collected() -> list[polib.POEntry]:
    """Every sentence, with what a translator should know of it."""
    found: dict[tuple[str | None, str], polib.POEntry] = {}

    def add(text: str, said: str, plural: str = "", context: str | None = None) -> None:
        if (context, text) not in found:
            found[context, text] = polib.POEntry(
                msgid=text,
                msgid_plural=plural,
                msgctxt=context,
                comment=said,
                msgstr_plural={0: "", 1: ""} if plural else {},
            )

    for verdict, word in WORDS.items():
        add(word, f"the verdict {verdict.value}")
    for sentence in (*SENTENCES.values(), *SPECIAL):
        add(sentence.plain, "what is said of a verdict")
        add(sentence.told, "what is said of a verdict, with its cause")
    for text in QUALIFIED.values():
        add(text, "what is said of a verdict")
    for text in BANDS:
        add(text, "a band of the computation graph")
    for text in NOTES:
        add(text, "a note on a formula")
    for path in sorted((ROOT / "checker" / "reports").rglob("*.py")):
        for texts in _said(ast.parse(path.read_text(encoding="utf-8"))):
            add(texts[0], path.relative_to(ROOT).as_posix(), texts[1] if len(texts) > 1 else "")
    for code, entry in MISCONCEPTIONS.items():
        add(entry.hint, f"{entry.does}: {entry.wrong}", context=code)
    return list(found.values())


def _said(tree: ast.AST) -> list[list[str]]:
    """The texts in calls of `say` and `say_count`, and the values of `SAID`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "say_count"):
            given = node.args[: 2 if node.func.id == "say_count" else 1]
            texts = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if len(texts) == len(given):
                found.append((node.lineno, texts))
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "SAID" for t in node.targets):
            values = node.value.values if isinstance(node.value, ast.Dict) else []
            found += [(node.lineno, [v.value]) for v in values if isinstance(v, ast.Constant)]
    return [texts for _, texts in sorted(found)]


def page() -> str:
    """The text of the template."""
    template = _file("")
    template.extend(collected())
    return str(template) + "\n"


def merged(language: str) -> str:
    """The text of a language's catalogue, its sentences those of the template."""
    path = catalogue(language)
    old = polib.pofile(path.read_text(encoding="utf-8")) if path.is_file() else polib.POFile()
    known = {(entry.msgctxt, entry.msgid): entry for entry in old if not entry.obsolete}
    new = _file(language)
    for entry in collected():
        before = known.get((entry.msgctxt, entry.msgid))
        if before is not None:
            entry.msgstr, entry.flags = before.msgstr, before.flags
            if entry.msgid_plural:
                entry.msgstr_plural = before.msgstr_plural or entry.msgstr_plural
        new.append(entry)
    return str(new) + "\n"


def catalogue(language: str) -> Path:
    """Where the catalogue of a language is."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def _file(language: str) -> polib.POFile:
    made = polib.POFile(wrapwidth=WIDTH)
    made.header = HEAD
    made.metadata = {
        "Project-Id-Version": DOMAIN,
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    if language:
        made.metadata["Plural-Forms"] = "nplurals=2; plural=(n != 1);"
    return made


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        source = catalogue(folder.name)
        source.write_text(merged(folder.name), encoding="utf-8")
        source.with_suffix(".mo").write_bytes(polib.pofile(str(source)).to_binary())
