"""The words of a problem file: its keys and bounds, the functions of its language, and what can be a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from checker.expression.normalise import GREEK
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES

if TYPE_CHECKING:
    from checker.table import Table

FORMAT = "check-backprop/problem@1"

_BUILT_IN = (
    "sum mean transpose outer dot max min exp ln log sqrt abs erf tanh concat flip conv1d conv2d max_pool avg_pool "
    "column_sum reshape"
)


def table_names(table: Table[Any]) -> tuple[str, ...]:
    """Every name a table answers to: each entry's own, followed by its aliases."""
    return tuple(name for entry in table.values() for name in (entry.name, *entry.aliases))


FUNCTIONS: frozenset[str] = frozenset((*_BUILT_IN.split(), *table_names(ACTIVATIONS), *table_names(LOSSES)))
"""The functions of the language: what may stand before a bracket and is not a quantity."""

MAX_NUMBERS = 100_000
MAX_EQUATIONS = 1_000
MAX_NAME = 64
MAX_TITLE = 200
MAX_RANK = 4
MAX_ITERATIONS = 10_000
MAX_DIGITS = 15
MAX_POINTS = 1_000_000

EQUATION_KEYS = ("given", "parameters", "forward", "loss")
KEYS = ("format", "id", "title", *EQUATION_KEYS, "network", "update", "ask", "grading", "conventions", "aliases")
TEMPLATE_KEYS = ("vary", "require", "template")
"""The keys that make a file a template, which `generate` reads."""
LAYER_KEYS = ("weights", "bias", "activation", "train_weights", "train_bias")
NETWORK_KEYS = ("input", "target", "layers", "loss")
TOLERANCE_KEYS = ("decimals", "significant", "absolute", "relative", "strict")
GRADING_KEYS = ("tolerance", "shares", "steps", "expect", "numbers_only")
STEP_KEYS = ("points", "carry", "tolerance", "expect")
EXPECTED = ("any", "formula", "value", "both")
"""What an instructor may ask for as an answer; `any` takes a number, a formula or both."""
NUMBERS_ONLY = ("imprecise", "correct", "wrong")
"""What a formula may count that is right at the problem's numbers and not in general."""
EXTRAS = ("weight_decay", "clip_value", "clip_norm")
"""The settings that every optimizer takes besides its own and `learning_rate`."""

BELOW_ONE = frozenset(("momentum", "beta1", "beta2", "rho"))
"""Settings from 0 to below 1; all others are 0 or more."""
POSITIVE = frozenset(("learning_rate", "clip_value", "clip_norm"))
"""Settings above 0."""

NUMBER_PATTERN = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
FRACTION_PATTERN = rf"{NUMBER_PATTERN} */ *{NUMBER_PATTERN}"
ID_PATTERN = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}"
NAME_PATTERN = f"(?!__)[A-Za-z_{GREEK}][A-Za-z0-9_{GREEK}]{{0,63}}"

INTEGER = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(NUMBER_PATTERN)
FRACTION = re.compile(FRACTION_PATTERN)
NAME = re.compile(NAME_PATTERN)
STEP_BASE = re.compile(r"[^\[@\s]*")
