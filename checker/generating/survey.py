"""Is a template sound? How many of its draws pass, and what rejects the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.errors import Finding, Place
from checker.generating.search import Search

if TYPE_CHECKING:
    from checker.generating.template import Template

FEW = 0.01  # a share of draws that pass; below it a class may well not find its variants
MOST_SAID = 5


def lint_template(template: Template) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What is doubtful about a template, and what is worth knowing of it.

    Raises:
        AuthorError: it cannot be used at all.
    """
    draws, passed, rejected, parts = Search(template).survey()
    key = template.root.keys["vary"]
    place = Place(template.file, key.line, key.column)
    findings = []
    if passed < FEW * draws:
        what = f"{passed} of {draws} draws pass, so that many students may find none within {template.draws:,}"
        mend = "widen the draws or ask for more digits, or list what you accept under `template: {accept: […]}`"
        findings.append(Finding(what, place, mend))
    notes = [Finding(f"{passed} of {draws} draws pass", place)]
    notes += [Finding(f"{name} rejects {count}", place) for name, count in rejected.most_common() if count]
    notes += [Finding(f"{what}: in {count}", place) for what, count in parts.most_common(MOST_SAID)]
    return tuple(findings), tuple(notes)
