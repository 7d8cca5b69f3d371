"""What is promised of every variant of the shipped templates, checked by code that shares nothing with `generate`.

Nothing here is imported from the checker. Problem files are read by PyYAML, each template is written out again
(`templates`), gradients are compared with HIPS autograd, and every promise is looked at in the plainest way.

>>> faults_of([{"answers": ["0.5", "1"]}, {"answers": ["0.5", "2"]}], lambda row: row["answers"][0], "alike")
["alike: ('0.5', '0.5')"]
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

import autograd.numpy as np
import yaml
from autograd import grad

from oracle.templates import ACTIVATIONS, MODELS, Step, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

SATURATED = 0.05  # of an activation's largest slope
LEAST_UNITS = 10
LEAST_GRADIENT = 1e-4
AGREE = 1e-9  # relative: two ways to the same number


@dataclass(frozen=True)
class Variant:
    """One student's problem and key: numbers as they are typed, exact values, answers."""

    student: str
    group: str
    leaves: dict[str, Any]  # nested lists of texts
    ask: tuple[str, ...]
    tolerance: dict[str, str]
    key: dict[str, dict[str, Any]]


def variants(folder: Path, key: Path) -> list[Variant]:
    """Every variant of a set, read from its files."""
    found = []
    for path in sorted((folder / "problems").glob("*.yaml")):
        root = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        leaves = {**root.get("given", {}), **root.get("parameters", {})}
        if "network" in root:
            network = root["network"]
            leaves = {**network["input"], **network["target"]}
            for n, layer in enumerate(network["layers"], 1):
                leaves |= {f"W{n}": layer["weights"], f"b{n}": layer["bias"]}
        leaves["eta"] = root.get("update", {}).get("learning_rate", "0")
        solved = json.loads((key / "answers" / f"{path.stem}.json").read_text(encoding="utf-8"))
        function = re.fullmatch(r"(\w+)\(z\)", str(root.get("forward", {}).get("a", "")))
        group = function[1] if function else ""
        steps = {step["step"]: step for step in solved["steps"]}
        found.append(Variant(solved["student"], group, leaves, tuple(root["ask"]), root["grading"]["tolerance"], steps))
    return found


def flat(value: Any) -> list[str]:
    """Nested lists of texts, row by row."""
    return [text for part in value for text in flat(part)] if isinstance(value, list) else [value]


def array(rows: Sequence[Any]) -> Value:
    """Texts of numbers, one variant a row, as floats."""

    def numbers(value: Any) -> Any:
        return [numbers(part) for part in value] if isinstance(value, list) else float(Fraction(value.rstrip("…")))

    return np.array([numbers(row) for row in rows])


# ---------------------------------------------------------------- the promises


