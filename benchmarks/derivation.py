"""Deriving a dense network from its file, cold and with every import, against importing sympy.

python -m benchmarks.derivation [--write]
"""

from __future__ import annotations

import sys

from benchmarks.ratios import Figure, Shell, in_turn, main, workplace

DERIVE = "import sys; from checker import load_program; load_program(sys.argv[1])"
TIMED = """
import sys, time
import sympy, yaml, lark
import checker.problem, checker.readings.compile
from checker import load_program
start = time.perf_counter()
program = load_program(sys.argv[1])
print(time.perf_counter() - start, sum(step.size for step in program.steps))
"""


def weight(k: int) -> str:
    """The k-th of many numbers that all differ."""
    return f"{0.05 + 0.9 * (k * 0.6180339887 % 1):.4f}"


def as_arrays(inputs: int, hidden: int, outputs: int) -> str:
    """The network in five lines, vectors and matrices."""
    layers = []
    for rows, columns in ((hidden, inputs), (outputs, hidden)):
        weights = [[weight(r * columns + c) for c in range(columns)] for r in range(rows)]
        bias = ", ".join(weight(r) for r in range(rows))
        written = ", ".join(f"[{', '.join(row)}]" for row in weights)
        layers.append(f"    - {{weights: [{written}], bias: [{bias}], activation: sigmoid}}\n")
    x, y = (", ".join(weight(k) for k in range(n)) for n in (inputs, outputs))
    return (
        "format: check-backprop/problem@1\nid: arrays\ntitle: As arrays\nnetwork:\n"
        f"  input: {{x: [{x}]}}\n  target: {{y: [{y}]}}\n  layers:\n{''.join(layers)}  loss: half_squared_error\n"
        "update: {optimizer: sgd, learning_rate: 0.1}\n"
    )


def written_out(inputs: int, hidden: int, outputs: int) -> str:
    """The network as scalar equations, with every step asked: each local derivative, gradient and update."""
    given = [f"x{i}" for i in range(1, inputs + 1)] + [f"y{i}" for i in range(1, outputs + 1)]
    parameters, forward, local = [], {}, []
    below, rows = [f"x{i}" for i in range(1, inputs + 1)], hidden
    for layer in ("1", "2"):
        above = []
        for r in range(1, rows + 1):
            z, a = f"z{layer}_{r}", f"a{layer}_{r}"
            weights = [f"w{layer}_{r}_{c}" for c in range(1, len(below) + 1)]
            parameters += [*weights, f"b{layer}_{r}"]
            forward[z] = " + ".join(f"{w}*{u}" for w, u in zip(weights, below, strict=True)) + f" + b{layer}_{r}"
            forward[a] = f"sigmoid({z})"
            local += [f"d{z}_d{name}" for name in (*weights, *below, f"b{layer}_{r}")] + [f"d{a}_d{z}"]
            above.append(a)
        below, rows = above, outputs
    loss = " + ".join(f"({a} - y{k})^2/2" for k, a in enumerate(below, 1))
    local += [f"dL_dy{k}" for k in range(1, outputs + 1)]
    gradients = [f"dL_d{name}" for name in (*forward, *parameters, *given[:inputs])]
    ask = [*forward, "L", *local, *gradients, *(f"{name}_new" for name in parameters)]
    return "".join(
        [
            "format: check-backprop/problem@1\nid: scalars\ntitle: Written out\n",
            "given: {", ", ".join(f"{name}: {weight(k)}" for k, name in enumerate(given)), "}\n",
            "parameters: {", ", ".join(f"{name}: {weight(k)}" for k, name in enumerate(parameters)), "}\n",
            "forward:\n", *(f"  {name}: {text}\n" for name, text in forward.items()),
            "loss:\n  L: ", loss, "\n",
            "update: {optimizer: sgd, learning_rate: 0.1}\n",
            "ask: [", ", ".join(ask), "]\n",
        ]
    )  # fmt: skip


def measure(repetitions: int = 4) -> list[Figure]:
    """10-20-10 as arrays and written out, cold; and the time a step as the hidden layer grows, imports left out."""
    figures = []
    with workplace() as folder:
        shell = Shell(folder)
        (folder / "arrays.yaml").write_text(as_arrays(10, 20, 10), encoding="utf-8")
        for hidden in (20, 40, 80):
            (folder / f"{hidden}.yaml").write_text(written_out(10, hidden, 10), encoding="utf-8")
        arrays, scalars, theirs = in_turn(
            [
                shell.job(shell.python(DERIVE, str(folder / "arrays.yaml"))),
                shell.job(shell.python(DERIVE, str(folder / "20.yaml"))),
                shell.job(shell.python("import sympy")),
            ],
            repetitions,
        )
        figures.append(Figure("10-20-10 derived cold, as arrays", "import sympy", arrays, theirs, 2))
        figures.append(Figure("10-20-10 derived cold, written out", "import sympy", scalars, theirs, 4))
        each: dict[int, list[float]] = {20: [], 40: [], 80: []}
        steps = {}
        for _ in range(max(2, repetitions // 2)):
            for hidden, times in each.items():
                taken, count = shell.run(shell.python(TIMED, str(folder / f"{hidden}.yaml"))).stdout.split()
                steps[hidden] = int(count)
                times.append(float(taken) / int(count))
        for hidden in (40, 80):
            job = f"10-{hidden}-10 written out, {steps[hidden]:,} steps: time a step"
            base = f"10-20-10, {steps[20]:,} steps"
            figures.append(Figure(job, base, min(each[hidden]), min(each[20])))
    return figures


if __name__ == "__main__":
    sys.exit(main("derivation", measure))
