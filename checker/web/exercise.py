"""What somebody has chosen to practise, and the problem it stands for: a listed one, a fresh variant, or a file.

A variant of a template, be it listed or a file, is the one that `generate TEMPLATE --seed practice` makes for a student
whose id is the seed: the same seed gives everybody the same numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from checker.cache import digest
from checker.errors import AuthorError
from checker.reports.levels import Level
from checker.web.catalogue import is_template
from checker.web.fields import FILE, sort_out
from checker.web.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.generating.search import Search
    from checker.web.choice import Form

KINDS = {"problem": "A problem of the list", "template": "Fresh numbers", "file": "My own file"}
LEVELS = {Level.HINT: "Verdicts and hints", Level.VERDICT: "Verdicts alone"}
PUBLIC_SEED = "practice"

_SEED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}")


class Exercise(NamedTuple):
    """The controls, each with the value that it shows, and what is wrong with them."""

    kind: str
    problem: str
    template: str
    seed: str
    text: str
    level: Level
    faults: dict[str, str]

    @property
    def drawn(self) -> bool:
        """Whether its numbers are drawn, so that a seed decides them."""
        return self.kind == "template" or (self.kind == "file" and is_template(self.text))


def read(form: Form) -> Exercise:
    """What a form holds. Nothing that is typed raises: it is reported beside its control."""

    def value(name: str, default: str) -> str:
        values = form.get(name)
        return values[-1] if values else default

    faults = {}
    kind = value("kind", "problem")
    if kind not in KINDS:
        faults["kind"] = f"there is no {kind[:40]!r} to practise"
        kind = "problem"
    seed = value("seed", "1").strip()
    level = value("feedback", Level.HINT.value)
    if level not in LEVELS:
        faults["feedback"] = f"there is no feedback {level[:40]!r}"
        level = Level.HINT.value
    problem, template = value("problem", "neuron-sigmoid"), value("template", "single-neuron")
    exercise = Exercise(kind, problem, template, seed, value("text", ""), Level(level), faults)
    if exercise.drawn and not _SEED.fullmatch(seed):
        faults["seed"] = "a seed is up to 20 letters, digits, hyphens and underscores; type one, or take fresh numbers"
    return exercise


_searches: Shelf[str, Search] = Shelf(8)


def variant(template: str, file: str, seed: str) -> str:
    """The problem file of the variant that a template's text gives for a seed.

    Raises:
        AuthorError: the template cannot be used, or has nothing for this seed.
    """
    from checker.generating.blank import IDENTITY
    from checker.generating.holes import filled
    from checker.generating.problemfile import written
    from checker.generating.roster import problem_id, stem
    from checker.generating.search import Search
    from checker.generating.secret import public
    from checker.generating.stream import student_seed
    from checker.generating.template import load_template

    read_template = load_template(template.encode(), file)
    search = _searches.get(read_template.digest, lambda: Search(read_template))
    (found,) = search.find([student_seed(public(PUBLIC_SEED), read_template.id, read_template.version, seed)])
    identity = problem_id(read_template.id, stem(seed))
    return filled(written(found.structure.root, IDENTITY), found.draw, {IDENTITY: identity})


def of_variant(problem: str, templates: list[str]) -> tuple[str, str] | None:
    """The template and the seed of a variant's id; None where it is none.

    >>> of_variant("xor-net-k7", ["xor", "xor-net"])
    ('xor-net', 'k7')
    """
    for template in sorted(templates, key=len, reverse=True):
        seed = problem.removeprefix(f"{template}-")
        if seed != problem and _SEED.fullmatch(seed):
            return template, seed
    return None


class Chosen(NamedTuple):
    """The text of an exercise's problem, '' where there is none; what is wrong, by control, and with the file."""

    text: str
    faults: dict[str, str]
    said: list[str]


class Texts:
    """The problem files of exercises, those of variants kept: they are asked for again with every key that is pressed.

    `find` and `find_template` give the text of a listed problem and template; `vary` makes a variant's.
    """

    def __init__(
        self, find: Callable[[str], str], find_template: Callable[[str], str], vary: Callable[[str, str, str], str]
    ) -> None:
        self._find, self._find_template, self._vary = find, find_template, vary
        self._variants: Shelf[str, str] = Shelf()

    def of(self, exercise: Exercise) -> Chosen:
        """The problem that an exercise stands for."""
        from checker.errors import CheckerError

        faults = exercise.faults
        if exercise.kind == "file" and not exercise.text.strip():
            return Chosen("", faults, ["Open a problem file, or type one."])
        if exercise.drawn and "seed" in faults:
            return Chosen("", faults, [])
        if exercise.kind == "file":
            if not exercise.drawn:
                return Chosen(exercise.text, faults, [])
            try:
                return Chosen(self._variant(exercise.text, FILE, exercise.seed), faults, [])
            except AuthorError as error:
                return Chosen("", faults, sort_out(error, [])[1])
        try:
            if exercise.kind == "problem":
                return Chosen(self._find(exercise.problem), faults, [])
            template = self._find_template(exercise.template)
            return Chosen(self._variant(template, exercise.template, exercise.seed), faults, [])
        except CheckerError as error:
            return Chosen("", {**faults, exercise.kind: str(error)}, [])

    def _variant(self, template: str, file: str, seed: str) -> str:
        key = digest(f"{seed}\n{template}".encode())
        return self._variants.get(key, lambda: self._vary(template, file, seed))