class Checked:
    """The variants of one structure, worked again."""

    def __init__(self, template: str, rows: Sequence[Variant]) -> None:
        self.rows = rows
        self.model = MODELS[template](rows[0].group)
        self.ask = rows[0].ask
        self.env: dict[str, Value] = {name: array([row.leaves[name] for row in rows]) for name in rows[0].leaves}
        self.leaves = [name for name in self.env if name != "eta"]
        for step in self.model.steps:
            self.env[step.name] = step.rule(self.env)
        self.asked = [step for step in self.model.steps if step.name in self.ask]

    def faults(self) -> Iterable[str]:
        """Everything that is not as it was promised."""
        yield from self._key()
        yield from self._gradients()
        yield from self._units()
        yield from self._sizes()
        yield from self._equal()
        yield from self._mistakes()
        for number, rule in enumerate(self.model.require, 1):
            yield from self._where(~np.asarray(rule(self.env)), f"require {number}")

    def _where(self, bad: Value, what: str) -> Iterable[str]:
        bad = np.asarray(bad)
        bad = bad if bad.ndim == 1 else np.any(bad.reshape(len(self.rows), -1), axis=1)
        for row in np.flatnonzero(bad):
            yield f"{self.rows[row].student}: {what}"

    def unit(self, name: str) -> Value:
        """One unit of the last digit that is asked."""
        value, tolerance = self.env[name], self.rows[0].tolerance
        units = []
        if "decimals" in tolerance:
            units.append(10.0 ** -int(tolerance["decimals"]) + 0 * value)
        if "significant" in tolerance:
            with np.errstate(divide="ignore"):
                units.append(10.0 ** (np.floor(np.log10(np.abs(value))) - int(tolerance["significant"]) + 1))
        return reduce(np.minimum, units)

    def _key(self) -> Iterable[str]:
        """The key has every question, every value, and the answer rounded rightly."""
        if sorted(self.ask) != sorted(step.name for step in self.asked):
            yield f"not every question is among {[step.name for step in self.asked]}"
        for step in self.asked:
            right, unit = self.env[step.name], self.unit(step.name)
            exact = array([row.key[step.name]["exact"] for row in self.rows])
            answer = array([row.key[step.name]["answer"] for row in self.rows])
            yield from self._where(
                np.abs(exact - right) > AGREE * (np.abs(right) + 1e-3), f"{step.name} is worked wrongly"
            )
            yield from self._where(np.abs(answer - right) > unit * 0.5000001, f"{step.name} is rounded wrongly")

    def _gradients(self) -> Iterable[str]:
        """Gradients of the forward pass as it stands here, by autograd."""
        forward = [step for step in self.model.steps if step.kind in ("forward", "loss")]
        for name in self.model.wrt:

            def loss(value: Value, name: str = name) -> Value:
                env = {**{leaf: self.env[leaf] for leaf in (*self.leaves, "eta")}, name: value}
                for step in forward:
                    if step.name != name:
                        env[step.name] = step.rule(env)
                return np.sum(env["L"])

            found, ours = grad(loss)(self.env[name]), self.env[f"dL_d{name}"]
            yield from self._where(np.abs(found - ours) > AGREE * (np.abs(ours) + 1e-3), f"dL_d{name} is no gradient")

    def _units(self) -> Iterable[str]:
        for function, z in self.model.units:
            slope = np.abs(ACTIVATIONS[function][1](self.env[z]))
            yield from self._where(slope < SATURATED * ACTIVATIONS[function][2], f"{z} saturates its {function}")
            yield from self._where(slope == 0, f"{z} leaves its {function} dead")
        for name in self.model.probabilities:
            a = self.env[name]
            yield from self._where(a * (1 - a) < SATURATED / 4, f"{name} of softmax is saturated")

    def _sizes(self) -> Iterable[str]:
        for step in self.asked:
            value = np.abs(self.env[step.name])
            yield from self._where(value < LEAST_UNITS * self.unit(step.name), f"{step.name} is too small to grade")
            if step.kind in ("gradient", "slope"):
                yield from self._where(value < LEAST_GRADIENT, f"{step.name} is under {LEAST_GRADIENT}")
            if step.kind in ("state", "update") and any(each.kind == "state" for each in self.asked):
                before = 0 if step.kind == "state" else self.env[step.name.removesuffix("_new")]
                changed = np.abs(self.env[step.name] - before)
                with np.errstate(invalid="ignore"):
                    carried = self.reach(step) < changed / 2
                yield from self._where(~carried, f"{step.name} rests on a state that is rounded to nothing")
        for step in self.model.steps:
            if step.kind == "forward":
                yield from self._where(self.env[step.name] == 0, f"{step.name} is 0")

    def _equal(self) -> Iterable[str]:
        """No two answers agree, nor does one with a number that is given, unless they always do."""
        columns: list[tuple[str, Value, Value]] = []
        for step in self.asked:
            value, unit = (each.reshape(len(self.rows), -1) for each in (self.env[step.name], self.unit(step.name)))
            columns += [(f"{step.name}.{n}", value[:, n], unit[:, n]) for n in range(value.shape[1])]
        answers = len(columns)
        for name in self.leaves:
            value = self.env[name].reshape(len(self.rows), -1)
            columns += [(f"{name}.{n}", value[:, n], 0 * value[:, n]) for n in range(value.shape[1])]
        for i in range(answers):
            for j in range(i + 1, len(columns)):
                gap = np.abs(columns[i][1] - columns[j][1])
                if np.all(gap < AGREE) and len(self.rows) > 1:
                    continue
                yield from self._where(
                    gap <= np.maximum(columns[i][2], columns[j][2]), f"{columns[i][0]} equals {columns[j][0]}"
                )

    def reach(self, step: Step) -> Value:
        """How far the rule moves when every earlier answer that it uses is off by a unit, one after the other."""
        right = self.env[step.name]
        moved = 0 * right
        for other in self.asked:
            if other is step:
                break
            unit = self.unit(other.name)
            if np.array_equal(step.rule({**self.env, other.name: self.env[other.name] + unit}), right):
                continue
            for place in np.ndindex(*unit.shape[1:]):
                nudge = 0 * unit
                nudge[(slice(None), *place)] = unit[(slice(None), *place)]
                both = [
                    np.abs(step.rule({**self.env, other.name: self.env[other.name] + sign * nudge}) - right)
                    for sign in (1, -1)
                ]
                moved = moved + np.maximum(*both)
        return moved

    def _mistakes(self) -> Iterable[str]:
        """Every wrong rule gives another number than the right one, and than every other mistake."""
        count = len(self.rows)
        for step in self.asked:
            right, unit, reach = self.env[step.name], self.unit(step.name), self.reach(step)
            values = {name: rule(self.env) for name, rule in step.wrong.items()}
            for name, value in values.items():
                gap = np.abs(value - right).reshape(count, -1)
                if np.all(gap < AGREE) and count > 1:
                    continue
                far = np.max(gap / (unit + reach).reshape(count, -1), axis=1)
                yield from self._where(far <= 1, f"{name} cannot be told from the right {step.name}")
            names = list(values)
            for n, one in enumerate(names):
                for other in names[n + 1 :]:
                    if one.partition("/")[0] == other.partition("/")[0]:
                        continue
                    gap = np.abs(values[one] - values[other]).reshape(count, -1)
                    if np.all(gap < AGREE) and count > 1:
                        continue
                    far = np.max(gap / unit.reshape(count, -1), axis=1)
                    yield from self._where(far <= 1, f"{one} and {other} give the same {step.name}")


