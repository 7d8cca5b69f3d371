"""Mistakes made at an answered step itself: wrong rules on the student's own numbers and the true ones, and slips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from checker.diagnose import one
from checker.diagnose.slips import CLEAR_DIGITS, TIERS, slips
from checker.mark import Marks, doubtful
from checker.readings.numeric import FLOATS, Picked, Value, run

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from checker.readings.program import Mistake, Program, Route, Step

SLIP_FROM = 3  # the tier from which on a mistake is a slip or a coincidence
MOST_PAIRED = 12  # mistakes of one step that are tried two at a time
COVERED = 0.2  # the most that the windows of all candidates may cover of the values within reach
COVERED_BY_TIER = {1: 0.02, 2: 0.02, 3: 0.007, 4: 0.003}  # and those at least as plausible as the one that is clear
COVERED_BY_PAIRS = 0.05


def _digits(number: int) -> Callable[[int | None], float]:
    # of what has no first digit, or one that no float can be, nothing is rounded off
    return lambda place: 1.0 if place is None else float(f"1e{place - number}") or 1.0


ROUNDED = (0.01, 0.001, _digits(2), _digits(3))  # to which unit people round too early


class Explanation(NamedTuple):
    """A mistake that gives an answer: for whom (`who`), for whom clearly, and how many other answers it accounts for.

    The masks are over the lanes of the item. `hidden` is the step that was left out where it was made; None where it
    was made at the answered step itself. `rules` are the wrong rules, by the number of their step, by which elements
    that nobody wrote down were worked. `partial` says that the mistake gives only those elements of an array that are
    wrong, and would have changed others too.
    """

    code: str
    tier: int
    slip: bool
    who: Value
    clear: Value
    hidden: int | None = None
    gain: Value = 0
    rules: tuple[tuple[int, Route], ...] = ()
    partial: bool = False


class Item(NamedTuple):
    """A step with answers to be explained: for which lanes, and for each of its slots with one what stands there.

    `rest` are the other slots of the step with an answer: what explains one element of an array should fit the rest.
    `mask` are the lanes whose number there is to be explained, `most` how far it is from the right one, and `size` the
    larger of the two.
    """

    number: int
    step: Step
    who: Any
    students: int
    slots: list[int]
    submitted: list[Value]
    half: list[Value]
    most: list[Value]
    size: list[Value]
    mask: list[Value]
    bad: list[Value]  # whose number there is wrong; the others' are right by the allowance for rounding alone
    rest: list[tuple[int, Value, Value, Value]]  # slot, submitted, half, whether there is an answer

    @property
    def wrong(self) -> Value:
        """The lanes in which some number is wrong."""
        wrong: Value = False
        for bad in self.bad:
            wrong = wrong | bad
        return wrong

    @property
    def everyone(self) -> Value:
        """The lanes that have something to be explained: all of them."""
        someone: Value = False
        for mask in self.mask:
            someone = someone | mask
        return someone


def _of(item: Item, who: Any, lanes: Any) -> Item:
    """The item for these of its lanes alone."""

    def pick(parts: Sequence[Value]) -> list[Value]:
        return [lanes.pick(part, who) for part in parts]

    return item._replace(
        who=lanes.pick(item.who, who), students=lanes.size(who), submitted=pick(item.submitted), half=pick(item.half),
        most=pick(item.most), size=pick(item.size), mask=pick(item.mask), bad=pick(item.bad),
        rest=[(slot, *pick(parts)) for slot, *parts in item.rest],
    )  # fmt: skip


class Candidates(NamedTuple):
    """The wrong rules of one step worked: for each slot of an item a table of values and of radii."""

    mistakes: Sequence[Mistake]
    values: list[Any]
    radii: list[Any]
    hits: Any
    whole: Any  # those that fit the rest of the step's elements too


class Local:
    """Looks for mistakes made at answered steps."""

    def __init__(
        self, program: Program, reference: list[Value], answers: dict[int, tuple[Value, ...]], lanes: Any
    ) -> None:
        self.program, self.reference, self.answers, self.lanes = program, reference, answers, lanes
        if lanes is FLOATS:
            self.rows: Any = one
        else:
            from checker.diagnose import many

            self.rows = many
        self.alike = all(isinstance(value, float) for value in reference)  # everybody has the same numbers
        self._true: dict[int, list[list[Value]]] = {}

    # ------------------------------------------------------------ what is to be explained

    def item(self, number: int, marks: Marks) -> Item | None:
        """The step's answers that are wrong, and those that are right by the allowance alone; None without any."""
        lanes, step = self.lanes, self.program.steps[number]
        doubts = {
            slot: doubtful(marks, slot, self.answers[slot], self.reference[slot])
            for slot in range(step.slot, step.slot + step.size)
            if slot in self.answers and slot in marks.verdict
        }
        wrong: Value = False
        for bad, _ in doubts.values():
            wrong = wrong | bad
        masks: dict[int, tuple[Value, Value]] = {}
        someone: Value = False
        for slot, (bad, strained) in doubts.items():
            mask = bad | (strained & lanes.negated(wrong))
            if lanes.some(mask):
                masks[slot] = mask, bad
                someone = someone | mask
        who = lanes.those(someone)
        if who is None:
            return None
        found = Item(number, step, who, lanes.size(who), [], [], [], [], [], [], [], [])
        for slot, (mask, bad) in masks.items():
            submitted, typed = (lanes.pick(part, who) for part in self.answers[slot][:2])
            half = lanes.smaller(typed, lanes.pick(marks.grain[slot], who)) / 2
            found.slots.append(slot)
            found.submitted.append(submitted)
            found.half.append(half)
            right = lanes.pick(self.reference[slot], who)
            found.most.append(abs(submitted - right))
            found.size.append(lanes.larger(lanes.larger(abs(submitted), abs(right)), 1e-300))
            found.mask.append(lanes.pick(mask, who))
            found.bad.append(lanes.pick(bad, who))
        for slot in range(step.slot, step.slot + step.size) if step.size > 1 else ():
            if slot in self.answers and slot in marks.verdict:
                submitted, typed, given, _ = (lanes.pick(part, who) for part in self.answers[slot])
                half = lanes.smaller(typed, lanes.pick(marks.grain[slot], who)) / 2
                mask = lanes.pick(masks[slot][0], who) if slot in masks else False
                if lanes.some(given & lanes.negated(mask)):
                    found.rest.append((slot, submitted, half, given & lanes.negated(mask)))
        return found

    # ------------------------------------------------------------ wrong rules

    def candidates(self, item: Item, marks: Marks) -> Candidates | None:
        """What every mistake of the step gives, on the student's own answers and on the true ones."""
        mistakes = self.program.mistakes.at(item.number)
        if not mistakes:
            return None
        rows, lanes = self.rows, self.lanes
        hits: Any = None
        whole: Any = None
        first: tuple[list[Any], list[Any]] | None = None
        true = self.true(item.number)
        for way in (*marks.ways, None):
            if way is None:
                made = [
                    rows.table([lanes.pick(row[n], item.who) for row in true], item.students)
                    for n in range(item.step.size)
                ]
                reach = [rows.table([0.0] * len(mistakes), item.students)] * len(made)
            else:
                values, radii = Picked(way.value, item.who, lanes), Picked(way.radius, item.who, lanes)
                made, reach = rows.worked(self.program, item.number, values, radii, item.students)
            mine = [(made[slot - item.step.slot], reach[slot - item.step.slot]) for slot in item.slots]
            found = self._agree(item, mine)
            hits = found if hits is None else rows.either(hits, found)
            for slot, submitted, half, mask in item.rest:
                near = rows.near(made[slot - item.step.slot], reach[slot - item.step.slot], submitted, half)
                found = rows.both(found, rows.unless(near, mask))
            whole = found if whole is None else rows.either(whole, found)
            if first is None:
                first = [values for values, _ in mine], [radii for _, radii in mine]
        assert first is not None
        return Candidates(mistakes, *first, hits, whole)

    def true(self, number: int) -> list[list[Value]]:
        """What each mistake of a step gives where all before it is right."""
        if number not in self._true:
            values = Picked(self.reference, None, FLOATS)
            lanes = FLOATS if self.alike else self.lanes
            made = []
            for mistake in self.program.mistakes.at(number):
                run(mistake.route.code, self.program.formulas, values, lanes)
                made.append([values[out] for out in mistake.route.out])
            self._true[number] = made
        return self._true[number]

    def _agree(self, item: Item, tables: Sequence[tuple[Any, Any]]) -> Any:
        """Which candidates give, at every slot, what is to be explained there.

        Near a pole (tan for tanh) a ball reaches everything: one wider than the error itself, at every slot, explains
        nothing. What is right by the allowance for rounding is held against the number itself, not its ball.
        """
        rows = self.rows
        hits: Any = None
        sharp: Any = None
        for (values, wide), submitted, half, most, mask, bad in zip(
            tables, item.submitted, item.half, item.most, item.mask, item.bad, strict=True
        ):
            radii = rows.nothing_unless(wide, bad)
            near = rows.unless(rows.near(values, radii, submitted, half), mask)
            narrow = rows.where(rows.narrow(radii, most), mask)
            hits = near if hits is None else rows.both(hits, near)
            sharp = narrow if sharp is None else rows.either(sharp, narrow)
        return rows.both(hits, sharp)

    def explanations(self, item: Item, found: Candidates | None) -> list[Explanation]:
        """The mistakes that give what is to be explained: each code once, and again where it fits a part only."""
        if found is None:
            return []
        lanes = self.lanes
        who: dict[tuple[str, int, bool, bool], Value] = {}
        worked: dict[tuple[str, int, bool, bool], list[tuple[Route, Value]]] = {}
        parts = [(found.whole, False)]
        if item.rest:
            parts.append((self.rows.unlike(found.hits, found.whole), True))
        for hits, partial in parts:
            for row, mask in self.rows.hit(hits):
                for name in found.mistakes[row].names:
                    key = name.code, name.tier, name.slip, partial
                    new = mask & lanes.negated(who[key]) if key in who else mask
                    worked.setdefault(key, []).append((found.mistakes[row].route, new))
                    who[key] = (who[key] | mask) if key in who else mask
        if not who:
            return []
        clear = self._clear(item, found, {tier for _, tier, _, _ in who})
        unfinished = self._unfinished(item)
        # one element of an array by a mistake that would have changed the others: chance does that as well
        several = sum(lanes.where(mask, 1, 0) for mask in item.mask) > 1
        explained = []
        for (code, tier, slip, partial), mask in who.items():
            # each wrong rule by itself where elements were left out that it gives too
            apart = (
                [(route, new & unfinished) for route, new in worked[code, tier, slip, partial]] if not partial else []
            )
            for route, new in apart:
                if lanes.some(new):
                    rule = (item.number, route)
                    explained.append(Explanation(code, tier, slip, new, new & clear[tier], rules=(rule,)))
            rest = mask & lanes.negated(unfinished) if apart else mask
            if lanes.some(rest):
                sure = rest & clear[tier] & several if partial else rest & clear[tier]
                explained.append(Explanation(code, tier, slip, rest, sure, partial=partial))
        return explained

    def _unfinished(self, item: Item) -> Value:
        """The lanes that wrote down some elements of the step and left others out."""
        lanes = self.lanes
        unfinished: Value = False
        for slot in range(item.step.slot, item.step.slot + item.step.size):
            if slot in self.answers:
                unfinished = unfinished | lanes.negated(lanes.pick(self.answers[slot][2], item.who))
            else:
                return item.everyone | True
        return unfinished

    def _clear(self, item: Item, found: Candidates, tiers: set[int]) -> dict[int, Value]:
        """For each of these tiers, where chance is an unlikely reason for a match with a mistake of it.

        All candidates, and those at least as plausible, have to lie far apart there.
        """
        lanes, rows = self.lanes, self.rows
        them = lanes.those(rows.anybody(found.hits))
        near = _of(item, them, lanes)
        values, radii = ([rows.picked(table, them) for table in part] for part in (found.values, found.radii))
        sparse = self.chance(near, values, radii, range(len(found.mistakes)), COVERED) <= COVERED
        clear = {}
        for tier in tiers:
            plausible = [row for row, m in enumerate(found.mistakes) if min(name.tier for name in m.names) <= tier]
            chance = self.chance(near, values, radii, plausible, COVERED_BY_TIER[tier])
            clear[tier] = lanes.spread(sparse & (chance <= COVERED_BY_TIER[tier]), them, item.students)
        return clear

    def chance(self, item: Item, values: list[Any], radii: list[Any], rows: Sequence[int], enough: float) -> Value:
        """The share of the values within reach that these candidates' windows cover, of all slots at once.

        Where it is at most `enough`, windows that overlap may count twice.
        """
        lanes = self.lanes
        chance: Value = 1.0
        for n, mask in enumerate(item.mask):
            covered = self.rows.covered(
                values[n], radii[n], rows, item.submitted[n], item.half[n], item.size[n], enough
            )
            chance = chance * lanes.where(mask, lanes.smaller(covered, 1.0), 1.0)
        return chance

    # ------------------------------------------------------------ two at once

    def pairs(self, item: Item, found: Candidates | None, marks: Marks, someone: Value) -> list[Explanation]:
        """Two mistakes at one step (a factor 2 and a sign), where nothing else explains an answer."""
        lanes, rows, whole = self.lanes, self.rows, item
        them = lanes.those(someone)
        if found is None or them is None:
            return []
        method = [row for row, m in enumerate(found.mistakes) if min(name.tier for name in m.names) < SLIP_FROM][
            :MOST_PAIRED
        ]
        if len(method) < 2:
            return []
        two = [(i, j) for n, i in enumerate(method) for j in method[n + 1 :] for _ in range(2)]
        item = _of(item, them, lanes)
        tables = []
        for n, slot in enumerate(item.slots):
            right = lanes.pick(marks.carried.get(slot, self.reference[slot]), item.who)
            of_them = rows.picked(found.values[n], them), rows.picked(found.radii[n], them)
            tables.append(rows.pairs(*of_them, method, right))
        hits = self._agree(item, tables)
        if not lanes.some(rows.anybody(hits)):
            return []
        few = (
            self.chance(item, [v for v, _ in tables], [r for _, r in tables], range(len(two)), COVERED_BY_PAIRS)
            <= COVERED_BY_PAIRS
        )
        explained = []
        for row, mask in rows.hit(hits):
            who = lanes.spread(mask & few, them, whole.students)
            first, second = (found.mistakes[k].names[0] for k in two[row])
            if first.code != second.code and lanes.some(who):
                tier = max(first.tier, second.tier) + 1
                explained += [Explanation(name.code, tier, False, who, who & False) for name in (first, second)]
        return explained

    # ------------------------------------------------------------ slips

    def slips(self, items: Sequence[tuple[Item, Value]], marks: Marks) -> list[list[Explanation]]:
        """The slips that explain each item, for the lanes given with it; worked for all items at once."""
        lanes = self.lanes
        asked = []
        for item, someone in items:
            for n, slot in enumerate(item.slots):
                who = lanes.those(someone & item.mask[n])
                if who is not None:
                    asked.append((item, n, slot, who))
        parts: list[list[Value]] = [[], [], [], [], []]
        for item, n, slot, who in asked:
            given, lane = (self.answers[slot][1], marks.grain[slot]), lanes.pick(item.who, who)
            # of the value that follows from the student's own answers, and of the right one
            for meant in ((marks.carried[slot], marks.reach[slot]), (self.reference[slot], 0.0)):
                others = (lanes.pick(part, lane) for part in (*given, *meant))
                numbers = lanes.pick(item.submitted[n], who), *others
                for part, number in zip(parts, numbers, strict=True):
                    part.append(lanes.filled(number, lanes.size(who)))
        made = lanes.each(slips, parts)
        explained: list[list[Explanation]] = [[] for _ in items]
        at = 0
        by_item: dict[int, list[tuple[int, Any, dict[str, Value]]]] = {}
        for item, n, _, who in asked:
            both = {code: made[at][code] | made[at + 1][code] for code in TIERS}
            by_item.setdefault(id(item), []).append((n, who, both))
            at += 2
        for k, (item, someone) in enumerate(items):
            explained[k] = self._slipped(item, someone, by_item.get(id(item), []))
        return explained

    def _slipped(
        self, item: Item, someone: Value, made: Sequence[tuple[int, Any, dict[str, Value]]]
    ) -> list[Explanation]:
        lanes = self.lanes
        explained = []
        for code, tier in TIERS.items():
            everywhere: Value = someone & item.everyone
            digits: Value = 0.0
            for n, who, masks in made:
                everywhere = everywhere & (lanes.spread(masks[code], who, item.students) | lanes.negated(item.mask[n]))
                size = abs(item.submitted[n]) / item.half[n]
                digits = lanes.larger(digits, lanes.where(item.mask[n], size, 0.0))
            if made and lanes.some(everywhere):
                explained.append(Explanation(code, tier, True, everywhere, everywhere & (digits > CLEAR_DIGITS[tier])))
        return explained

    def early_rounding(self, item: Item, marks: Marks, someone: Value) -> list[Explanation]:
        """The right rule on earlier answers that were rounded further than the sheet shows."""
        lanes, rows, whole = self.lanes, self.rows, item
        them = lanes.those(someone)
        if them is None:
            return []
        item = _of(item, them, lanes)
        places = [slot - item.step.slot for slot in item.slots]
        values: list[list[Value]] = [[] for _ in places]
        base = Picked(marks.ways[0].value, item.who, lanes)
        for unit in ROUNDED:
            rounded = Rounded(base, self.answers, unit, lanes)
            for route in item.step.routes:
                run(route.code, self.program.formulas, rounded, lanes)
                for column, place in zip(values, places, strict=True):
                    column.append(rounded[route.out[place]])
        zero = rows.table([0.0] * len(values[0]), item.students)
        tables = [(rows.table(column, item.students), zero) for column in values]
        who = rows.anybody(self._agree(item, tables))
        if not lanes.some(who):
            return []
        # all of these lie about the right value: how dense, is to be asked of the numbers as near to it as the answer
        near = item._replace(size=item.most)
        every = range(len(values[0]))
        chance = self.chance(near, [column for column, _ in tables], [zero] * len(tables), every, COVERED_BY_TIER[3])
        clear = who & (chance <= COVERED_BY_TIER[3])
        who, clear = (lanes.spread(part, them, whole.students) for part in (who, clear))
        return [Explanation("early_rounding", 3, True, who, clear)]


class Rounded(dict[int, Value]):
    """Values of which those that are answers are rounded once more, to a unit or to that of the first digit's place."""

    def __init__(
        self, base: Picked, answered: Container[int], unit: float | Callable[[int | None], float], lanes: Any
    ) -> None:
        super().__init__()
        self.base, self.answered, self.unit, self.lanes = base, answered, unit, lanes

    def __missing__(self, slot: int) -> Value:
        value = self.base[slot]
        if slot in self.answered:
            unit = self.unit if isinstance(self.unit, float) else self.lanes.by_place(value, self.unit)
            value = self.lanes.rounded(value / unit) * unit
        self[slot] = value
        return value
