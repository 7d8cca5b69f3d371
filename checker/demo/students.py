"""Made-up students: most work rightly, some make a mistake and work rightly from it, some leave steps out.

They use the engine's own rules, so that what they write is exactly what such a student would write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from checker.compare import asked_unit
from checker.problem import load_problem
from checker.readings.compile import compile_problem
from checker.readings.numeric import run
from checker.readings.program import nested
from checker.readings.renumber import Programs

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from checker.model import Tolerance
    from checker.readings.program import Program, Route

HEAD = "format: check-backprop/submission@1\nproblem: {problem}\nstudent: {student}\nanswers:\n"

# how often a student of thirty makes which mistake, where it can be made: what courses report most comes first
COMMON = {
    "act_deriv_missing": 8,
    "err_sign_y_minus_a": 4,
    "loss_grad_factor2": 3,
    "update_sign": 3,
    "lr_missing": 2,
    "transposed_weights": 4,
    "one_path_only": 4,
    "softmax_diag_jacobian": 6,
    "updated_weights_in_backprop": 3,
    "bias_grad_ignored": 2,
    "tanh_deriv_sigmoid_form": 2,
}


class Work(NamedTuple):
    """What a student wrote: the value of every slot, and the answers by the names that they are asked under."""

    values: list[float]
    answers: dict[str, str]


def fill_in(problems: Path, students: Sequence[str], rng: random.Random) -> dict[str, str]:
    """Each file that the class hands in, by its name.

    Args:
        problems: the folder with `<student>.yaml`, everybody's problem.
        students: the class, of eight or more.
        rng: where chance comes from.
    """
    programs = Programs(lambda problem, mistakes: compile_problem(problem, mistakes=mistakes))
    read = {
        student: load_problem((problems / f"{student}.yaml").read_bytes(), f"{student}.yaml") for student in students
    }
    made = {student: programs.program(problem, mistakes=True) for student, problem in read.items()}
    order = list(students)
    rng.shuffle(order)
    absent, broken, copier, copied, *others = order
    mistaken, careless = others[: len(others) // 2], others[len(others) // 3 : 2 * len(others) // 3]
    files = {}
    for student in students:
        program = made[copied if student == copier else student]
        mistakes = [chosen(program, rng) for _ in range(rng.randint(1, 3))] if student in mistaken else []
        work = worked(program, dict(filter(None, mistakes)))
        if student in careless:
            careless_with(work.answers, rng)
        head = HEAD.format(problem=made[student].problem, student=student)
        files[f"{student}.yaml"] = head + "".join(f"  {name}: {text}\n" for name, text in work.answers.items())
    del files[f"{absent}.yaml"]
    text = files[f"{broken}.yaml"]
    files[f"{broken}.yaml"] = text.replace("answers:\n", 'answers: {"\n')  # a quote that is never closed
    return files


def chosen(program: Program, rng: random.Random) -> tuple[int, Route] | None:
    """A step and the wrong rule by which it is worked: one of the common mistakes where there is one."""
    asked = {item.step for item in program.ask}
    options: dict[tuple[str, int], Route] = {}
    for mistake in program.mistakes:
        code = mistake.names[0].code
        if mistake.step in asked and code in COMMON:
            options.setdefault((code, mistake.step), mistake.route)
    codes = sorted({code for code, _ in options})
    if not codes:
        return None
    code = rng.choices(codes, [COMMON[each] for each in codes])[0]
    step = rng.choice(sorted(number for other, number in options if other == code))
    return step, options[code, step]


def worked(program: Program, wrong: Mapping[int, Route]) -> Work:
    """Every asked step, rounded to what is asked, where some steps (by number) are worked by a wrong rule."""
    values = list(program.values)
    for number, step in enumerate(program.steps):
        route = wrong.get(number, step.routes[0])
        run(route.code, program.formulas, values)
        values[step.slot : step.slot + step.size] = [values[out] for out in route.out]
    return Work(values, written(program, values))


def written(program: Program, values: Sequence[float]) -> dict[str, str]:
    """The asked steps as a student types them, rounded to one unit of what is asked."""
    answers = {}
    for item in program.ask:
        step = program.steps[item.step]
        slots = [step.slot + item.element] if item.element is not None else range(step.slot, step.slot + step.size)
        texts = [rounded(values[slot] * (-1 if item.negative else 1), program, item.tolerance, slot) for slot in slots]
        answers[item.label] = nested(texts, () if item.element is not None else step.shape)
    return answers


def rounded(value: float, program: Program, tolerance: Tolerance, slot: int) -> str:
    """A value to the digit that is asked of its step."""
    unit = asked_unit(tolerance, program.values[slot])
    digits = max(0, -int(f"{unit:e}".partition("e")[2]))
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def careless_with(answers: dict[str, str], rng: random.Random) -> None:
    """The work given up, a sign lost, a number cut short or commas typed for points: one of these."""
    names = list(answers)
    plain = [name for name in names if answers[name].lstrip("-").replace(".", "").isdigit()]
    what = rng.randrange(5)
    if what < 2 or not plain:
        kept = rng.randint(len(names) // 3, len(names) - 1)
        for name in names[kept:]:
            del answers[name]
    elif what == 2:
        name = rng.choice(plain)
        answers[name] = answers[name].removeprefix("-") if answers[name].startswith("-") else f"-{answers[name]}"
    elif what == 3:
        name = rng.choice(plain)
        answers[name] = answers[name][:-2]
    else:
        for name in plain:
            answers[name] = answers[name].replace(".", ",")
