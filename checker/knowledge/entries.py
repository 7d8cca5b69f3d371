"""What an entry of each table holds. Formulas are text in the expression language, read once when they are used."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Activation:
    """An activation: `formula` in `z` and its parameters.

    `slope` is the derivative written in the output `a` (and the parameters), where that is possible: a second honest
    route to the same number. Where the output tells the slope only sometimes, `slope_holds` is the condition, one
    comparison of a parameter or convention with 0 ("alpha > 0"); '' is always. `kink` names the convention that gives
    the slope where `formula` has a corner at z = 0. `symbol` is how LaTeX writes it, '' for its name in upright type.

    Where each output depends on all of z, `slope` is the Jacobian of one example, outputs by inputs, and `backward`
    what reaches z in the output `a` and its gradient `g`, without the Jacobian.
    """

    name: str
    formula: str
    source: str
    summary: str
    parameters: tuple[tuple[str, str], ...] = ()
    slope: str | None = None
    backward: str | None = None
    kink: str | None = None
    slope_holds: str = ""
    symbol: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loss:
    """A loss: `element` in `arguments` (prediction, target) and parameters, reduced over outputs by sum or mean.

    Over the examples of a batch (columns of a matrix) the reduction is the convention `batch_reduction`.
    """

    name: str
    element: str
    source: str
    summary: str
    arguments: tuple[str, str] = ("a", "y")
    outputs: str = "sum"
    parameters: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """One way to write an optimizer: equations for its state, in order, then the new parameter.

    Each is in `w` (the parameter), `g` (its gradient), `t` (the iteration, from 1), the settings by name, the state
    by name (`m`, `v`, …) and the state before this iteration (`m_prev`, …; zero at first).
    """

    name: str
    state: tuple[tuple[str, str], ...]
    update: str


@dataclass(frozen=True)
class Optimizer:
    """An optimizer: settings with their defaults ('' where the author must give one), and its forms, default first."""

    name: str
    forms: tuple[Form, ...]
    source: str
    summary: str
    settings: tuple[tuple[str, str], ...] = ()
    decoupled_decay: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Convention:
    """Something that courses differ in: the values a problem may declare (default first) and what each means."""

    name: str
    choices: tuple[tuple[str, str], ...]
    summary: str
    source: str
    aliases: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Rule:
    """A wrong local rule: at which kind of place it acts, the formula in that place's names, and for which entries."""

    place: str
    formula: str
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Misconception:
    """A mistake with a name. `unseen` says why one without rules cannot be seen in numbers or formulas.

    `tier` orders mistakes that give the same number, 1 first; `slip` is a slip of the pen or the calculator.
    """

    name: str
    does: str
    wrong: str
    right: str
    hint: str
    source: str
    tier: int
    rules: tuple[Rule, ...] = ()
    slip: bool = False
    unseen: str = ""
    aliases: tuple[str, ...] = ()
