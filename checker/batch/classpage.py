"""The class report as a page that a person reads at a glance: charts first, lists of names last."""

from __future__ import annotations

from importlib.resources import files
from statistics import fmean, median
from typing import TYPE_CHECKING

from checker.batch.gradebook import plain
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.outcome import Verdict
from checker.reports.page import page, text
from checker.reports.plain import cut, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from checker.batch.classreport import ClassReport
    from checker.batch.survey import Mistake, ProblemPicture, StepPicture

MOST_LISTED = 500  # rows of one list; class.json and gradebook.csv have all
MOST_MISTAKES = 20
MOST_ALIKE = 40
LONGEST = 60  # characters of an answer that is shown

WORDS: dict[Verdict, str] = {
    Verdict.CORRECT: "correct",
    Verdict.FOLLOW_THROUGH: "follows from an earlier answer",
    Verdict.IMPRECISE: "too few digits",
    Verdict.SLIP: "slip",
    Verdict.MISCONCEPTION: "known mistake",
    Verdict.WRONG: "wrong",
    Verdict.UNREADABLE: "unreadable",
    Verdict.MISSING: "no answer",
}


def draw(report: ClassReport) -> Iterator[bytes]:
    """The page, which needs nothing else."""
    parts = [_head(report), _points(report)]
    parts += [_assignment(problem, report) for problem in report.problems]
    lists = (_borrowed, _absent, _others, _remarks, _ungradable, _passed)
    parts += [listed(report) for listed in lists]
    style = (files("checker.batch") / "templates" / "class.css").read_text(encoding="utf-8")
    body = "\n".join(part for part in parts if part) + "\n</main>"
    yield page("Class report", body, style_too=style).encode("utf-8", "backslashreplace")


def _head(report: ClassReport) -> str:
    tally, percents = report.tally, report.tally.percents
    figures = [
        ("submissions", str(tally.graded + tally.ungradable)),
        ("graded", str(tally.graded)),
        ("ungradable", str(tally.ungradable)),
    ]
    if tally.absent is not None:
        figures.append(("handed in nothing", str(len(tally.absent))))
    if tally.not_counting:
        figures.append(("not counting", str(tally.not_counting)))
    if report.policy:
        figures.append(("late", str(tally.late)))
    if percents:
        figures += [
            ("full marks", str(sum(percent >= 100 for percent in percents))),
            ("mean", f"{plain(round(fmean(percents), 1))} %"),
            ("median", f"{plain(round(median(percents), 1))} %"),
        ]
    shown = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>\n" for name, value in figures)
    topics = [text(problem.assignment.topic or problem.assignment.called) for problem in report.problems]
    more = f" and {len(topics) - 6} more" if len(topics) > 6 else ""
    return (
        f'<header>\n<h1>Class report</h1>\n<p class="byline">{" · ".join(topics[:6])}{more}</p>\n</header>\n<main>\n'
        f'<dl class="figures">\n{shown}</dl>'
    )


# -------------------------------------------------------------------- how the points lie

BINS = 10
LEFT, WIDTH, TALL, GROUND = 44, 693, 140, 166  # of the histogram, in its own units


