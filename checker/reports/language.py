"""The language that reports are written in: every sentence from one catalogue, which a course can replace.

The catalogues are gettext's, one a language under `checker/locale`. A sentence is looked up by its English text, a hint
by the code of its mistake, so that a course's own hints do not depend on how ours are worded.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from checker.table import Table

if TYPE_CHECKING:
    from contextvars import Token
    from gettext import NullTranslations
    from pathlib import Path

    from polib import POFile

    from checker.errors import AuthorError

DOMAIN = "check-backprop"
PARAMETERS = ("step",)  # what a hint may name: {step} is where the mistake was made
LARGEST = 1 << 20  # bytes of a course's catalogue


class Shipped(NamedTuple):
    """A language that we have a catalogue of; `title` is what it calls itself."""

    name: str
    title: str
    aliases: tuple[str, ...] = ()


LANGUAGES: Table[Shipped] = Table("language", (Shipped("en", "English"), Shipped("de", "Deutsch")))


class Language(NamedTuple):
    """The words of a report: those of `name`, and before them those of a course's own catalogue (as gettext's .mo)."""

    name: str = "en"
    own: bytes = b""

    def key(self) -> tuple[str, str]:
        """What tells this language from others, in few characters."""
        import hashlib

        return self.name, hashlib.sha256(self.own).hexdigest() if self.own else ""


ENGLISH = Language()
_spoken: ContextVar[Language] = ContextVar("language", default=ENGLISH)


class Speaking:
    """A context within which `say` and its like speak a language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __enter__(self) -> None:
        self._before: Token[Language] = _spoken.set(self._language)

    def __exit__(self, *_: object) -> None:
        _spoken.reset(self._before)


def spoken() -> Language:
    """The language that is spoken now."""
    return _spoken.get()


def say(english: str, **values: object) -> str:
    """The sentence in the language that is spoken, its `{names}` filled in.

    >>> say("and {count} more", count=3)
    'and 3 more'
    """
    language = _spoken.get()
    text = english if language is ENGLISH else _translations(language).gettext(english)
    return text.format(**values) if values else text


def say_count(one: str, many: str, count: int, **values: object) -> str:
    """The same of a number of things, in the form that the number takes; `{count}` is filled in.

    >>> say_count("{count} point", "{count} points", 1), say_count("{count} point", "{count} points", 2)
    ('1 point', '2 points')
    """
    language = _spoken.get()
    text = _translations(language).ngettext(one, many, count)
    return text.format(count=count, **values)


def say_hint(code: str, english: str, step: str) -> str:
    """The hint of a mistake made at `step`."""
    language = _spoken.get()
    text = english if language is ENGLISH else _translations(language).pgettext(code, english)
    return text.replace("{step}", step)


@lru_cache(maxsize=16)
def _translations(language: Language) -> NullTranslations:
    from gettext import GNUTranslations, NullTranslations
    from importlib.resources import files
    from io import BytesIO

    found: NullTranslations = NullTranslations()
    if language.name != ENGLISH.name:
        place = files("checker") / "locale" / language.name / "LC_MESSAGES" / f"{DOMAIN}.mo"
        found = GNUTranslations(BytesIO(place.read_bytes()))
    if language.own:
        own = GNUTranslations(BytesIO(language.own))
        own.add_fallback(found)
        found = own
    return found


def own_language(name: str, catalogue: Path | None) -> Language:
    """The shipped language `name`; with a catalogue (a .po file), what that has takes the place of ours.

    An entry whose context (`msgctxt`) is the code of a mistake replaces its hint, whatever English text stands in it;
    one without a context translates a sentence.

    Raises:
        AuthorError: there is no such language, or the catalogue cannot be used.
    """
    language = Language(LANGUAGES.lookup(name).name)
    return language if catalogue is None else language._replace(own=_read(catalogue))


def _read(path: Path) -> bytes:
    import polib

    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise _refused(path, 1, f"the catalogue cannot be read: {error.strerror or error}", "give a .po file") from None
    except UnicodeDecodeError:
        raise _refused(path, 1, "the catalogue is not UTF-8", "save it as UTF-8") from None
    if len(data) > LARGEST:
        raise _refused(path, 1, "the catalogue is larger than 1 MiB", "a catalogue of hints needs a few KB")
    if "msgid" not in text:
        raise _refused(path, 1, "this is no catalogue: it has no msgid", "give a .po file as gettext has it")
    try:
        catalogue = polib.pofile(text, encoding="utf-8")
    except (OSError, ValueError, UnicodeError, IndexError, KeyError) as error:
        mend = "mend that line; `msgfmt --check` says more"
        raise _refused(path, _line(str(error)), "this is not written as gettext's .po files are", mend) from None
    # polib does not count the lines before the first entry
    first = next(n for n, each in enumerate(text.splitlines(), 1) if each.lstrip().startswith(("msgctxt", "msgid")))
    return _checked(catalogue, path, first)


def _checked(catalogue: POFile, path: Path, first: int) -> bytes:
    """The catalogue compiled, its hints under our English texts; `first` is the line of its first entry."""
    from gettext import GNUTranslations
    from io import BytesIO

    from checker.knowledge.misconceptions import MISCONCEPTIONS
    from checker.table import suggest

    seen: set[tuple[str | None, str]] = set()
    for entry in catalogue.translated_entries():
        line = entry.linenum or first
        if entry.msgctxt:
            if entry.msgctxt not in MISCONCEPTIONS:
                mend = suggest(entry.msgctxt, MISCONCEPTIONS)
                raise _refused(path, line, f"there is no mistake {entry.msgctxt!r}", mend)
            entry.msgid = MISCONCEPTIONS[entry.msgctxt].hint
        if (entry.msgctxt, entry.msgid) in seen:
            raise _refused(path, line, f"{entry.msgctxt or entry.msgid!r} is here twice", "keep one")
        seen.add((entry.msgctxt, entry.msgid))
        known = set(PARAMETERS) if entry.msgctxt else fields(entry.msgid) | fields(entry.msgid_plural)
        for told in (entry.msgstr, *entry.msgstr_plural.values()):
            if not told.isprintable() or (not entry.msgctxt and any(mark in told for mark in "<>&")):
                mend = "leave out line breaks, <, > and &"
                raise _refused(path, line, "a sentence is one line of plain text", mend)
            odd = sorted(fields(told) - known)
            if odd:
                mend = f"what can be named: {', '.join(f'{{{name}}}' for name in sorted(known)) or 'nothing'}"
                raise _refused(path, line, f"{{{odd[0]}}} stands for nothing here", mend)
    if not seen:  # polib passes over much that it cannot read
        raise _refused(path, 1, "nothing in it is translated", "give each msgid a msgstr between quotes")
    catalogue.metadata["Content-Type"] = "text/plain; charset=UTF-8"
    binary = bytes(catalogue.to_binary())
    try:
        GNUTranslations(BytesIO(binary))
    except (ValueError, UnicodeError):
        raise _refused(path, 1, "Plural-Forms cannot be read", "copy it from a catalogue of the language") from None
    return binary


def _refused(path: Path, line: int, what: str, mend: str) -> AuthorError:
    from checker.errors import AuthorError, Finding, Place

    return AuthorError(Finding(what, Place(str(path), line, 1), mend))


def fields(text: str) -> set[str]:
    """The names in braces.

    >>> sorted(fields("{step} and {count}"))
    ['count', 'step']
    """
    import re

    return set(re.findall(r"\{(\w*)\}", text))


def _line(said: str) -> int:
    import re

    found = re.search(r"line (\d+)", said)
    return int(found[1]) if found else 1
