"""Random problems of every kind, away from corners and of ordinary size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.students.arrays import net_of_arrays
from benchmarks.students.hand import work
from benchmarks.students.units import neuron, scalar_net

if TYPE_CHECKING:
    import random

    from benchmarks.students.sheet import Sheet

NEAREST_CORNER = 0.02


def random_sheet(rng: random.Random) -> Sheet:
    """A problem of any kind whose values lie away from corners and are of ordinary size."""
    while True:
        kind = rng.choice(("neuron", "scalar_net", "arrays"))
        sheet = {"neuron": neuron, "scalar_net": scalar_net, "arrays": net_of_arrays}[kind](rng)
        with np.errstate(all="ignore"):
            sheet.right = work(sheet, lambda _, value: value)
        sizes = [float(np.max(np.abs(value))) for value in sheet.right.values()]
        sums = [np.ravel(v) for name, v in sheet.right.items() if name.startswith("z")]
        if (
            all(math.isfinite(size) and size < 50 for size in sizes)
            and min(float(np.min(np.abs(z))) for z in sums) > NEAREST_CORNER
            and max(float(np.max(np.abs(z))) for z in sums) < 4
        ):
            return sheet