def faults_of(rows: Sequence[Any], mark: Callable[[Any], Any], what: str) -> list[str]:
    """Where two of the rows have the same mark."""
    seen: dict[Any, Any] = {}
    found = []
    for row in rows:
        first = seen.setdefault(mark(row), row)
        if first is not row:
            found.append(f"{what}: {mark(first), mark(row)}")
    return found


def faults(template: str, folder: Path, key: Path, draws: Mapping[str, Any]) -> list[str]:
    """Everything that is not as promised in a set of a shipped template; `draws` is the template's `vary`."""
    rows = variants(folder, key)
    groups: dict[str, list[Variant]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    found = [fault for group in groups.values() for fault in Checked(template, group).faults()]
    found += faults_of(rows, lambda row: json.dumps([row.group, row.leaves]), "the same numbers")
    found += faults_of(rows, lambda row: json.dumps([step["answer"] for step in row.key.values()]), "the same answers")
    found += [f"{row.student}: {fault}" for row in rows for fault in typed(row, draws)]
    found += band(rows, json.loads((folder / "manifest.json").read_text(encoding="utf-8")), draws)
    return found


def typed(row: Variant, draws: Mapping[str, Any]) -> Iterable[str]:
    """Numbers that a person can type, on the grid and in the range that the template says."""
    for name, draw in draws.items():
        if name not in row.leaves:
            continue
        for text in flat(row.leaves[name]):
            if len(text.lstrip("-")) > 5 or "e" in text.lower():
                yield f"{name} is {text}, which nobody likes to type"
            value = Fraction(text)
            bounds = draw.get("uniform") or draw.get("integers")
            if isinstance(bounds, list):
                low, high = map(Fraction, bounds)
                if not low <= value <= high or (value - low) % Fraction(draw.get("step", 1)):
                    yield f"{name} is {text}, off its grid"
            if value in map(Fraction, draw.get("not", [])):
                yield f"{name} is {text}, which was excluded"
        if draw.get("distinct") == "true" and len(set(flat(row.leaves[name]))) < len(flat(row.leaves[name])):
            yield f"{name} has a number twice"


def band(rows: Sequence[Variant], manifest: Mapping[str, Any], draws: Mapping[str, Any]) -> Iterable[str]:
    """Digits and negative numbers counted again, and how far each variant is from the middle."""
    stated = {entry["student"]: entry["difficulty"] for entry in manifest["students"]}
    width = float(Fraction(manifest["difficulty"]["band"])) * manifest["difficulty"]["middle"]
    for row in rows:
        entry = stated[row.student]
        drawn = [text for name in draws if name in row.leaves for text in flat(row.leaves[name])]
        digits = sum(len(re.sub(r"[-.]", "", text).strip("0")) for text in drawn)
        numbers = [text for name, value in row.leaves.items() if name != "eta" for text in flat(value)]
        numbers += [text for step in row.key.values() for text in flat(step["exact"])]
        negative = sum(text.startswith("-") for text in numbers)
        if (digits, negative) != (entry["digits"], entry["negative"]):
            yield f"{row.student}: {digits} digits and {negative} negative numbers, not {entry}"
        if digits + negative + entry["paths"] != entry["total"]:
            yield f"{row.student}: {entry} does not add up"
        if abs(entry["total"] - manifest["difficulty"]["middle"]) > width * (1 + 1e-9):
            yield f"{row.student}: the effort {entry['total']} is outside the band"
