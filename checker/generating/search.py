"""The search for variants: draws in blocks, each rejected by whatever does not hold of it, within a budget."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from checker.errors import AuthorError, Finding, Place
from checker.generating.evidence import Evidence
from checker.generating.guarantees import GUARANTEES, HOLDS, Known, known_from
from checker.generating.scope import Drawn, Scope
from checker.generating.stream import Stream, student_seed
from checker.generating.structure import Structure
from checker.generating.variant import Put, key_of
from checker.knowledge.misconceptions import MISCONCEPTIONS
from checker.readings.lanes import LANES
from checker.table import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from checker.generating.holes import Draw
    from checker.generating.template import Template

PILOT = b"check-backprop: the draws that a template is looked at with"  # known to all: nobody's numbers come from it
PILOT_DRAWS = 512
PILOT_LANES = 32  # of one structure
MOST_PILOT = 20_000
MOST_STRUCTURES = 200
BLOCK = 4_096
FIRST_TRIES = 4


class Effort(NamedTuple):
    """How much work a variant is: digits of its numbers, negative numbers in it, summands of its gradients."""

    digits: int
    negative: int
    paths: int

    @property
    def total(self) -> int:
        """All of them together."""
        return self.digits + self.negative + self.paths


class Variant(NamedTuple):
    """A draw that passed: its number among the student's draws, and by how many times each guarantee holds."""

    draw: Draw
    number: int
    structure: Structure
    margins: dict[str, float]
    effort: Effort
    marks: tuple[Any, ...]  # equal for variants that are alike


class Judged(NamedTuple):
    """A block of draws of one structure, judged: who passes, the least margin of each guarantee, what rejects whom."""

    evidence: Evidence
    passes: Any
    margins: dict[str, Any]
    rejected: Counter[str]
    parts: Counter[str]


def draw(template: Template, seed: bytes, number: int) -> Draw:
    """The draw with this number from a seed."""
    stream, scope = Stream(seed, number), Scope(template.fixed)
    for variable in template.variables:
        scope.put(variable.name, variable.drawing.draw(stream, scope))
    return scope.drawn


