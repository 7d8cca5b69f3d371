"""What a class was given: problems that differ in their numbers, or in what else a template draws, are one assignment.

Problems of one family differ only in their numbers. A template may draw an activation or a learning rate too, which
gives several families. They are one assignment if nobody handed in to two of them, their ids begin alike, and they ask
for the same: most steps in common, and those worth the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from checker.batch.kept import Face
    from checker.batch.store import Results

_LAST_PART = re.compile(r"[-_.][^-_.]*$")


class Assignment(NamedTuple):
    """Families of problems that one assignment is made of, by their keys, the one with the first id first.

    `problem` and `title` are those of that first id; `called` and `topic` what all ids and all titles have in common.
    """

    problem: str
    title: str
    called: str
    topic: str
    problems: int
    families: list[str]


class _Family(NamedTuple):
    key: str
    problem: str  # the first of the ids, and its title
    title: str
    problems: int
    called: str  # what the ids have in common, and the titles
    topic: str


def assignments(results: Results, faces: Mapping[str, Face]) -> list[Assignment]:
    """The assignments that somebody has a grade in, by their first ids."""
    families = sorted(_families(results), key=lambda family: (family.problem, family.key))
    groups: list[list[_Family]] = []
    together = results.together() if len(families) > 1 else set()
    for family in families:
        for group in groups:
            if all(
                frozenset((family.key, other.key)) not in together
                and _common_id([family.called, other.called])
                and alike(faces[family.key], faces[other.key])
                for other in group
            ):
                group.append(family)
                break
        else:
            groups.append([family])
    return [_assignment(group) for group in groups]


def _assignment(group: list[_Family]) -> Assignment:
    first, count = group[0], sum(family.problems for family in group)
    called = first.problem if count == 1 else _common_id([family.called for family in group]) or first.problem
    topic = common_title([family.topic for family in group])
    return Assignment(first.problem, first.title, called, topic, count, [family.key for family in group])


def _families(results: Results) -> Iterable[_Family]:
    found: dict[str, _Family] = {}
    for key, problem, title in results.titles():
        known = found.get(key)
        if known is None:
            found[key] = _Family(key, problem, title, 1, problem, title)
            continue
        first = min((known.problem, known.title), (problem, title))
        called, topic = _common_id([known.called, problem]), common_title([known.topic, title])
        found[key] = _Family(key, *first, known.problems + 1, called, topic)
    return found.values()


def alike(one: Face, other: Face) -> bool:
    """Whether two families ask for the same: most steps in common, and those worth the same.

    Which steps there are may differ where a template draws how many units a layer has.
    """
    mine, theirs = (
        {item.label: (item.points, len(columns)) for item, columns in zip(face.program.ask, face.columns, strict=True)}
        for face in (one, other)
    )
    common = mine.keys() & theirs.keys()
    return 2 * len(common) >= max(len(mine), len(theirs)) and all(mine[label] == theirs[label] for label in common)


def _common_id(ids: list[str]) -> str:
    """The whole parts that ids begin with in common; '' where there are none.

    >>> _common_id(["single-neuron-ada", "single-neuron-alan"]), _common_id(["xor", "xnor"])
    ('single-neuron', '')
    """
    common = _start(ids)
    if all(len(each) == len(common) or each[len(common)] in "-_." for each in ids):
        return common
    return _LAST_PART.sub("", common) if _LAST_PART.search(common) else ""


def _start(texts: list[str]) -> str:
    """What texts begin with in common."""
    least, most = min(texts), max(texts)
    same = 0
    while same < len(least) and least[same] == most[same]:
        same += 1
    return least[:same]


def common_title(titles: list[str]) -> str:
    """What titles have in common, with dots where they differ; the first where that is hardly anything.

    >>> common_title(["One neuron (tanh), one step", "One neuron (silu), one step"])
    'One neuron (…), one step'
    """
    first = titles[0]
    if all(title == first for title in titles):
        return first
    start = _start(titles)
    rest = [title[len(start) :] for title in titles]
    end = _start([each[::-1] for each in rest])[::-1]
    if any(re.match(r"\w", each) for each in rest):  # no half words
        start = re.sub(r"\w+$", "", start)
    if any(re.search(r"\w$", each[: len(each) - len(end)]) for each in rest):
        end = re.sub(r"^\w+", "", end)
    return f"{start}…{end}" if len(re.findall(r"\w", start + end)) >= 4 else first
