"""Dense layers of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.students.functions import SQUARED
from benchmarks.students.passes import Pass
from benchmarks.students.random_parts import HIDDEN, random_array, random_output, random_target, random_update
from benchmarks.students.sheet import Sheet

if TYPE_CHECKING:
    import random

    from benchmarks.students.sheet import Value


def net_of_arrays(rng: random.Random) -> Sheet:
    sizes = [rng.randint(2, 4), rng.randint(2, 5), rng.randint(2, 3)]
    if rng.random() < 0.25:
        del sizes[1]
    elif rng.random() < 0.4:
        sizes[2] = sizes[1] = min(sizes[1], 3)
    loss = rng.choice(
        ("half_squared_error", "mean_squared_error", "binary_cross_entropy", *["categorical_cross_entropy"] * 2)
    )
    last = len(sizes) - 1
    kinds = [rng.choice(HIDDEN) for _ in range(last - 1)]
    kinds.append("softmax" if loss == "categorical_cross_entropy" else random_output(rng, loss))
    if loss == "categorical_cross_entropy":
        hot = rng.randrange(sizes[-1])
        y = np.array([float(k == hot) for k in range(sizes[-1])])
    else:
        y = np.array([random_target(rng, loss) for _ in range(sizes[-1])])
    given = {"x": random_array(rng, sizes[0]), "y": y}
    parameters: dict[str, Value] = {}
    equations = []
    below = "x"
    for k in range(1, last + 1):
        parameters |= {f"W{k}": random_array(rng, sizes[k], sizes[k - 1]), f"b{k}": random_array(rng, sizes[k])}
        shown = f"{kinds[k - 1]}(z{k}{', 0.1' if kinds[k - 1] == 'leaky_relu' else ''})"
        equations += [(f"z{k}", f"W{k} @ {below} + b{k}"), (f"a{k}", shown)]
        below = f"a{k}"
    sheet = Sheet("net of arrays", given, parameters, equations, ("L", f"{loss}({below}, y)"), random_update(rng))
    fused = rng.random() < 0.5
    for t in range(1, sheet.update.get("iterations", 1) + 1):
        ArrayPass(sheet, kinds, loss, t, fused=fused).lay()
    return sheet


class ArrayPass(Pass):
    """Dense layers of arrays."""

    def __init__(self, sheet: Sheet, kinds: list[str], loss: str, t: int, *, fused: bool) -> None:
        super().__init__(sheet, loss, t)
        self.kinds, self.fused = kinds, fused

    def lay(self) -> None:
        sheet, last = self.sheet, len(self.kinds)
        for k, kind in enumerate(self.kinds, 1):
            self.sum(k)
            self.activation(f"a{k}", f"z{k}", kind)
        out, outputs = self.at(f"a{last}"), np.size(sheet.given["y"])
        scale = outputs if self.mean else 1
        sheet.line(self.at(self.E), lambda v: np.sum(self.value(v[out], v["y"])) / scale, final=True)
        self.loss_mistakes(lambda v: (v[out], v["y"]), outputs, f"z{last}")
        self.loss_gradient(f"a{last}", "y", outputs)
        for k in range(last, 0, -1):
            a, z, kind = f"a{k}", f"z{k}", self.kinds[k - 1]
            self.slope(a, z, kind)
            self.delta(a, z, kind, "y", self.fused, output=k == last)
            self.other_slopes(k)
            self.weights(k)
            if k > 1:
                self.hidden(k)
            below = self.at(f"a{k - 1}") if k > 1 else "x"
            self.bias_gradient(f"b{k}", [self.d(z)], [below], column=True)
        self.updates()

    def sum(self, k: int) -> None:
        sheet, z, W, b = self.sheet, self.at(f"z{k}"), self.par(f"W{k}"), self.par(f"b{k}")
        x = self.at(f"a{k - 1}") if k > 1 else "x"
        sheet.line(z, lambda v: v[W] @ v[x] + v[b])
        sheet.may("bias_omitted_forward", "", z, lambda v: v[W] @ v[x])
        sheet.may("threshold_sign", "sum", z, lambda v: v[W] @ v[x] - v[b])
        rows, columns = np.shape(sheet.parameters[f"W{k}"])
        if rows == columns:
            sheet.may("forward_wrong_weight", "transposed", z, lambda v: v[W].T @ v[x] + v[b])

    def other_slopes(self, k: int) -> None:
        for other, kind in enumerate(self.kinds, 1):
            if other > k and kind not in ("softmax", "linear"):
                here, there = self.sheet.parameters[f"b{k}"], self.sheet.parameters[f"b{other}"]
                if np.shape(here) == np.shape(there):
                    g, s = self.d(f"a{k}"), self.at(f"da{other}_dz{other}")
                    self.sheet.may(
                        "local_f_prime_of_wrong_unit", str(other), self.d(f"z{k}"), lambda v, g=g, s=s: v[g] * v[s]
                    )

    def weights(self, k: int) -> None:
        sheet, may, name = self.sheet, self.sheet.may, self.d(f"W{k}")
        g, W, x = self.d(f"z{k}"), self.par(f"W{k}"), self.at(f"a{k - 1}") if k > 1 else "x"
        sheet.line(name, lambda v: np.outer(v[g], v[x]))
        error = self.d(f"a{k}")
        if self.kinds[k - 1] != "linear":
            may("error_not_delta_grad_w", "", name, lambda v: np.outer(v[error], v[x]))
        may("weight_input_swap", "", name, lambda v: v[g][:, None] * v[W])
        may("input_missing_grad_w", "", name, lambda v: v[g][:, None] * np.ones_like(v[W]))
        if k > 1 and np.shape(sheet.given["x"]) == np.shape(sheet.parameters[f"b{k - 1}"]):
            may("wrong_layer_activation", "input", name, lambda v: np.outer(v[g], v["x"]))
        rows, columns = np.shape(sheet.parameters[f"W{k}"])
        if rows == columns:
            may("weight_grad_transposed", "", name, lambda v: np.outer(v[x], v[g]))
            own = self.at(f"a{k}")
            may("wrong_layer_activation", "own output", name, lambda v: np.outer(v[g], v[own]))
        if self.t > 1 and k > 1:
            old = self.at(f"a{k - 1}", 1)
            may("stale_forward_after_update", "a", name, lambda v: np.outer(v[g], v[old]))

    def hidden(self, k: int) -> None:
        """The gradient of the activations below layer `k`."""
        sheet, may, name = self.sheet, self.sheet.may, self.d(f"a{k - 1}")
        g, W, e, x = self.d(f"z{k}"), self.par(f"W{k}"), self.d(f"a{k}"), self.at(f"a{k - 1}")
        sheet.line(name, lambda v: v[W].T @ v[g])
        rows, columns = np.shape(sheet.parameters[f"W{k}"])
        for r in range(rows):
            may("one_path_only", str(r), name, lambda v, r=r: v[W][r] * v[g][r])
        may("paths_multiplied", "", name, lambda v: np.prod(v[W] * v[g][:, None], axis=0))
        may("path_weight_missing", "", name, lambda v: np.full(columns, np.sum(v[g])))
        if rows == columns:
            may("transposed_weights", "", name, lambda v: v[W] @ v[g])
        if self.kinds[k - 1] != "linear" and self.loss_name in SQUARED:
            may("error_not_delta_backprop", "", name, lambda v: v[W].T @ v[e])
        if sheet.update["optimizer"] == "sgd":
            lr = sheet.update["learning_rate"]
            may(
                "updated_weights_in_backprop",
                "",
                name,
                lambda v: (v[W] - lr * np.outer(v[g], v[x])).T @ v[g],
            )
