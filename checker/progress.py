"""How far a long command is: a bar on a terminal, a line now and then elsewhere; both on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Progress:
    """Told what is being done, how far it is and of how many, it shows a bar with rate and time left."""

    def __init__(self) -> None:
        self._bar: object = None
        self._what, self._shown = "", -1

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show it."""
        if total < 2:
            return
        if not sys.stderr.isatty():
            tenth = 10 * done // total
            if (what, tenth) != (self._what, self._shown) and done:
                print(f"{what} {done} of {total}", file=sys.stderr)  # noqa: T201 - a command
                self._what, self._shown = what, tenth
            return
        from tqdm import tqdm

        if what != self._what:
            self.close()
            self._bar, self._what = tqdm(total=total, desc=what, unit="", leave=False), what
        bar = self._bar
        assert isinstance(bar, tqdm)
        bar.update(done - bar.n)

    def close(self) -> None:
        """Leave the terminal as it was."""
        close: Callable[[], None] | None = getattr(self._bar, "close", None)
        if close is not None:
            close()
        self._bar = None
