"""Naming mistakes: which wrong rule, on which numbers, gives what a student wrote.

Every wrong answer is tried against every mistake that its step knows, on the student's own earlier answers and on the
true ones; then against slips of the pen; then, where steps before it were left out, against one mistake at each of
them. What gives the same number is all reported, the most plausible first. A match is *clear* where chance is unlikely
to have made it, and *possible* where the values that some mistake gives lie so dense that a random number would hit
one. Like marking, this works on one student's floats or on a class's arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from checker.compare import within
from checker.mark import DIAGNOSED_SLIP, MISCONCEPTION, WRONG, Marks, mark
from checker.readings.ball import Balls
from checker.readings.ball import run as run_balls
from checker.readings.numeric import FLOATS, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.readings.program import Mistake, Program, Route, Step

Answers = dict[int, tuple[Value, Value, Value, Value]]

CLEAR = 0.2  # the most that the windows of all candidates may cover of the values within reach
SLIP_FROM = 3  # the tier from which on a mistake is a slip or a coincidence
MOST_PAIRED = 12  # mistakes of one step that are tried two at a time
CLEAR_ALONE = 0.03  # the same for the variants of one mistake
CLEAR_SLIP = 0.008  # and for the variants of a slip or a coincidence
MOST_TRIALS = 6  # hidden mistakes that are worked through the rest of the sheet
SLIP_TIER = {
    "sign_slip": 3,
    "decimal_shift": 3,
    "truncation": 3,
    "digit_transposition": 4,
    "digit_dropped_or_doubled": 4,
}


class Explanation(NamedTuple):
    """A mistake that gives an answer: for whom (`who`), for whom clearly, and how many other answers it explains.

    `hidden` is the step that was left out where it was made; None where it was made at the answered step itself.
    """

    code: str
    tier: int
    slip: bool
    who: Value
    clear: Value
    hidden: int | None
    gain: Value
    rules: tuple[tuple[int, Route], ...] = ()


class Diagnosis(NamedTuple):
    """The marks with mistakes named, and for each step (by number) what explains it."""

    marks: Marks
    found: dict[int, list[Explanation]]


def diagnose(
    program: Program, reference: list[Value], answers: Answers, marks: Marks, lanes: Any = FLOATS
) -> Diagnosis:
    """Name the mistakes in what `marks` calls wrong. `program` has the mistakes compiled in."""
    with lanes.quiet():
        return _Search(program, reference, answers, marks, lanes).run()


class _Candidate(NamedTuple):
    mistake: Mistake
    values: list[Value]
    radii: list[Value]
    who: Value


class _Search:
    def __init__(self, program: Program, reference: list[Value], answers: Answers, marks: Marks, lanes: Any) -> None:
        self.program, self.reference, self.answers, self.marks, self.lanes = program, reference, answers, marks, lanes
        self.truth = Balls(list(reference), [0.0] * len(reference), [0] * len(reference))
        self.by_step: dict[int, list[Mistake]] = {}
        for mistake in program.mistakes:
            self.by_step.setdefault(mistake.step, []).append(mistake)
        self.tiers = {mistake.code: mistake.tier for mistake in program.mistakes}
        self.overrides: dict[int, list[tuple[Value, Route]]] = {}
        self.found: dict[int, list[Explanation]] = {}
        # what was found at each slot stays so when later marking sees the hidden mistake
        self.named: dict[int, tuple[Value, Value]] = {}

    def run(self) -> Diagnosis:
        """Step by step in graph order; a hidden mistake is carried on before the next step is looked at."""
        for number, step in enumerate(self.program.steps):
            slots = [slot for slot in range(step.slot, step.slot + step.size) if slot in self.answers]
            wrong = {slot: self._wrong(slot) for slot in slots}
            wrong = {slot: who for slot, who in wrong.items() if self.lanes.some(who)}
            if wrong:
                self._step(number, step, wrong)
        for slot, (who, verdict) in self.named.items():
            self.marks.verdict[slot] = self.lanes.where(who, verdict, self.marks.verdict[slot])
        return Diagnosis(self.marks, self.found)

    def _wrong(self, slot: int) -> Value:
        """Who has a plain number here that nothing accounts for."""
        return (self.marks.verdict[slot] == WRONG) & (self.answers[slot][3] == -1)

    def _step(self, number: int, step: Step, wrong: dict[int, Value]) -> None:
        lanes = self.lanes
        someone: Value = False
        for who in wrong.values():
            someone = someone | who
        candidates = list(self._local(number, step, wrong, someone))
        clear = self._clear(step, wrong, [(c.mistake.code, c.values, c.radii) for c in candidates])
        explanations = [
            Explanation(c.mistake.code, c.mistake.tier, c.mistake.slip, c.who, c.who & clear[c.mistake.code], None, 0)
            for c in candidates
            if lanes.some(c.who)
        ]
        explanations += self._slips(step, wrong, someone)
        explained: Value = False
        for e in explanations:
            explained = explained | (e.who & (e.tier <= 2))
        explanations += self._hidden(number, step, wrong, someone & lanes.negated(explained))
        for e in explanations:
            explained = explained | e.who
        explanations += self._pairs(step, wrong, someone & lanes.negated(explained), candidates)
        self._settle(number, wrong, explanations)

    # ------------------------------------------------------------ mistakes at the step itself

    def _local(self, number: int, step: Step, wrong: dict[int, Value], someone: Value) -> Iterator[_Candidate]:
        """Every mistake that the step knows, on the student's own answers and on the true ones."""
        for mistake in self.by_step.get(number, ()):
            who: Value = False
            first: tuple[list[Value], list[Value]] | None = None
            for balls in (*self.marks.ways, self.truth):
                values, radii = self._worked(mistake.route, balls)
                if first is None:
                    first = values, radii
                who = who | (someone & self._agrees(step, wrong, values, radii))
            assert first is not None
            yield _Candidate(mistake, *first, who)

    def _worked(self, route: Route, balls: Balls) -> tuple[list[Value], list[Value]]:
        run_balls(route.code, self.program.formulas, balls, self.lanes)
        return [balls.value[out] for out in route.out], [balls.radius[out] for out in route.out]

    def _agrees(self, step: Step, wrong: dict[int, Value], values: list[Value], radii: list[Value]) -> Value:
        """Who wrote these values wherever they are wrong."""
        hit: Value = True
        for slot, who in wrong.items():
            element = slot - step.slot
            submitted = self.answers[slot][0]
            near = within(submitted, values[element], self._half(slot) + radii[element], self.lanes)
            # near a pole (tan for tanh) a ball reaches everything: one wider than the error itself explains nothing
            near = near & (radii[element] <= abs(submitted - self.reference[slot]))
            hit = hit & (near | self.lanes.negated(who))
        return hit

    def _half(self, slot: int) -> Value:
        """Half the typed unit, at most half the asked one."""
        return self.lanes.smaller(self.answers[slot][1], self.marks.unit[slot]) / 2

    def _clear(
        self, step: Step, wrong: dict[int, Value], made: Sequence[tuple[str, list[Value], list[Value]]]
    ) -> dict[str, Value]:
        """For each code, where chance is an unlikely reason for a match.

        The windows of all distinct values within reach may cover `CLEAR` of them, and those of the code's own values
        `CLEAR_ALONE`: a mistake that comes in many variants is more easily hit. For an array all elements have to agree
        at once, so their shares multiply.
        """
        lanes = self.lanes
        chance: Value = 1.0
        alone: dict[str, Value] = {code: 1.0 for code, _, _ in made}
        for slot, who in wrong.items():
            element = slot - step.slot
            submitted = self.answers[slot][0]
            size = lanes.larger(lanes.larger(abs(submitted), abs(self.reference[slot])), 1e-300)
            half = self._half(slot)
            covered: Value = 0.0
            own: dict[str, Value] = dict.fromkeys(alone, 0.0)
            seen: list[Value] = []
            for code, values, radii in made:
                value, reach = values[element], half + radii[element]
                counts = abs(value - submitted) <= size
                for other in seen:
                    counts = counts & (abs(value - other) > reach)
                seen.append(value)
                share = lanes.where(counts, reach / size, 0.0)
                covered = covered + share
                own[code] = own[code] + share
            chance = chance * lanes.where(who, lanes.smaller(covered, 1.0), 1.0)
            for code, share in own.items():
                alone[code] = alone[code] * lanes.where(who, lanes.smaller(share, 1.0), 1.0)
        return {code: (chance <= CLEAR) & (share <= self._most(code)) for code, share in alone.items()}

    def _most(self, code: str) -> float:
        """How much the variants of one mistake may cover: less for those that come to mind last."""
        return CLEAR_ALONE if self.tiers[code] < SLIP_FROM else CLEAR_SLIP

    def _pairs(
        self, step: Step, wrong: dict[int, Value], someone: Value, candidates: Sequence[_Candidate]
    ) -> list[Explanation]:
        """Two mistakes at one step, where each multiplies the right value by something (a factor 2 and a sign)."""
        lanes = self.lanes
        if not lanes.some(someone):
            return []
        method = [c for c in candidates if c.mistake.tier < SLIP_FROM][:MOST_PAIRED]
        found: list[Explanation] = []
        for n, one in enumerate(method):
            for other in method[n + 1 :]:
                if one.mistake.code == other.mistake.code:
                    continue
                values, radii = [], []
                for element in range(step.size):
                    right = self.marks.carried.get(step.slot + element, self.reference[step.slot + element])
                    divisor = lanes.where(right == 0, float("nan"), right)
                    value = one.values[element] * other.values[element] / divisor
                    spread = one.radii[element] / abs(one.values[element]) if _nonzero(one, element, lanes) else 0.0
                    values.append(value)
                    radii.append(abs(value) * spread + other.radii[element] * abs(value / divisor))
                who = someone & self._agrees(step, wrong, values, radii)
                if lanes.some(who):
                    tier = max(one.mistake.tier, other.mistake.tier) + 1
                    codes = (one.mistake.code, other.mistake.code)
                    found.extend(Explanation(code, tier, False, who, who & False, None, 0) for code in codes)
        return found

    # ------------------------------------------------------------ slips

    def _slips(self, step: Step, wrong: dict[int, Value], someone: Value) -> list[Explanation]:
        """Slips of the pen in writing down the right value, or the one that follows from the student's answers."""
        lanes = self.lanes
        masks: dict[str, Value] = {}
        clear: dict[str, Value] = {}
        for position, (slot, who) in enumerate(wrong.items()):
            here: dict[str, Value] = {}
            for value in (self.marks.carried[slot], self.reference[slot]):
                for code, hit in self._slip(slot, value):
                    here[code] = here.get(code, False) | hit
            others_right = lanes.negated(who)
            for code in SLIP_TIER:
                hit = here.get(code, False) | others_right
                masks[code] = (masks[code] & hit) if position else hit
        found = []
        for code, tier in SLIP_TIER.items():
            who = someone & masks.get(code, False)
            if lanes.some(who):
                digits: Value = 0.0
                for slot in wrong:
                    digits = lanes.larger(digits, abs(self.answers[slot][0]) / self._half(slot))
                # of four digits about one number in ten has a near twin, of three one in five
                clear[code] = who & ((digits > 2e3) if tier > 3 else (digits > 20))
                found.append(Explanation(code, tier, True, who, clear[code], None, 0))
        return found

    def _slip(self, slot: int, value: Value) -> Iterator[tuple[str, Value]]:
        lanes = self.lanes
        submitted, typed = self.answers[slot][0], self.answers[slot][1]
        unit = lanes.smaller(typed, self.marks.unit[slot])
        half = unit / 2
        yield "sign_slip", within(-submitted, value, half, lanes) & (abs(value) > half)
        shifted: Value = False
        for power in (10.0, 100.0, 1000.0):
            shifted = shifted | (within(submitted, value * power, half * power + half, lanes) & (abs(value) > half))
            shifted = shifted | (within(submitted, value / power, half, lanes) & (abs(submitted) > 5 * unit))
        yield "decimal_shift", shifted
        cut = (abs(submitted) < abs(value)) & (submitted * value >= 0)
        yield "truncation", cut & within(submitted, value, unit, lanes)
        whole, seen = lanes.rounded(abs(value) / unit), lanes.rounded(abs(submitted) / unit)
        same_sign = submitted * value >= 0
        swapped: Value = False
        changed: Value = False
        for power in (1.0, 10.0, 100.0, 1000.0, 1e4, 1e5):
            low = lanes.floor(whole / power)
            one, two = low - 10 * lanes.floor(low / 10), lanes.floor(low / 10) - 10 * lanes.floor(low / 100)
            swapped = swapped | ((one != two) & (seen == whole + (two - one) * power - (two - one) * power * 10))
            rest = whole - low * power
            dropped = lanes.floor(low / 10) * power + rest
            doubled = low * power * 10 + one * power + rest
            relevant = low > 0
            changed = changed | (relevant & (((seen == dropped) & (dropped > 9)) | (seen == doubled)))
        yield "digit_transposition", same_sign & swapped & (whole != seen)
        yield "digit_dropped_or_doubled", same_sign & changed & (whole != seen)

    # ------------------------------------------------------------ mistakes at steps that were left out

    def _hidden(self, number: int, step: Step, wrong: dict[int, Value], someone: Value) -> list[Explanation]:
        """One mistake at a step left out between the nearest answers and this one, or the same one at all of them."""
        lanes = self.lanes
        if not lanes.some(someone):
            return []
        before = self._left_out(number)
        trials: list[tuple[str, int, bool, tuple[tuple[int, Route], ...]]] = []
        habits: dict[tuple[str, str], list[tuple[int, Mistake]]] = {}
        for hidden in before:
            for mistake in self.by_step.get(hidden, ()):
                if mistake.tier > SLIP_FROM:
                    continue
                trials.append((mistake.code, mistake.tier, mistake.slip, ((hidden, mistake.route),)))
                habits.setdefault((mistake.code, mistake.variant), []).append((hidden, mistake))
        for (code, _), made in habits.items():
            once = dict(reversed(made))
            if len(once) > 1:
                rules = tuple((hidden, once[hidden].route) for hidden in sorted(once))
                trials.append((code, made[0][1].tier, False, rules))
        hits = []
        reached: list[tuple[str, list[Value], list[Value]]] = []
        for code, tier, slip, rules in trials:
            values, radii = self._through(number, step, rules)
            reached.append((code, values, radii))
            who = someone & self._agrees(step, wrong, values, radii)
            if lanes.some(who):
                hits.append((code, tier, slip, rules, who))
        if not hits:
            return []
        clear = self._clear(step, wrong, reached)
        explanations = []
        for n, (code, tier, slip, rules, who) in enumerate(hits):
            gain = self._gain(number, rules, who) if n < MOST_TRIALS else 0
            explanations.append(Explanation(code, tier, slip, who, who & clear[code], rules[0][0], gain, rules))
        return explanations

    def _left_out(self, number: int) -> list[int]:
        """The steps that this one is worked from and somebody left out, up to the nearest answers."""
        steps = self.program.steps
        numbers = {step.name: n for n, step in enumerate(steps)}
        waiting = [number]
        found: set[int] = set()
        while waiting:
            for parent in steps[waiting.pop()].parents:
                n = numbers.get(parent)
                if n is None or n in found or not self._hidden_for(n):
                    continue
                found.add(n)
                waiting.append(n)
        return sorted(found)

    def _hidden_for(self, number: int) -> bool:
        step = self.program.steps[number]
        return any(
            slot not in self.answers or self.lanes.some(self.lanes.negated(self.answers[slot][2]))
            for slot in range(step.slot, step.slot + step.size)
        )

    def _through(
        self, number: int, step: Step, rules: tuple[tuple[int, Route], ...]
    ) -> tuple[list[Value], list[Value]]:
        """What the step comes to where steps left out before it were worked by these wrong rules."""
        balls = self.marks.ways[0].copy()
        wrong_rule = dict(rules)
        first = min(wrong_rule)
        touched: set[str] = set()
        for n in range(first, number):
            other = self.program.steps[n]
            if n in wrong_rule:
                route = wrong_rule[n]
            elif touched.isdisjoint(other.parents):
                continue
            else:
                route = other.routes[0]
            touched.add(other.name)
            self._rework(other, route, balls)
        return self._worked(step.routes[0], balls)

    def _rework(self, step: Step, route: Route, balls: Balls) -> None:
        lanes = self.lanes
        values, radii = self._worked(route, balls)
        for slot, value, radius in zip(range(step.slot, step.slot + step.size), values, radii, strict=True):
            loose = radius + self.marks.unit[slot]
            if slot in self.answers:
                given = self.answers[slot][2]
                balls.value[slot] = lanes.where(given, balls.value[slot], value)
                balls.radius[slot] = lanes.where(given, balls.radius[slot], loose)
            else:
                balls.value[slot], balls.radius[slot] = value, loose

    def _gain(self, number: int, rules: tuple[tuple[int, Route], ...], who: Value) -> Value:
        """How many wrong answers of other steps the hidden mistake accounts for."""
        again = self._marked(rules, who)
        gain: Value = 0
        own = self.program.steps[number]
        for slot, verdict in again.verdict.items():
            if slot in self.answers and not own.slot <= slot < own.slot + own.size:
                before = self.marks.verdict[slot] == WRONG
                gain = gain + self.lanes.where(before & (verdict != WRONG), 1, 0)
                after = self.lanes.negated(before) & (verdict == WRONG)
                gain = gain - self.lanes.where(after, 1, 0)
        return gain

    def _marked(self, rules: tuple[tuple[int, Route], ...], who: Value) -> Marks:
        overrides = {n: list(made) for n, made in self.overrides.items()}
        for hidden, route in rules:
            overrides.setdefault(hidden, []).append((who, route))
        return mark(self.program, self.reference, self.answers, self.lanes, overrides)

    # ------------------------------------------------------------ the verdict

    def _settle(self, number: int, wrong: dict[int, Value], explanations: list[Explanation]) -> None:
        """Name the step's mistake; a hidden one is charged here and carried on to what comes after."""
        if not explanations:
            return
        lanes = self.lanes
        merged: dict[tuple[str, int | None], Explanation] = {}
        for e in explanations:
            key = (e.code, e.hidden)
            if key in merged:
                old = merged[key]
                merged[key] = old._replace(who=old.who | e.who, clear=old.clear | e.clear)
            else:
                merged[key] = e
        ranked = sorted(merged.values(), key=lambda e: (e.hidden is not None, e.tier))
        self.found[number] = ranked
        best_rank: Value = float("inf")
        slip: Value = False
        someone: Value = False
        hidden: Value = False
        for e in ranked:
            better = e.who & (rank_of(e) < best_rank)
            best_rank = lanes.where(better, rank_of(e), best_rank)
            slip = lanes.where(better, e.slip, slip)
            hidden = lanes.where(better, e.hidden is not None, hidden)
            someone = someone | e.who
        verdict = lanes.where(slip, DIAGNOSED_SLIP, MISCONCEPTION)
        for slot, who in wrong.items():
            self.named[slot] = (who & someone, verdict)
        carried_on = False
        for e in ranked:
            if e.hidden is None:
                continue
            chosen = e.who & hidden & (rank_of(e) == best_rank)
            if lanes.some(chosen):
                for step, route in e.rules:
                    self.overrides.setdefault(step, []).append((chosen, route))
                carried_on = True
        if carried_on:
            self.marks = mark(self.program, self.reference, self.answers, lanes, self.overrides)


def _nonzero(candidate: _Candidate, element: int, lanes: Any) -> bool:
    return not lanes.some(candidate.values[element] == 0)


def rank_of(explanation: Explanation) -> Value:
    """How far down the list an explanation stands: what accounts for most answers first, then by tier."""
    return explanation.tier + (0.5 if explanation.hidden is not None else 0.0) - 10 * explanation.gain