class Search:
    """Looks for variants of one template.

    Raises:
        AuthorError: the template's problem cannot be used, whatever is drawn; or `accept` names what there is not.
    """

    def __init__(self, template: Template) -> None:
        self.template = template
        self._structures: dict[tuple[Any, ...], tuple[Structure, Known]] = {}
        self._accepted = _accepted(template)
        self._pilot_seed = student_seed(PILOT, template.id, template.version, "")
        self._pilot: list[Draw] = [draw(template, self._pilot_seed, 0)]
        self.structural = Put(template, self._pilot[0]).structural
        self._bound_structures()
        Structure(template, self._pilot[0])  # says what is wrong with the problem before anything else is drawn
        self._pilot += [draw(template, self._pilot_seed, number) for number in range(1, PILOT_DRAWS)]
        self.middle = self._middle()

    def _bound_structures(self) -> None:
        count = 1
        for variable in self.template.variables:
            if variable.name in self.structural:
                count *= variable.drawing.count() or 1
                if count > MOST_STRUCTURES:
                    what = (
                        f"{variable.name!r} changes more than a given or a parameter, and with it there are {count:,} "
                        f"problems to derive, more than {MOST_STRUCTURES}"
                    )
                    mend = "give it fewer values, or make it a given"
                    raise AuthorError(Finding(what, variable.where, mend))

    # ------------------------------------------------------------ structures

    def structure(self, sample: Draw) -> tuple[Structure, Known]:
        """The structure of a draw, and what is so in all draws of it."""
        key = key_of(sample, self.structural)
        if key not in self._structures:
            if len(self._structures) >= MOST_STRUCTURES:
                what = f"more than {MOST_STRUCTURES} problems of different shape are drawn"
                raise AuthorError(Finding(what, self._vary(), "draw shapes from fewer lengths"))
            structure = Structure(self.template, sample)
            lanes = self._lanes(key)
            self._structures[key] = structure, known_from(Evidence(structure, lanes))
        return self._structures[key]

    def _lanes(self, key: tuple[Any, ...]) -> list[Draw]:
        """Draws of one structure: those of the pilot, and more of them where there are too few."""
        found = [sample for sample in self._pilot if key_of(sample, self.structural) == key]
        number = len(self._pilot)
        while len(found) < PILOT_LANES and number < MOST_PILOT:
            sample = draw(self.template, self._pilot_seed, number)
            if key_of(sample, self.structural) == key:
                found.append(sample)
            number += 1
        return found

    def _vary(self) -> Place:
        key = self.template.root.keys["vary"]
        return Place(self.template.file, key.line, key.column)

    # ------------------------------------------------------------ judging

    def judge(self, draws: Sequence[Draw], count_parts: bool = False, middle: float | None = None) -> list[Judged]:
        """The draws in blocks of one structure, judged; their order within a block is theirs here."""
        groups: dict[tuple[Any, ...], list[Draw]] = {}
        for each in draws:
            groups.setdefault(key_of(each, self.structural), []).append(each)
        return [self._judge(group, count_parts, middle) for group in groups.values()]

    def _judge(self, draws: Sequence[Draw], count_parts: bool, middle: float | None) -> Judged:
        structure, known = self.structure(draws[0])
        evidence = Evidence(structure, draws)
        margins: dict[str, Any] = {}
        rejected: Counter[str] = Counter()
        parts: Counter[str] = Counter()
        passes = np.ones(len(draws), dtype=bool)
        with LANES.quiet():
            for guarantee in GUARANTEES.values():
                if (guarantee.name, "") in self._accepted:
                    continue
                least = np.full(len(draws), np.inf)
                for part in guarantee.parts(evidence, known):
                    if self._accepts(guarantee.name, part.step) or self._accepts_mistake(part.code, part.step):
                        continue
                    least = np.fmin(least, np.where(np.isnan(part.margin), 0.0, part.margin))
                    if count_parts:
                        fails = int(np.count_nonzero(~(part.margin > HOLDS)))
                        if fails:
                            parts[part.what] += fails
                margins[guarantee.name] = least
                rejected[guarantee.name] += int(np.count_nonzero(~(least > HOLDS)))
                passes &= least > HOLDS
            for condition, holds in zip(
                self.template.conditions, structure.conditions.holds(list(evidence.values), LANES), strict=True
            ):
                fulfilled = np.broadcast_to(np.asarray(holds, dtype=bool), (len(draws),))
                rejected[f"require: {condition.text}"] += int(np.count_nonzero(~fulfilled))
                passes &= fulfilled
            if middle is not None and self.template.band is not None:
                total = np.sum(evidence.effort, axis=0)
                width = float(self.template.band) * middle
                least = width / np.maximum(np.abs(total - middle), 1e-12)
                margins["difficulty"] = least
                rejected["difficulty"] += int(np.count_nonzero(least < 1))
                passes &= least >= 1
        return Judged(evidence, passes, margins, rejected, parts)

    def _accepts(self, name: str, step: str) -> bool:
        return (name, step) in self._accepted or (name, step.partition("[")[0]) in self._accepted

    def _accepts_mistake(self, codes: str, step: str) -> bool:
        return any((code, "") in self._accepted or self._accepts(code, step) for code in codes.split())

    def _middle(self) -> float:
        """The middle of the efforts of the pilot's draws that pass, or of all of them where too few do."""
        judged = self.judge(self._pilot)
        totals = [np.sum(each.evidence.effort, axis=0) for each in judged]
        passing = np.concatenate([total[each.passes] for total, each in zip(totals, judged, strict=True)])
        if len(passing) < PILOT_LANES // 2:
            passing = np.concatenate(totals)
        return float(np.floor(np.median(passing)))

    def survey(self) -> tuple[int, int, Counter[str], Counter[str]]:
        """Of how many draws how many pass; what rejects how many; and the parts of the guarantees that do."""
        judged = self.judge(self._pilot, count_parts=True, middle=self.middle)
        rejected: Counter[str] = sum((each.rejected for each in judged), Counter())
        parts: Counter[str] = sum((each.parts for each in judged), Counter())
        return len(self._pilot), int(sum(each.passes.sum() for each in judged)), rejected, parts

    # ------------------------------------------------------------ searching

    def find(
        self,
        seeds: Sequence[bytes],
        progress: Callable[[str, int, int], None] | None = None,
    ) -> list[Variant]:
        """A variant for each seed, no two alike: where one is like an earlier one, the later seed goes on drawing.

        Raises:
            AuthorError: a seed's draws up to the budget were all rejected, or are like others.
        """
        found = self._first(seeds, progress)
        taken: set[Any] = set()
        chosen = []
        for seed, variant in zip(seeds, found, strict=True):
            while not taken.isdisjoint(variant.marks):
                more = self._next(seed, variant.number + 1)
                if more is None:
                    raise self._exhausted(seed, alike=True)
                variant = more  # noqa: PLW2901 - the next of the same student's
            taken.update(variant.marks)
            chosen.append(variant)
        return chosen

    def _first(self, seeds: Sequence[bytes], progress: Callable[[str, int, int], None] | None) -> list[Variant]:
        """The first variant of each seed."""
        found: dict[int, Variant] = {}
        waiting, start, tries = list(range(len(seeds))), 0, FIRST_TRIES
        while waiting:
            tries = min(tries, self.template.draws - start)
            if tries <= 0:
                raise self._exhausted(seeds[waiting[0]])
            together = max(1, BLOCK // tries)
            for at in range(0, len(waiting), together):
                some = waiting[at : at + together]
                draws = [(who, number) for who in some for number in range(start, start + tries)]
                for who, variant in self._passing(seeds, draws):
                    found.setdefault(who, variant)
                if progress is not None:
                    progress("searching", len(found), len(seeds))
            waiting = [who for who in waiting if who not in found]
            start, tries = start + tries, min(2 * tries, BLOCK)
        return [found[who] for who in range(len(seeds))]

    def _passing(self, seeds: Sequence[bytes], draws: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Variant]]:
        """The first variant of each seed among these draws, named by the seed and the draw's number."""
        made = [draw(self.template, seeds[who], number) for who, number in draws]
        places = {id(each): place for place, each in enumerate(made)}
        best: dict[int, tuple[int, Judged, int]] = {}
        for judged in self.judge(made, middle=self.middle):
            for lane in np.flatnonzero(judged.passes).tolist():
                who, number = draws[places[id(judged.evidence.draws[lane])]]
                if who not in best or number < best[who][0]:
                    best[who] = number, judged, lane
        for who, (number, judged, lane) in best.items():
            yield who, _variant(judged, lane, number)

    def _next(self, seed: bytes, start: int) -> Variant | None:
        """The next variant of a seed, from this draw on."""
        while start < self.template.draws:
            tries = min(64, self.template.draws - start)
            for _, variant in self._passing([seed], [(0, number) for number in range(start, start + tries)]):
                return variant
            start += tries
        return None

    def _exhausted(self, seed: bytes, alike: bool = False) -> AuthorError:
        """What a template says that has nothing for somebody: which condition rejects how many draws."""
        count = self.template.draws
        if alike:
            what = f"there are too few different variants: all that {count:,} draws give somebody are others' already"
            return AuthorError(Finding(what, self._vary(), "vary more numbers, or on a finer grid"))
        draws = [draw(self.template, seed, number) for number in range(min(count, BLOCK))]
        judged = self.judge(draws, count_parts=True, middle=self.middle)
        rejected: Counter[str] = sum((each.rejected for each in judged), Counter())
        parts: Counter[str] = sum((each.parts for each in judged), Counter())
        said = "; ".join(f"{name} rejects {number:,}" for name, number in rejected.most_common() if number)
        often = "; ".join(f"{name} ({number:,})" for name, number in parts.most_common(5))
        what = f"none of {len(draws):,} draws passes: {said}" + (f"; most often: {often}" if often else "")
        mend = "widen the draws or ask for more digits, or list what you accept under `template: {accept: […]}`"
        return AuthorError(Finding(what, self._vary(), mend))


