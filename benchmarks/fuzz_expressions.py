"""Coverage-guided fuzzing of everything that reads a formula: only the parser's own error leaves, in bounded time.

    pip install atheris            # in no extra: it has wheels for Linux alone
    python -m benchmarks.fuzz_expressions --minutes 30 [--write]

Three readers are fed in turn: the grammar of authors and students (a tree that is read must be read again from what is
written of it), LaTeX, and formulas as answers to problems of numbers, arrays and corners, judged to the end. What is
found is printed and kept as a file; the exit status is 1 where anything is.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
TOO_LONG = 2.0  # seconds of processor time for one text: instrumented code takes about three times its own
PROBLEMS = ("neuron-sigmoid", "mazur-2-2-2-network", "neuron-relu", "softmax-two-classes", "ng-logistic-batch")
QUANTITIES = ("w1", "x1", "a", "z", "y", "W2", "dL_dz2", "b")
FUNCTIONS = ("sigmoid", "exp", "ln", "max", "sqrt", "transpose", "softmax", "leaky_relu", "sum", "outer", "conv1d")
TOKENS = (
    *QUANTITIES, *FUNCTIONS, "x2", "w2", "a1", "a2", "W1", "z1", "dL_da", "da_dz", "e", "pi", "π", "T", "σ", "∂L/∂a",
    "dL/dz", "0", "1", "2", "64", "0.5", "1e-3", "1e400", ".5", "+", "-", "−", "*", "**", "/", "÷", "^", "@", "·", "×",
    "⊙", "√", "²", "⁻¹", "ᵀ", "^⊤", "₁", "'", "(", ")", "(", ")", "[", "]", "[1]", "[2,1]", "[1:2]", ",", ":", ".", "=",
    "≈", " ", "|", r"\frac", r"\sigma", r"\left(", r"\right)", r"\partial", r"\cdot", r"\odot", r"\sqrt", r"\mathrm",
    r"\top", r"\exp", r"\ln", r"\mathbf{1}", r"\hat", r"\text{new}", r"\operatorname", "{", "}", "^{", "_{", "$", "&",
    r"\frac{\partial L}{\partial a}", "W^{(2)}", "w_{1}", "e^{-z}", "@2", "η", "δ", "\u202e", "а", "\0", "\u0301",
)  # fmt: skip


def texts_of(data: bytes) -> str:
    """What a fuzzer's bytes say: text as it stands, or a token a byte, which gets past the first bracket sooner."""
    if data[:1] < b"\x60":
        return data[1:].decode("utf-8", "surrogateescape" if data[:1] < b"\x08" else "ignore")
    return "".join(TOKENS[byte % len(TOKENS)] for byte in data[1:400])


def seeds(folder: Path) -> None:
    """Texts to begin with: what the tests' tables hold, of every kind."""
    known = [row["text"] for row in json.loads((ROOT / "tests/data/expressions.json").read_text(encoding="utf-8"))]
    rows = json.loads((ROOT / "tests/data/formulas.json").read_text(encoding="utf-8"))["rows"]
    known += [row["formula"] for row in rows[::4]]
    known += [r"\frac{\partial L}{\partial a}\,\sigma'(z)", r"w_{1}x_{1} + 0{,}1", r"\left(1 + e^{-z}\right)^{-1}"]
    for number, text in enumerate(known):
        for kind in (b"\x20", b"\x50"):
            (folder / f"{number}-{kind[0]}").write_bytes(kind + text.encode())


# ---------------------------------------------------------------- in the fuzzed process


