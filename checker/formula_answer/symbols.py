"""Functions of values in normal form, with what they are known to do built in where they are made.

exp(x + y) = exp(x) exp(y); ln(x y) = ln|x| + ln|y|; tanh by exp; roots by their powers; the larger of two values by a
step.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any

from checker.formula_answer.forms import BeyondForm, Form, Forms
from checker.formula_answer.sums import ONE, factored, leading_part, primes, square_root

if TYPE_CHECKING:
    from checker.formula_answer.sums import Monomial, Poly

MOST_POWER = 64


class FinerExponents(Exception):
    """An exponential's exponent is a smaller part of a product than before: what has been made is of no use."""


class Symbols(Forms):
    """Arithmetic on normal forms.

    A function that is a generator is one of a sum without steps. A logarithm is that of the magnitude of the sum, a
    root that of a sum that is not negative, so no sign is lost where two of them are put together.
    """

    def __init__(self, effort: int) -> None:
        super().__init__(effort)
        self._parts: dict[Monomial, int] = {}  # which part of a product the exponent of an exponential is
        self._logarithms: dict[int, Poly] = {}  # generators that are ln of the magnitude of a sum
        self.operations = {
            "add": lambda x, y: x + y,
            "multiply": self.multiply,
            "power": self.power,
            "exp": self.exp,
            "log": self.log,
            "tanh": self.tanh,
            "Abs": lambda x: x * self.sign(x),
            "sign": self.sign,
            "step": self.step,
            "maximum": self.larger,
            "minimum": lambda x, y: -self.larger(-x, -y),
            **{name: self._odd(name) for name in ("erf", "tan", "atan")},
        }

    def constant(self, name: str) -> Form:
        """The number e as a power, so that e^x and exp(x) are one; pi as a symbol."""
        return self.exp(self.one) if name == "e" else self._pi()

    def _pi(self) -> Form:
        found = self.generator("pi")
        self.sure.add(frozenset(found.above.items()))
        return found

    def multiply(self, x: Form, y: Form) -> Form:
        """The product."""
        return x * y

    # ------------------------------------------------------------ powers and roots

    def power(self, x: Form, y: Form) -> Form:
        """A power: whole by products, rational by roots, any other through exp and ln.

        Raises:
            BeyondForm: it is too large, or a root of a fraction whose parts may be negative.
        """
        exponent = _rational(y)
        if exponent is None:
            return self.exp(y * self.log(x))
        if abs(exponent) > MOST_POWER:
            raise BeyondForm
        if exponent.denominator != 1:
            argument = self._exponent_of(x)
            if argument is not None:
                return self.exp(argument * self.rational(exponent))
            degree = exponent.denominator
            x = self.by_cases(x, lambda side: self._root(side, degree), self.zero)
        whole = exponent.numerator
        if whole < 0:
            x, whole = self.inverse(x), -whole
        found = self.one
        while whole:
            if whole & 1:
                found = found * x
            whole >>= 1
            x = x * x if whole else x
        return found

    def _root(self, x: Form, degree: int) -> Form:
        """The root of a fraction: of what is above over that of what is below; √(p/q) is √(p q)/|q|."""
        below = self.one
        above = x.above
        for factor, power in x.below.items():
            sum_ = dict(factor)
            if self.positive(sum_):
                root = self._root_of(sum_, degree)
            elif degree == 2:
                root = self._magnitude(sum_)
                for _ in range(power):
                    above = self.product(above, sum_)
            else:
                raise BeyondForm
            for _ in range(power):
                below = below * root
        found = self._root_of(above, degree)
        return found * self.inverse(below) if x.below else found

    def _root_of(self, sum_: Poly, degree: int) -> Form:
        """The root of a sum: of its number, and of the rest, of which whole squares are taken out."""
        number = abs(sum_[leading_part(sum_)])
        found = self._root_of_number(number, degree)
        rest = {m: c / number for m, c in sum_.items()}
        while degree % 2 == 0 and rest != ONE:
            square = square_root(rest)
            if square is None:
                break
            degree //= 2
            if degree == 1:
                return found * self._magnitude(square)
            if not self.not_negative(square):
                raise BeyondForm
            rest = square
        return found if rest == ONE else found * self._rooted(rest, degree)

    def _root_of_number(self, number: Fraction, degree: int) -> Form:
        """The root of a positive number: for each prime the root of a whole number, over a whole number."""
        found = self.one
        for prime, power in primes(number):
            whole, part = divmod(power, degree)
            found = found * self.rational(Fraction(prime) ** whole)
            if part:
                root = self._rooted({(): Fraction(prime)}, degree)
                for _ in range(part):
                    found = found * root
        return found

    def _rooted(self, sum_: Poly, degree: int) -> Form:
        number = self.number(("root", degree, frozenset(sum_.items())))
        self.roots[number] = (degree, sum_)
        return self.power_of(number, 1)

    def _magnitude(self, sum_: Poly) -> Form:
        found = Form(self, sum_, {})
        return found if self.not_negative(sum_) else found * self.sign(found)

    # ------------------------------------------------------------ exponentials and logarithms

    def exp(self, x: Form) -> Form:
        """The exponential: of a sum the product, of the logarithm of what is surely positive what it is of."""
        return self.by_cases(x, self._exp, self.one)

    def _exp(self, x: Form) -> Form:
        if x.below:
            turned = x.above[leading_part(x.above)] < 0
            found = self.generator(("exp", (-x if turned else x).key))
            return self.inverse(found) if turned else found
        found = self.one
        for monomial, coefficient in x.above.items():
            of = self._logarithms.get(monomial[0][0]) if len(monomial) == 1 and monomial[0][1] == 1 else None
            if of is not None and self.positive(of):
                found = found * self.power(Form(self, of, {}), self.rational(coefficient))
            else:
                found = found * self._exponential(monomial, coefficient)
        return found

    def _exponential(self, monomial: Monomial, coefficient: Fraction) -> Form:
        """exp(coefficient*monomial), as a power of the exponential of the smallest part of the product that occurs."""
        parts = self._parts.setdefault(monomial, coefficient.denominator)
        if parts % coefficient.denominator:
            self._parts[monomial] = lcm(parts, coefficient.denominator)
            raise FinerExponents
        power = coefficient * parts
        if abs(power) > MOST_POWER:
            raise BeyondForm
        number = self.number(("exp", monomial, parts))
        self.exponents[number] = (monomial, parts)
        return self.power_of(number, power.numerator)

    def _exponent_of(self, x: Form) -> Form | None:
        """The exponent of a product of exponentials; None where it is something else."""
        factors = [(dict(factor), -power) for factor, power in x.below.items()]
        total = self.zero
        for sum_, sign in [(x.above, 1), *factors]:
            if len(sum_) != 1:
                return None
            ((monomial, coefficient),) = sum_.items()
            if coefficient != 1 or not monomial or any(g not in self.exponents for g, _ in monomial):
                return None
            for generator, power in monomial:
                inner, parts = self.exponents[generator]
                total = total + Form(self, {inner: Fraction(sign * power, parts)}, {})
        return total

    def log(self, x: Form) -> Form:
        """The logarithm: of a product the sum, of an exponential its exponent.

        Raises:
            BeyondForm: of 0.
        """
        # wherever there is a value, the whole is positive, and so its last part of which that is not known
        parts = [frozenset(x.above.items()), *(factor for factor, power in x.below.items() if power % 2)]
        doubted = [part for part in parts if not self.positive(dict(part))]
        if len(doubted) == 1:
            self.sure.add(doubted[0])
        return self.by_cases(x, self._log)

    def _log(self, x: Form) -> Form:
        total = self._log_of(x.above)
        for factor, power in x.below.items():
            total = total - self._log_of(dict(factor)) * self.rational(Fraction(power))
        return total

    def _log_of(self, sum_: Poly) -> Form:
        common, rest, leading = factored(sum_)
        total = self.zero
        for generator, power in common:
            if generator in self.exponents:
                inner, parts = self.exponents[generator]
                total = total + Form(self, {inner: Fraction(power, parts)}, {})
            elif generator in self.roots:
                degree, under = self.roots[generator]
                total = total + self._log_of(under) * self.rational(Fraction(power, degree))
            else:
                single: Poly = {((generator, 1),): Fraction(1)}
                total = total + self._log_generator(single) * self.rational(Fraction(power))
        for prime, power in primes(abs(leading)):
            total = total + self._log_generator({(): Fraction(prime)}) * self.rational(Fraction(power))
        return total if rest == ONE else total + self._log_generator(rest)

    def _log_generator(self, of: Poly) -> Form:
        number = self.number(("log", frozenset(of.items())))
        self._logarithms[number] = of
        return self.power_of(number, 1)

    # ------------------------------------------------------------ other functions

    def tanh(self, x: Form) -> Form:
        """(e^2x - 1)/(e^2x + 1)."""
        square = self.exp(x + x)
        return (square - self.one) * self.inverse(square + self.one)

    def sign(self, x: Form) -> Form:
        """1 or -1: twice the step, less 1."""
        step = self.step(x, self.rational(Fraction(1, 2)))
        return step + step - self.one

    def step(self, x: Form, at_zero: Form) -> Form:
        """1 above 0, else 0; `at_zero` only where the value is 0 everywhere, or on one side of another step."""
        return self.by_cases(x, self._step, at_zero)

    def _step(self, x: Form) -> Form:
        below = [(self.sign_of(dict(factor)), power) for factor, power in x.below.items()]
        if not all(sign for sign, _ in below):
            leading = x.above[leading_part(x.above)]
            whole = Form(self, {m: c / leading for m, c in x.above.items()}, x.below)
            # its threshold is no sum: a symbol stands for it
            found = self._step_generator(whole, self.generator(("whole", whole.key)).above)
            return found if leading > 0 else self.one - found
        common, rest, leading = factored(x.above)
        signs = self.rational(Fraction(1 if leading > 0 else -1))
        if sum(power for sign, power in below if sign < 0) % 2:
            signs = -signs
        for generator, power in common:
            if power % 2:
                signs = signs * self._sign_of_part({((generator, 1),): Fraction(1)})
        if rest != ONE:
            signs = signs * self._sign_of_part(rest)
        return (signs + self.one) * self.rational(Fraction(1, 2))

    def _sign_of_part(self, sum_: Poly) -> Form:
        """1 or -1: the sign of a sum whose first coefficient is 1."""
        known = self.sign_of(sum_)
        if known:
            return self.rational(Fraction(known))
        exponent = self._grown(sum_)
        if exponent is not None:
            return self.sign(exponent)
        step = self._step_generator(Form(self, sum_, {}), sum_)
        return step + step - self.one

    def _step_generator(self, of: Form, threshold: Poly) -> Form:
        number = self.number(("step", of.key))
        self.steps[number] = frozenset(threshold.items())
        return self.power_of(number, 1)

    def _grown(self, sum_: Poly) -> Form | None:
        """X where a sum is e^x - 1, which has the sign of x; None where it is something else."""
        if len(sum_) != 2 or sum_.get(()) != -1 or sum_[leading_part(sum_)] != 1:
            return None
        return self._exponent_of(Form(self, {leading_part(sum_): Fraction(1)}, {}))

    def larger(self, x: Form, y: Form) -> Form:
        """The larger of two values."""
        apart = x - y
        return y + apart * self.step(apart, self.zero)

    def _odd(self, name: str) -> Any:
        """A function of which nothing is known but that it is odd."""

        def made(x: Form) -> Form:
            return self.by_cases(x, whole, self.zero)

        def whole(x: Form) -> Form:
            turned = x.above[leading_part(x.above)] < 0
            found = self.generator((name, (-x if turned else x).key))
            return -found if turned else found

        return made


def _rational(x: Form) -> Fraction | None:
    """The number that a form is; None where it is more."""
    if x.below or len(x.above) > 1:
        return None
    return x.above.get(()) if x.above else Fraction(0)
