"""What a handout says, before it is Markdown, a page or a PDF: put together once for a structure, with holes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from checker.expression.tree import Call, names, walk
from checker.generating.blank import HEADINGS, points, rounding
from checker.generating.handouts.explained import Line, conventions, definitions, judging, notes, rules_of
from checker.generating.handouts.formula import latex_of
from checker.generating.holes import Place
from checker.knowledge.losses import LOSSES
from checker.model import Kind
from checker.problem.words import shape_in_words
from checker.readings.notation import latex_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.model import Problem, Shape
    from checker.readings.program import Asked, Program

__all__ = ["Given", "Group", "Handout", "Line", "Number", "Posed", "Question", "handout"]

Number = str | Place


class Given(NamedTuple):
    """A given or a parameter: its name as LaTeX and its numbers, row by row, those that are drawn as places."""

    name: str
    latex: str
    shape: Shape
    numbers: tuple[Number, ...]


class Question(NamedTuple):
    """A question: its number, and the step's name as it is typed and as LaTeX.

    `shape` is in words, '' for a number; `worth` are the points without their noun; `asks` says of shape and rounding
    what is not said once for all answers.
    """

    number: int
    label: str
    latex: str
    shape: str
    points: str
    rounding: str
    worth: str
    asks: str


class Group(NamedTuple):
    """The questions of one kind."""

    heading: str
    questions: tuple[Question, ...]


class Posed(Protocol):
    """What is handed out: a structure of a template, or a problem whose numbers are all given.

    `sources` has for each given and parameter where each of its numbers comes from, None where it stands in the file;
    `asked` is what the problem asks.
    """

    @property
    def problem(self) -> Problem:
        """The problem as it was read."""

    @property
    def program(self) -> Program:
        """The problem, ready to grade."""

    @property
    def sources(self) -> Mapping[str, Sequence[Place | None]]:
        """Where the numbers come from."""

    @property
    def asked(self) -> Sequence[Asked]:
        """The questions."""


class Handout(NamedTuple):
    """All that a handout says: `definitions` are the functions that equations name, `rules` how parameters change.

    `sentences` say what else holds; `same_rounding` how every answer is rounded, where all are rounded alike; `judging`
    how to round, and how answers are judged.
    """

    title: str
    givens: tuple[Given, ...]
    parameters: tuple[Given, ...]
    equations: tuple[Line, ...]
    definitions: tuple[Line, ...]
    sentences: tuple[str, ...]
    update: str
    rules: tuple[Line, ...]
    groups: tuple[Group, ...]
    total: str
    same_rounding: str
    judging: tuple[str, ...]


def handout(structure: Posed) -> Handout:
    """The handout of a structure or a problem."""
    problem = structure.problem
    shapes = {**structure.program.shapes, **{quantity.name: quantity.shape for quantity in problem.quantities}}
    arrays = frozenset(name for name, shape in shapes.items() if shape)
    calls: dict[str, int] = {}  # functions, each with how many axes its largest array has
    for each in problem.equations:
        for part in walk(each.expression):
            if isinstance(part, Call):
                calls.setdefault(part.function, _rank(part, shapes))
    batch = any(rank > 1 and name in LOSSES for name, rank in calls.items())
    explained = (*notes(calls), *conventions(problem, batch))
    update, rules = rules_of(problem.update, problem.loss)
    roundings = {rounding(item.tolerance) for item in structure.asked}
    same = next(iter(roundings)) if len(roundings) == 1 else ""
    return Handout(
        title=problem.title,
        givens=_quantities(structure, "given"),
        parameters=_quantities(structure, "parameter"),
        equations=tuple(
            Line(latex_name(each.name), latex_of(each.expression, arrays=arrays)) for each in problem.equations
        ),
        definitions=definitions(calls, problem.conventions["output_reduction"]),
        sentences=tuple(f"{each[:1].upper()}{each[1:]}." for each in explained),
        update=update,
        rules=rules,
        groups=_groups(structure, same),
        total=points(sum(item.points for item in structure.asked)),
        same_rounding=same,
        judging=tuple(judging(structure.asked, same)),
    )


def _quantities(structure: Posed, role: str) -> tuple[Given, ...]:
    return tuple(
        Given(
            quantity.name,
            latex_name(quantity.name),
            quantity.shape,
            tuple(
                source if source is not None else text
                for text, source in zip(quantity.texts, structure.sources[quantity.name], strict=True)
            ),
        )
        for quantity in structure.problem.quantities
        if quantity.role == role
    )


def _groups(structure: Posed, same_rounding: str) -> tuple[Group, ...]:
    """The questions, those of one kind together as far as they follow each other."""
    found: list[Group] = []
    for number, item in enumerate(structure.asked, 1):
        step = structure.program.steps[item.step]
        shape = () if item.element is not None else step.shape
        said, rounded = shape_in_words(shape) if shape else "", rounding(item.tolerance)
        question = Question(
            number=number,
            label=item.label,
            latex=latex_name(item.label),
            shape=said,
            points=points(item.points),
            rounding=rounded,
            worth=f"{item.points:g}",
            asks=said if same_rounding else ", ".join(filter(None, (said, rounded))),
        )
        heading = HEADINGS[Kind(step.kind)]
        if found and found[-1].heading == heading:
            found[-1] = Group(heading, (*found[-1].questions, question))
        else:
            found.append(Group(heading, (question,)))
    return tuple(found)


def _rank(call: Call, shapes: Mapping[str, Shape]) -> int:
    """How many axes the largest array in a call's arguments has."""
    named = (name for argument in call.arguments for name, _ in names(argument))
    return max((len(shapes.get(name, ())) for name in named), default=0)