def targets() -> list[Callable[[str], None]]:
    """The readers; each returns nothing, or raises what ought not to leave it."""
    from checker.expression.latex import from_latex
    from checker.expression.parser import parse
    from checker.expression.tree import ExpressionError
    from checker.expression.written import caret, unparse
    from checker.formula_answer import FormulaAnswers
    from checker.formula_answer.reading import LANGUAGE
    from checker.problem import load_problem
    from checker.sheet import FormulaAnswer, FormulaError
    from checker.stepname import Target

    def shape(tree: Any) -> Any:
        return re.sub(r"\bat=\d+|text='[^']*'", "", repr(tree))

    def plain(text: str) -> None:
        try:
            tree = parse(text, LANGUAGE, quantities=QUANTITIES, derivatives={"dL_da", "dL_dz"})
        except ExpressionError as error:
            if not 0 <= error.at <= len(text) or not error.what:
                raise AssertionError(f"no place or reason: {error!r}") from None
            caret(text, error.at)
            return
        again = parse(unparse(tree), LANGUAGE, quantities=QUANTITIES, derivatives={"dL_da", "dL_dz"})
        if shape(again) != shape(tree):
            raise AssertionError(f"read again as {unparse(again)}")

    def latex(text: str) -> None:
        def resolve(names: Any) -> str | None:
            return next((name for name in names if name.partition("[")[0] in QUANTITIES), None)

        try:
            written, places = from_latex(text, resolve)
        except ExpressionError as error:
            if not 0 <= error.at <= len(text) or not error.what:
                raise AssertionError(f"no place or reason: {error!r}") from None
            return
        if len(places) != len(written) + 1 or any(not 0 <= place <= len(text) for place in places):
            raise AssertionError("places that do not belong to the text")

    judged = []
    for name in PROBLEMS:
        path = ROOT / "problem_sets" / f"{name}.yaml"
        answers = FormulaAnswers(load_problem(path.read_bytes(), str(path)))
        steps = [step for step in answers.steps if step.rule.op != "name"]
        judged.append((answers, [Target(step.name) for step in steps[:: max(1, len(steps) // 6)]]))

    def answer(text: str) -> None:
        answers, asked = judged[len(text) % len(judged)]
        target = asked[sum(map(ord, text[:3])) % len(asked)]
        try:
            (found,) = answers([FormulaAnswer(text, target)], [])
        except ExpressionError:
            raise AssertionError("the parser's error left the reader of answers") from None
        if isinstance(found, FormulaError) and not str(found):
            raise AssertionError("refused without a reason")

    return [plain, latex, answer, answer]


def fuzz(folder: Path, arguments: list[str]) -> None:
    """Fuzz in this process, until the time is over; findings go into `folder`."""
    import atheris  # type: ignore[import-not-found, unused-ignore]

    with atheris.instrument_imports(include=["checker.expression", "checker.formula_answer", "checker.graph"]):
        readers = targets()
    seen: set[str] = set()

    def one(data: bytes) -> None:
        if len(data) < 2:
            return
        text = texts_of(data)
        reader = readers[data[0] % len(readers)]
        began = time.process_time()
        fault = ""
        try:
            reader(text)
        except Exception as error:  # whatever leaves it is what we are looking for
            frame = traceback.extract_tb(error.__traceback__)[-1]
            fault = f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
        taken = time.process_time() - began
        if not fault and taken > TOO_LONG:
            fault = f"slow: {taken:.1f} s"
        kind = re.sub(r"'[^']*'|[0-9.]+ s", "", fault)[:60]
        if fault and kind not in seen and len(seen) < 200:
            seen.add(kind)
            path = folder / f"finding-{len(seen)}.json"
            found = {"fault": fault[:500], "reader": reader.__name__, "text": text}
            path.write_text(json.dumps(found), encoding="ascii")
            print(f"FOUND {reader.__name__}: {fault[:300]} in {text[:200]!a}", file=sys.stderr, flush=True)

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


# ---------------------------------------------------------------- outside it


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--keep", type=Path, help="a folder for the corpus and what is found")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.inside:
        fuzz(options.inside, rest)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        corpus = folder / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        seeds(corpus)
        command = [
            sys.executable, "-m", "benchmarks.fuzz_expressions", "--inside", str(folder), str(corpus),
            f"-max_total_time={int(options.minutes * 60)}", "-max_len=600", "-timeout=60", "-rss_limit_mb=3000",
            "-print_final_stats=1", f"-artifact_prefix={folder}/",
        ]  # fmt: skip
        began = time.monotonic()
        run = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, errors="replace", env={
            **os.environ, "PYTHONHASHSEED": "0"}, check=False)  # fmt: skip
        minutes = (time.monotonic() - began) / 60
        found = [json.loads(path.read_text(encoding="ascii")) for path in sorted(folder.glob("finding-*.json"))]
        found += [{"fault": f"libFuzzer: {path.name}"} for pattern in ("crash-*", "timeout-*", "oom-*")
                  for path in folder.glob(pattern)]  # fmt: skip
        stats = dict(re.findall(r"stat::(\w+):\s+(\d+)", run.stderr))
    executions = int(stats.get("number_of_executed_units", 0))
    covered = re.findall(r"cov: (\d+)", run.stderr)
    print(f"{executions:,} executions in {minutes:.1f} minutes, coverage {covered[-1] if covered else '?'} "
          f"from {covered[0] if covered else '?'}, {len(found)} findings")  # fmt: skip
    for each in found:
        print(json.dumps(each))
    if options.write and executions:
        row = [f"{minutes:.0f}", f"{executions:,}", f"{covered[0]} → {covered[-1]}", f"{len(found)}"]
        record(
            "fuzz_expressions",
            ["minutes", "executions", "places in the code reached, seeds → end", "findings"],
            [row],
            f"python -m benchmarks.fuzz_expressions --minutes {options.minutes:g} --write",
        )
    if not executions:
        print(run.stderr[-3000:], file=sys.stderr)
    return int(bool(found) or not executions)


if __name__ == "__main__":
    sys.exit(main())