def _variant(judged: Judged, lane: int, number: int) -> Variant:
    evidence = judged.evidence
    margins = {name: float(margin[lane]) for name, margin in judged.margins.items()}
    effort = Effort(*(int(part[lane]) for part in evidence.effort))
    answers = tuple(
        round(float(evidence.lanes(evidence.values[answer.slot])[lane]) / float(evidence.units[answer.slot][lane]))
        for answer in evidence.answers
    )
    own = evidence.draws[lane]
    numbers = tuple(
        tuple(each.exact for each in value.numbers) if isinstance(value, Drawn) else value for value in own.values()
    )
    return Variant(own, number, evidence.structure, margins, effort, (("numbers", numbers), ("answers", answers)))


def _accepted(template: Template) -> frozenset[tuple[str, str]]:
    """What the template accepts: names of guarantees and mistakes, each with a step or '' for everywhere."""
    found, findings = set(), []
    for text, place in template.accept:
        name, _, step = text.partition(" at ")
        name, step = name.strip(), step.strip()
        if name in GUARANTEES and name != "finite":
            found.add((GUARANTEES[name].name, step))
        elif name in MISCONCEPTIONS:
            found.add((MISCONCEPTIONS[name].name, step))
        else:
            known = [*(each for each in GUARANTEES if each != "finite"), *MISCONCEPTIONS]
            findings.append(Finding(f"unknown guarantee or mistake {name!r}", place, suggest(name, known)))
    if findings:
        raise AuthorError(*findings)
    return frozenset(found)
