"""The lines of one iteration and their mistakes, as far as units and arrays have them in common."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.students.functions import LOSSES, SQUARED, WRONG_ACTIVATIONS, WRONG_SLOPES, activate, slope_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.students.sheet import Numbers, Sheet, Value


class Pass:
    """One iteration's lines and mistakes; `at` names a step of it, `par` a parameter as it stands."""

    def __init__(self, sheet: Sheet, loss: str, t: int) -> None:
        self.sheet, self.loss_name, self.t, self.E = sheet, loss, t, sheet.loss[0]
        self.value, self.gradient, mean = LOSSES[loss]
        self.mean = mean

    def at(self, name: str, t: int | None = None) -> str:
        t = self.t if t is None else t
        return name if t == 1 else f"{name}@{t}"

    def par(self, name: str) -> str:
        return name if self.t == 1 else self.at(f"{name}_new", self.t - 1)

    def d(self, name: str) -> str:
        return self.at(f"d{self.E}_d{name}")

    def activation(self, a: str, z: str, kind: str) -> None:
        a, z = self.at(a), self.at(z)
        self.sheet.line(a, lambda v: activate(kind, v[z]))
        if kind != "linear":
            self.sheet.may("activation_skipped_forward", "", a, lambda v: v[z] * 1.0)
        for n, (code, wrong) in enumerate(WRONG_ACTIVATIONS.get(kind, [])):
            self.sheet.may(code, f"forward {n}", a, lambda v, wrong=wrong: wrong(v[z]))

    def slope(self, a: str, z: str, kind: str) -> None:
        name, a, z = self.at(f"d{a}_d{z}"), self.at(a), self.at(z)
        self.sheet.line(name, lambda v: slope_of(kind, v[z], v[a]))
        for n, (code, wrong) in enumerate(WRONG_SLOPES[kind]):
            self.sheet.may(code, f"slope {n}", name, lambda v, wrong=wrong: wrong(v[z], v[a]))

    def delta(self, a: str, z: str, kind: str, target: str, fused: bool, *, output: bool) -> None:
        """The gradient of the sum: what arrives times the slope."""
        sheet, may = self.sheet, self.sheet.may
        name, g, s = self.d(z), self.d(a), self.at(f"d{a}_d{z}")
        a, z = self.at(a), self.at(z)
        cross = self.loss_name.endswith("entropy") and output
        if cross and fused:
            sheet.line(name, lambda v: v[a] - v[target])
        elif kind == "softmax":
            sheet.line(name, lambda v: v[s] @ v[g])
        else:
            sheet.line(name, lambda v: v[g] * v[s])
        if kind == "softmax":
            may("softmax_diag_jacobian", "through", name, lambda v: v[g] * v[a] * (1 - v[a]))
            may("act_deriv_missing", "", name, lambda v: v[g] * 1.0)
            for k in range(1, np.size(sheet.given[target])):
                may("onehot_index", str(k), name, lambda v, k=k: v[a] - np.roll(v[target], k))
        elif kind != "linear":
            may("act_deriv_missing", "", name, lambda v: v[g] * 1.0)
            where = "output" if output else "hidden"
            code = "act_deriv_output_missing_only" if output else "act_deriv_missing_hidden_only"
            may(code, f"all {where}", name, lambda v: v[g] * 1.0)
            may("chain_added", "", name, lambda v: v[g] + v[s])
        if kind in ("sigmoid", "tanh"):
            may("act_deriv_twice", "", name, lambda v: v[g] * v[s] * v[s])
        if kind == "relu":
            may("relu_deriv_passes_negative", "through", name, lambda v: v[g] * 1.0)
            may("relu_mask_on_upstream", "", name, lambda v: np.maximum(v[g], 0.0))
        if output and self.loss_name in SQUARED and kind != "linear":
            may("bce_shortcut_on_mse", "", name, lambda v: v[a] - v[target])
        if cross:
            may("err_sign_y_minus_a", "output", name, lambda v: v[target] - v[a])
            may("mse_form_on_bce", "", name, lambda v: (v[a] - v[target]) * v[a] * (1 - v[a]))

    def loss_mistakes(self, scope: Callable[[Numbers], tuple[Value, Value]], outputs: int, logits: str = "") -> None:
        """Wrong values of the loss; `scope` gives all outputs and targets."""
        name, may = self.at(self.E), self.sheet.may
        right = self.sheet.lines[-1].rule
        if self.loss_name in SQUARED:
            may("loss_half_missing", "2", name, lambda v: 2 * right(v))
            may("loss_half_missing", "1/2", name, lambda v: right(v) / 2)
            if logits or outputs == 1:
                may("loss_not_squared", "", name, lambda v: np.sum(np.subtract(*scope(v))))
                may("loss_not_squared", "1/2", name, lambda v: np.sum(np.subtract(*scope(v))) / 2)
        else:
            may("ce_sign", "", name, lambda v: -right(v))
            may("log10", "10", name, lambda v: right(v) / math.log(10))
            may("log10", "2", name, lambda v: right(v) / math.log(2))
        if self.loss_name == "binary_cross_entropy":

            def first_term(v: Numbers) -> Value:
                a, y = scope(v)
                return -np.sum(y * np.log(a))

            may("only_true_class_or_first_term_bce", "loss", name, first_term)
        if outputs > 1:
            may("mean_vs_sum_outputs", "loss /", name, lambda v: right(v) / outputs)
            may("mean_vs_sum_outputs", "loss *", name, lambda v: right(v) * outputs)
        if logits and self.loss_name == "categorical_cross_entropy":

            def of_logits(v: Numbers) -> Value:
                z = v[self.at(logits)]
                _, y = scope(v)
                return -np.sum(y * np.log(np.abs(z)))

            may("softmax_log_of_logit", "", name, of_logits)

    def loss_gradient(self, a: str, target: str, outputs: int) -> None:
        name, may, E = self.d(a), self.sheet.may, self.at(self.E)
        a = self.at(a)
        scale = outputs if self.mean else 1

        def right(v: Numbers) -> Value:
            return self.gradient(v[a], v[target]) / scale + 0.0

        self.sheet.line(name, right)
        may("err_sign_y_minus_a", "", name, lambda v: -right(v))
        if self.loss_name in SQUARED:
            may("loss_grad_factor2", "2", name, lambda v: 2 * right(v))
            may("loss_grad_factor2", "1/2", name, lambda v: right(v) / 2)
            may("square_inner_deriv", "2", name, lambda v: 2 * (v[target] - v[a]) * v[a])
            may("square_inner_deriv", "1", name, lambda v: (v[target] - v[a]) * v[a])
            may("loss_not_differentiated", "abs", name, lambda v: np.abs(v[a] - v[target]))
        else:
            may("ce_shortcut_as_da", "", name, lambda v: v[a] - v[target])
        if np.ndim(self.sheet.given[target]) == 0:
            may("loss_not_differentiated", "L", name, lambda v: v[E] * 1.0)
        if self.loss_name == "binary_cross_entropy":
            may("only_true_class_or_first_term_bce", "slope", name, lambda v: -v[target] / v[a])
        if outputs > 1:
            may("mean_vs_sum_outputs", "slope /", name, lambda v: right(v) / outputs)
            may("mean_vs_sum_outputs", "slope *", name, lambda v: right(v) * outputs)

    def bias_gradient(self, bias: str, deltas: list[str], inputs: list[str], *, column: bool = False) -> None:
        name, may, b = self.d(bias), self.sheet.may, self.par(bias)
        right = lambda v: sum(v[delta] for delta in deltas) + 0.0
        self.sheet.line(name, right)
        may("bias_grad_ignored", "0", name, lambda v: 0.0 * right(v))
        may("bias_grad_times_b", "", name, lambda v: right(v) * v[b])
        may("threshold_sign", "slope", name, lambda v: -right(v))
        for x in [] if column else inputs:
            if len(deltas) == 1:
                may("bias_grad_times_input", x, name, lambda v, x=x: v[deltas[0]] * v[x])
        if len(deltas) > 1:
            for k, delta in enumerate(deltas):
                may("shared_bias_not_summed", str(k), name, lambda v, delta=delta: v[delta] * 1.0)

    def updates(self) -> None:
        for name in self.sheet.parameters:
            self._update(name)

    def _update(self, name: str) -> None:  # one optimizer after the other, as in a book
        sheet, may = self.sheet, self.sheet.may
        settings = sheet.update
        lr = settings["learning_rate"]
        w, g, new = self.par(name), self.d(name), self.at(f"{name}_new")
        optimizer = settings["optimizer"]
        if optimizer == "sgd":

            def step(v: Numbers) -> Value:
                return lr * v[g]

            may("lr_missing", "", new, lambda v: v[w] - v[g])
            may("lr_twice", "", new, lambda v: v[w] - lr * lr * v[g])
            may("lr_times_weight", "g", new, lambda v: v[w] - lr * v[w] * v[g])
            may("lr_times_weight", "w", new, lambda v: v[w] - lr * v[w])
        elif optimizer == "momentum":
            mu, velocity = settings["momentum"], self.at(f"v_{name}")
            before = self.at(f"v_{name}", self.t - 1) if self.t > 1 else ""

            def kept(v: Numbers) -> Value:
                return mu * v[before] if before else 0.0

            sheet.line(velocity, lambda v: kept(v) + v[g], state=True)
            may("momentum_form", "1 - mu", velocity, lambda v: kept(v) + (1 - mu) * v[g])
            may("momentum_form", "lr inside", velocity, lambda v: kept(v) + lr * v[g])
            may("momentum_form", "-lr inside", velocity, lambda v: kept(v) - lr * v[g])
            if before:
                may("momentum_velocity_dropped", "", velocity, lambda v: v[g] * 1.0)

            def step(v: Numbers) -> Value:
                return lr * v[velocity]

            may("lr_missing", "", new, lambda v: v[w] - v[velocity])
            may("momentum_form", "lr outside", new, lambda v: v[w] - v[velocity])
            may("momentum_form", "w + v", new, lambda v: v[w] + v[velocity])
        else:
            m, s, mh, sh = (self.at(f"{letter}_{name}") for letter in ("m", "v", "mhat", "vhat"))
            one, two, e = settings["beta1"], settings["beta2"], float(settings["epsilon"])
            t = self.t

            def mean(v: Numbers, beta: float, x: Value, letter: str) -> Value:
                before = v[self.at(f"{letter}_{name}", t - 1)] if t > 1 else 0.0
                return beta * before + (1 - beta) * x

            sheet.line(m, lambda v: mean(v, one, v[g], "m"), state=True)
            sheet.line(s, lambda v: mean(v, two, v[g] ** 2, "v"), state=True)
            sheet.line(mh, lambda v: v[m] / (1 - one**t), state=True)
            sheet.line(sh, lambda v: v[s] / (1 - two**t), state=True)
            may("adam_beta_swap", "m", m, lambda v: mean(v, two, v[g], "m"))
            may("adam_beta_swap", "v", s, lambda v: mean(v, one, v[g] ** 2, "v"))
            may("adam_v_not_squared", "v", s, lambda v: mean(v, two, v[g], "v"))
            may("adam_no_bias_correction", "mhat", mh, lambda v: v[m] * 1.0)
            may("adam_no_bias_correction", "vhat", sh, lambda v: v[s] * 1.0)
            may("adam_no_bias_correction", "update", new, lambda v: v[w] - lr * v[m] / (np.sqrt(v[s]) + e))
            if t > 1:
                may("adam_t_off_by_one", "mhat beta", mh, lambda v: v[m] / (1 - one))
                may("adam_t_off_by_one", "vhat beta", sh, lambda v: v[s] / (1 - two))
            may("adam_t_off_by_one", "mhat t+1", mh, lambda v: v[m] / (1 - one ** (t + 1)))
            may("adam_t_off_by_one", "vhat t+1", sh, lambda v: v[s] / (1 - two ** (t + 1)))
            may("adam_v_not_squared", "root", new, lambda v: v[w] - lr * v[mh] / (v[sh] + e))
            may("adam_eps_inside", "", new, lambda v: v[w] - lr * v[mh] / np.sqrt(v[sh] + e))

            def step(v: Numbers) -> Value:
                return lr * v[mh] / (np.sqrt(v[sh]) + e)

            may("lr_missing", "", new, lambda v: v[w] - v[mh] / (np.sqrt(v[sh]) + e))
        sheet.line(new, lambda v: v[w] - step(v), final=True)
        may("update_sign", "", new, lambda v: v[w] + step(v))
        may("double_negation", "", new, lambda v: v[w] + step(v))
        may("step_reported_as_weight", "-", new, lambda v: -step(v))
        may("step_reported_as_weight", "+", new, lambda v: step(v) * 1.0)
        if name.startswith("b"):
            may("bias_grad_ignored", "update", new, lambda v: v[w] * 1.0)
