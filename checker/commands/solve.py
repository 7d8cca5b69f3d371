"""`check-backprop solve`: a problem worked out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checker.commands.arguments import whole_number
from checker.commands.terminal import FULL, UsageError, emit
from checker.reports import PLOTS, SOLUTION_FORMATS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

MOST_RATES = 7  # learning rates beside the problem's own


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("problem", metavar="PROBLEM", help="a problem's file, or the id of a shipped problem")
    parser.add_argument(
        "--iterations", metavar="N", type=whole_number(10_000), help="repeat the update and show the loss curve"
    )
    parser.add_argument("--digits", metavar="N", type=whole_number(1_000), help="significant digits to show")
    parser.add_argument("--step", metavar="NAME", action="append", help="only this step; may be given again")
    parser.add_argument(
        "--closed-form",
        metavar="NAME",
        action="append",
        help="this step also in givens and parameters alone; may be given again",
    )
    parser.add_argument("--format", choices=list(SOLUTION_FORMATS), default="text", help="how the solution is written")
    parser.add_argument(
        "--plot",
        metavar="FILE",
        type=Path,
        help=f"draw the loss curve into this file ({', '.join(_plot_suffixes())}; PNG needs the extra `plot`)",
    )
    parser.add_argument(
        "--learning-rate",
        metavar="X",
        action="append",
        default=[],
        help="compare the loss curve with this learning rate; may be given again",
    )


def run(options: Namespace) -> int:
    """Work the problem out and print or draw it; 0."""
    import checker

    steps, forms = tuple(options.step or ()), tuple(options.closed_form or ())
    form = SOLUTION_FORMATS[options.format]
    plot = None
    if options.plot is not None:
        plot = next((each for each in PLOTS.values() if each.suffix == options.plot.suffix.lower()), None)
        if plot is None:
            raise UsageError(f"--plot {options.plot}: name a file that ends in {' or '.join(_plot_suffixes())}")
    if len(options.learning_rate) > MOST_RATES:
        raise UsageError(f"--learning-rate is given more than {MOST_RATES} times; a picture has no room for more")
    solution = checker.solve(
        options.problem,
        iterations=options.iterations,
        digits=options.digits,
        steps=steps,
        closed_forms=forms,
        mathematics=form.mathematics,
        learning_rates=options.learning_rate,
    )
    if plot is not None:
        if len(solution.loss_curve) < 2:
            raise UsageError("--plot: there is no loss curve, for the problem has no update")
        options.plot.write_bytes(plot.draw(solution))
    emit(form.render(solution, options.digits))
    return FULL


def _plot_suffixes() -> list[str]:
    return [plot.suffix for plot in PLOTS.values()]