def _points(report: ClassReport) -> str:
    """The histogram of the points; full marks have a column of their own."""
    percents = report.tally.percents
    if not percents:
        return ""
    bins = [0] * (BINS + 1)
    for percent in percents:
        bins[min(BINS, max(0, int(percent * BINS / 100)))] += 1
    labels = [f"{n * 100 // BINS}–{(n + 1) * 100 // BINS}" for n in range(BINS)] + ["100"]
    step = _round(max(bins) / 4)
    top = step * -(-max(bins) // step)
    wide = WIDTH // (BINS + 1)
    drawn = []
    for n in range(1, top // step + 1):
        y = round(GROUND - TALL * n * step / top, 1)
        drawn.append(
            f'<line class="grid" x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y}" y2="{y}"/>'
            f'<text class="soft" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{n * step}</text>'
        )
    for n, (count, label) in enumerate(zip(bins, labels, strict=True)):
        height, x = round(TALL * count / top, 1), LEFT + wide * n + 4
        middle = x + (wide - 8) // 2
        said = f'<text class="count" x="{middle}" y="{GROUND - height - 5}" text-anchor="middle">{count}</text>'
        drawn.append(
            f"<g><title>{_students(count)} with {label} %</title>"
            f'<rect x="{x}" y="{GROUND - height}" width="{wide - 8}" height="{height}" rx="2"/>{said if count else ""}'
            f'<text class="soft" x="{middle}" y="{GROUND + 18}" text-anchor="middle">{label}</text></g>'
        )
    drawn.append(f'<line class="axis" x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{GROUND}" y2="{GROUND}"/>')
    at = median(percents)
    arrow = round(LEFT + wide * (BINS + 0.5 if at >= 100 else max(0.0, at) * BINS / 100), 1)
    drawn.append(
        f'<path class="median" d="M {arrow} {GROUND + 24} l -5 8 h 10 z"/>'
        f'<text class="soft" x="{LEFT + WIDTH / 2}" y="{GROUND + 50}" text-anchor="middle">'
        "percent of the points; the arrow is the median</text>"
    )
    spoken = "; ".join(f"{label} percent: {count}" for count, label in zip(bins, labels, strict=True))
    policy = f"Late submissions lose {report.policy}. The points below are what is left."
    said = f'<p class="soft">{text(policy)}</p>\n' if report.policy else ""
    lines = "\n".join(drawn)
    return (
        f'<h2>How the points lie</h2>\n{said}<figure class="picture">\n<svg class="histogram" viewBox="0 0 740 222" '
        f'role="img" aria-label="{text(spoken)}">\n{lines}\n</svg>\n</figure>'
    )


def _round(number: float) -> int:
    """The next number of 1, 2, 5, 10, … that is at least so large."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size >= number:
                return factor * size
        size *= 10


# -------------------------------------------------------------------- an assignment


def _assignment(problem: ProblemPicture, report: ClassReport) -> str:
    given = problem.assignment
    title = text(given.topic) or text(given.called)
    kinds = ""
    if given.problems > 1:
        differ = "their numbers" if len(given.families) == 1 else "their numbers and in what else the template draws"
        kinds = f", {given.problems} problems that differ in {differ}"
    what = f"{_code(given.called)}{kinds}, {_students(problem.students)}"
    parts = [
        f'<section>\n<h2>{title}</h2>\n<p class="soft">{what}</p>',
        _nobody(problem),
        _glance(problem),
        _steps(problem),
        _mistakes(problem),
        _alike(problem, report),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _nobody(problem: ProblemPicture) -> str:
    steps = ", ".join(_code(step.step) for step in problem.steps if step.nobody)
    if not steps:
        return ""
    return (
        f'<div class="callout first"><p><b>Nobody got {steps}.</b> Look at the problem before you look at the '
        "students: its key may be at fault.</p></div>"
    )


def _glance(problem: ProblemPicture) -> str:
    """What to talk about first: where the first mistakes are made, and which is the commonest."""
    hardest = sorted((step for step in problem.steps if step.first), key=lambda step: -step.first)[:2]
    said = [
        f"{_students(step.first)} {'makes' if step.first == 1 else 'make'} the first mistake at {_code(step.step)}."
        for step in hardest
    ]
    if problem.mistakes and problem.mistakes[0].students > 1:
        most = problem.mistakes[0]
        said.append(f"The commonest mistake: <b>{_does(most)}</b> ({_students(most.students)}).")
    return f'<div class="callout"><p>{" ".join(said)}</p></div>' if said else ""


def _steps(problem: ProblemPicture) -> str:
    some = {verdict for step in problem.steps for verdict, count in step.verdicts.items() if count}
    legend = "\n".join(
        f'<li><i class="swatch {verdict.value}"></i>{words}</li>'
        for verdict, words in WORDS.items()
        if verdict.value in some
    )
    heads = ("got it", "first mistakes", "mean points")
    columns = "".join(
        f'<th scope="col" class="number{" more" if n else ""}">{head}</th>' for n, head in enumerate(heads)
    )
    return (
        f'<h3>Step by step</h3>\n<ul class="legend">\n{legend}\n</ul>\n<div class="wide"><table class="steps">\n'
        f'<thead><tr><th scope="col">step</th><th scope="col">how the answers were</th>{columns}</tr></thead>\n'
        "<tbody>\n" + "\n".join(map(_step, problem.steps)) + "\n</tbody></table></div>"
    )


def _step(step: StepPicture) -> str:
    bars, spoken = [], []
    for verdict, words in WORDS.items():
        count = step.verdicts[verdict.value]
        if count:
            share = 100 * count / step.students
            room = str(count) if share >= 3 + 2 * len(str(count)) else ""
            bars.append(f'<i class="{verdict.value}" style="width:{share:.3f}%" title="{count} {words}">{room}</i>')
            spoken.append(f"{count} {words}")
    percent = round(100 * step.right / step.students) if step.students else 0
    return (
        f'<tr{_class("first" if step.nobody else "")}><th scope="row">{_code(step.step)}</th>'
        f'<td><div class="stack" role="img" aria-label="{", ".join(spoken)}">{"".join(bars)}</div></td>'
        f'<td class="number">{percent} %</td><td class="number more">{step.first or ""}</td>'
        f'<td class="number more">{plain(round(step.mean, 2))} <span class="soft">of {plain(step.possible)}</span>'
        "</td></tr>"
    )


def _mistakes(problem: ProblemPicture) -> str:
    if not problem.mistakes:
        return ""
    most = max(each.students for each in problem.mistakes)
    rows = []
    for each in problem.mistakes[:MOST_MISTAKES]:
        where = ", ".join(f"{_code(step)} {count}" for step, count in each.steps[:8])
        more = f" and {len(each.steps) - 8} more" if len(each.steps) > 8 else ""
        clear = f'<div class="soft small">{each.clear} clearly</div>' if each.clear < each.students else ""
        bar = f'<span class="meter"><i style="width:{100 * each.students / most:.1f}%"></i></span>'
        rows.append(
            f'<tr><td>{_does(each)}<div class="soft small">{_code(each.code)}</div></td>'
            f'<td class="many"><div class="row">{bar}<b>{each.students}</b></div>{clear}</td>'
            f'<td class="small">{where}{more}</td></tr>'
        )
    left = len(problem.mistakes) - MOST_MISTAKES
    rest = f'\n<p class="soft">and {left} more, in class.json</p>' if left > 0 else ""
    return _table("The most frequent mistakes", ("mistake", "students", "where"), rows, "mistakes", level=3) + rest


def _does(mistake: Mistake) -> str:
    """What those do who make it; the hint where the table has no entry of that name any more."""
    entry = MISCONCEPTIONS.get(mistake.code)
    return text(entry.does if entry is not None else mistake.hint)


def _alike(problem: ProblemPicture, report: ClassReport) -> str:
    found = [(step.step, alike) for step in problem.steps for alike in step.identical]
    found.sort(key=lambda each: -each[1].students)
    if not found:
        return ""
    rows = []
    for step, alike in found[:MOST_ALIKE]:
        who = ", ".join(sorted(text(report.name(student)) for student in alike.who))
        rows.append(
            f"<tr><td>{_code(step)}</td><td>{_code(cut(alike.text, LONGEST))}</td>"
            f'<td class="number">{alike.students}</td><td class="small who">{who}</td></tr>'
        )
    said = "Mostly a mistake that many make. A rare answer that few share may be worth a question."
    heads = ("step", "answer", "students", "who, where few")
    return _table("The same wrong answer from several students", heads, rows, said=said, level=3)


# -------------------------------------------------------------------- lists of students and files


def _borrowed(report: ClassReport) -> str:
    rows = []
    for each in map(report.unnamed, report.borrowed):
        steps = ", ".join(_code(step) for step in each.steps[:12])
        whose = f'<div class="small">{_shown(", ".join(each.whose))}</div>' if each.whose else ""
        rows.append(
            f'<tr><td>{_shown(each.student)}<div class="soft small">{_code(each.submission)}</div></td>'
            f"<td>{_code(each.fits)}{whose}</td><td>{steps}"
            f'<div class="soft small">{each.fitting} of {each.wrong} wrong answers</div></td></tr>'
        )
    said = (
        "Wrong here, and right in another student's variant, at more steps than chance explains. It is a reason to "
        "ask, not a proof."
    )
    return _table("Answers that fit somebody else's numbers", ("student", "fits", "at"), rows, said=said)


def _absent(report: ClassReport) -> str:
    absent = report.tally.absent
    if not absent:
        return ""
    if report.called:
        return f"<h2>Handed in nothing</h2>\n<p>{_students(len(absent))} on the roster.</p>"
    names = ", ".join(map(_shown, absent[:MOST_LISTED]))
    more = f" and {len(absent) - MOST_LISTED} more, in class.json" if len(absent) > MOST_LISTED else ""
    said = '<p class="soft">On the roster, and no file is theirs.</p>'
    return f"<h2>Handed in nothing</h2>\n{said}\n<p>{names}{more}</p>"


KEPT = {"last": "the last", "first": "the first", "best": "the best"}  # by the platform's date, else by name


def _others(report: ClassReport) -> str:
    tally = report.tally
    rows = [
        f"<tr><td>{_shown(row.student)}</td><td>{_code(row.submission)}</td>"
        f'<td class="number">{"" if row.percent is None else plain(row.percent) + " %"}</td></tr>'
        for row in map(report.hidden, tally.others[:MOST_LISTED])
    ]
    said = f"Of several submissions by one student to one problem {KEPT[report.keep]} counts. These do not."
    heads = ("student", "submission", "points")
    left = _left(tally.not_counting - len(rows), "gradebook.csv")
    return _table("Handed in more than once", heads, rows, said=said) + left


def _remarks(report: ClassReport) -> str:
    rows = [
        f"<tr><td>{_code(row.submission)}</td><td>{_shown(row.remark)}</td></tr>"
        for row in map(report.hidden, report.tally.remarks[:MOST_LISTED])
    ]
    said = "Who a file says it is by does not fit who handed it in. Such a file takes nothing from anybody's own."
    return _table("Worth a look", ("submission", "remark"), rows, said=said)


def _ungradable(report: ClassReport) -> str:
    rows = [
        f"<tr><td>{_code(row.submission)}</td><td>{_shown(row.student)}</td><td>{_shown(row.reason)}</td></tr>"
        for row in map(report.hidden, report.tally.reasons[:MOST_LISTED])
    ]
    said = "These have no grade, which is not a grade of zero."
    left = report.tally.ungradable - len(rows)
    return _table("Ungradable", ("submission", "student", "why"), rows, said=said) + _left(left, "gradebook.csv")


def _passed(report: ClassReport) -> str:
    if report.called:
        return ""
    rows = [
        f"<tr><td>{_code(each.name)}</td><td>{_shown(each.reason)}</td></tr>" for each in report.passed[:MOST_LISTED]
    ]
    left = report.passed_over - len(rows)
    said = "Files in the folder that are no submissions."
    return _table("Passed over", ("file", "why"), rows, said=said) + _left(left, "class.json")


def _table(
    title: str, heads: Sequence[str], rows: Iterable[str], kind: str = "", *, said: str = "", level: int = 2
) -> str:
    """A list under a heading; '' where there is nothing in it."""
    listed = "\n".join(rows)
    if not listed:
        return ""
    columns = "".join(
        f'<th scope="col"{_class("number" if head in NUMBERS and not kind else "")}>{head}</th>' for head in heads
    )
    return (
        f"<h{level}>{title}</h{level}>\n"
        + (f'<p class="soft">{text(said)}</p>\n' if said else "")
        + f'<div class="wide"><table{_class(kind)}>\n'
        f"<thead><tr>{columns}</tr></thead>\n<tbody>\n{listed}\n</tbody></table></div>"
    )


NUMBERS = ("students", "points")


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _left(count: int, where: str) -> str:
    return f'\n<p class="soft">and {count} more, in {where}</p>' if count > 0 else ""


def _students(count: int) -> str:
    return f"{count} {'student' if count == 1 else 'students'}"


def _code(value: str) -> str:
    return f"<code>{_shown(value)}</code>"


def _shown(value: str) -> str:
    return text(cut(printable(value), 200))
