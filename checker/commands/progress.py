"""How far a long command is: a bar on a terminal, a line now and then elsewhere; both on standard error."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


PATIENCE = 2.0  # seconds for which nobody wonders


class Progress:
    """Told what is being done, how far it is and of how many, it shows a bar with rate and time left.

    What takes no longer than `patience` seconds is not spoken of where there is no terminal.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._bar: object = None
        self._what, self._shown = "", -1
        self._from = time.monotonic() + patience

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show it."""
        if total < 2:
            return
        if not sys.stderr.isatty():
            tenth = 10 * done // total
            if (what, tenth) != (self._what, self._shown) and done and time.monotonic() >= self._from:
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
