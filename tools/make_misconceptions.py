"""Writes docs/misconceptions.md from the table of mistakes: every entry with an example that the engine works.

    python tools/make_misconceptions.py

An example is the first place among the problems of tests/data/mistakes at which the mistake shows, smallest first; that
the checker names it there is tried before it is written down.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from checker.diagnose.habits import HABITS, layers
from checker.grading import grade_submission
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.readings.numeric import run
from checker.readings.program import nested, places, with_numbers
from checker.submission import load_submission

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.knowledge.entries import Misconception
    from checker.outcome import Grade
    from checker.readings.program import Mistake, Program, Step

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "docs" / "misconceptions.md"
TEXT = ROOT / "tools" / "misconceptions.md"
PROBLEMS = ROOT / "tests" / "data" / "mistakes"
FIRST = ("neuron-sigmoid", "neuron-tanh", "neuron-relu", "neuron-relu-off", "net-2-2-2")  # where most can be shown
SLIPPED = {  # what becomes of the right text of dL_dz
    "sign_slip": lambda text: text.removeprefix("-"),
    "decimal_shift": lambda text: f"{float(text) * 10:.7f}",
    "digit_transposition": lambda text: text[:4] + text[5] + text[4] + text[6:],
    "digit_dropped_or_doubled": lambda text: text[:5] + text[6:],
}


class Shown(NamedTuple):
    """A problem with its mistakes compiled in."""

    name: str
    title: str
    program: Program

    def right(self, step: Step) -> list[float]:
        """The right value of a step."""
        return self.program.values[step.slot : step.slot + step.size]

    def texts(self, step: Step, values: Sequence[float]) -> str:
        """Values as a student writes them."""
        return nested([f"{value + 0.0:.8f}" for value in values], step.shape)

    def grade(self, wrong: dict[str, str]) -> Grade:
        """The grade of right work but for these answers."""
        asked = dict.fromkeys(item.step for item in self.program.ask)
        steps = [self.program.steps[number] for number in asked]
        lines = [f"  {step.name}: {wrong.get(step.name) or self.texts(step, self.right(step))}\n" for step in steps]
        text = f"format: check-backprop/submission@1\nproblem: {self.name}\nanswers:\n{''.join(lines)}"
        return grade_submission(load_submission(text.encode(), "s.yaml"), self.program, _none, lambda: self.program)


def _none(*_: object) -> list[object]:
    raise AssertionError("there are no formulas")


def problems() -> list[Shown]:
    """The problems that examples are taken from, those with single numbers first."""
    found = []
    for path in sorted(PROBLEMS.glob("*.yaml")):
        problem = load_problem(path.read_bytes(), str(path))
        found.append(Shown(path.stem, problem.title, compile_problem(problem, mistakes=True)))
    order = {name: n for n, name in enumerate(FIRST)}
    return sorted(found, key=lambda shown: (order.get(shown.name, len(order)), len(shown.program.steps)))


def page() -> str:
    """The text of the page."""
    shown = problems()
    seen = [entry for entry in MISCONCEPTIONS.values() if not entry.unseen]
    parts = [TEXT.read_text(encoding="utf-8").replace("{count}", str(len(seen))).rstrip()]
    parts += [section(entry, shown) for entry in seen]
    rows = [
        f"| `{entry.name}` | {_cell(entry.does)} | {_cell(entry.unseen)} |"
        for entry in MISCONCEPTIONS.values()
        if entry.unseen
    ]
    head = (
        "## Known, and not looked for\n\n"
        "These leave no trace in numbers or formulas that could be told from something else."
    )
    parts.append(
        "\n".join([head, "", "| code | what the student does | why it is not looked for |", "|---|---|---|", *rows])
    )
    return "\n\n".join(parts) + "\n"


def section(entry: Misconception, shown: Sequence[Shown]) -> str:
    """One mistake: what is done, wrong and right, hint, tier, source, example."""
    rows = [
        ("instead of", f"`{entry.right}`"),
        ("the student has", f"`{entry.wrong}`"),
        ("hint", entry.hint),
        ("for example", example(entry, shown)),
        ("tier", f"{entry.tier}, a slip" if entry.slip else str(entry.tier)),
        ("source", entry.source),
    ]
    table = "\n".join(f"| {name} | {_cell(text)} |" for name, text in rows)
    return f"### {entry.name}\n\n{entry.does}.\n\n| | |\n|---|---|\n{table}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def example(entry: Misconception, shown: Sequence[Shown]) -> str:
    """Where the mistake shows: the step, its right rule with numbers, and what the mistake gives."""
    for where, step, said, wrong in _tried(entry, shown):
        grade = where.grade(wrong)
        judged = next(each for each in grade.steps if each.step == step.name)
        if any(each.code == entry.name for each in judged.diagnosis):
            return f"{where.title}: {_rule(where, step)}; with this mistake {said}"
    raise AssertionError(f"no example shows {entry.name}")


def _rule(where: Shown, step: Step) -> str:
    right = nested([_short(value) for value in where.right(step)], step.shape)
    numbers = with_numbers(where.program, step, places(where.program))
    parts = dict.fromkeys([step.formula, numbers, right])
    line = " = ".join(parts)
    return f"`{step.name} = {line if len(line) < 120 else right}`"


def _short(value: float) -> str:
    return f"{value + 0.0:.4g}"


def _tried(entry: Misconception, shown: Sequence[Shown]) -> Iterator[tuple[Shown, Step, str, dict[str, str]]]:
    """Places where the mistake may show: the problem, the step, what comes of it in words, the wrong answers."""
    if entry.name in SLIPPED or entry.name == "truncation":
        where = shown[0]
        step = next(each for each in where.program.steps if each.name == "dL_dz")
        if entry.name == "truncation":
            text = (ROOT / "tests" / "data" / "mistakes" / "neuron-sigmoid.yaml").read_text(encoding="utf-8")
            problem = load_problem(text.replace("decimals: 8", "decimals: 4, strict: true").encode(), "p.yaml")
            where = where._replace(program=compile_problem(problem, mistakes=True))
            right = {s.name: f"{where.right(s)[0]:.4f}" for s in where.program.steps}
            for step in where.program.steps:
                cut = f"{where.right(step)[0]:.8f}"[:-4]
                yield where, step, f"`{cut}`, where half a unit is allowed", {**right, step.name: cut}
            return
        wrong = SLIPPED[entry.name](where.texts(step, where.right(step)))
        yield where, step, f"`{wrong}`", {step.name: wrong}
        return
    habit = next((habit for habit in HABITS if habit.code == entry.name), None)
    for where in shown:
        asked = {item.step for item in where.program.ask}
        if habit is not None:
            steps = layers(where.program).get(habit.of, {})
            chosen = [
                mistake
                for mistake in where.program.mistakes
                if any(name.code == habit.of for name in mistake.names) and steps.get(mistake.step) == habit.output
            ]
            if chosen:
                names = ", ".join(f"`{where.program.steps[m.step].name}`" for m in chosen)
                values = _worked(where.program, chosen)
                answers = {s.name: where.texts(s, values[s.slot : s.slot + s.size]) for s in where.program.steps}
                step = where.program.steps[chosen[0].step]
                value = nested([_short(v) for v in values[step.slot : step.slot + step.size]], step.shape)
                yield where, step, f"`{value}`, and so at {names} and nowhere else", answers
            continue
        for mistake in where.program.mistakes:
            if mistake.step in asked and any(name.code == entry.name for name in mistake.names):
                step = where.program.steps[mistake.step]
                values = list(where.program.values)
                run(mistake.route.code, where.program.formulas, values)
                made = [values[out] for out in mistake.route.out]
                value = nested([_short(each) for each in made], step.shape)
                if value != nested([_short(each) for each in where.right(step)], step.shape) and len(value) < 100:
                    yield where, step, f"`{value}`", {step.name: where.texts(step, made)}


def _worked(program: Program, mistakes: Sequence[Mistake]) -> list[float]:
    """Every value for a student who makes these mistakes and works all else rightly from them."""
    values = list(program.values)
    wrong = {mistake.step: mistake.route for mistake in mistakes}
    for number, step in enumerate(program.steps):
        route = wrong.get(number) or step.routes[0]
        run(route.code, program.formulas, values)
        for slot, out in zip(range(step.slot, step.slot + step.size), route.out, strict=True):
            values[slot] = values[out]
    return values


if __name__ == "__main__":
    PATH.write_text(page(), encoding="utf-8")
