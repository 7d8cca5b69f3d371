"""Values as some of a class's students see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.readings.numeric import Value


class Picked(dict[int, "Value"]):
    """A list of values for the lanes `who`, each picked when it is asked for; what is set here is not set there."""

    def __init__(self, base: Sequence[Value], who: Any, lanes: Any) -> None:
        super().__init__()
        self.base, self.who, self.lanes = base, who, lanes

    def __missing__(self, slot: int) -> Value:
        value = self[slot] = self.lanes.pick(self.base[slot], self.who)
        return value
