"""Where a student's numbers come from: HMAC-SHA-256 of the secret, so that no one without it can work them out again.

Nothing here rests on how a version of Python draws random numbers: a stream is HMAC in counter mode, and everything is
drawn from it as whole numbers, without a float.
"""

from __future__ import annotations

import hmac
import json

WORD = 1 << 64


def student_seed(secret: bytes, template: str, version: str, student: str) -> bytes:
    """The seed of a student's variant: HMAC-SHA-256 of the secret over template, version and student.

    The three are put together so that no two different ones give the same message.

    >>> student_seed(b"secret", "xor", "1", "ada").hex()[:16]
    '6f13d7b99bcd4bd6'
    """
    message = json.dumps(["check-backprop/variant@1", template, version, student], ensure_ascii=True)
    return hmac.digest(secret, message.encode("ascii"), "sha256")


class Stream:
    """Whole numbers, evenly distributed, from a seed and the number of the draw."""

    __slots__ = ("_block", "_draw", "_seed", "_words")

    def __init__(self, seed: bytes, draw: int) -> None:
        self._seed, self._draw = seed, draw
        self._block = 0
        self._words: list[int] = []

    def _word(self) -> int:
        if not self._words:
            message = b"%d:%d" % (self._draw, self._block)
            made = hmac.digest(self._seed, message, "sha256")
            self._block += 1
            self._words = [int.from_bytes(made[i : i + 8], "big") for i in (24, 16, 8, 0)]
        return self._words.pop()

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1, each equally likely: words that would favour some are passed over.

        >>> [Stream(b"seed", 0).below(6) for _ in range(2)]
        [3, 3]
        """
        if n <= 1:
            return 0
        if n > WORD:
            words = -(-(n.bit_length()) // 64)
            size = WORD**words
            while True:
                number = 0
                for _ in range(words):
                    number = number * WORD + self._word()
                if number < size - size % n:
                    return number % n
        limit = WORD - WORD % n
        while True:
            word = self._word()
            if word < limit:
                return word % n

    def order(self, n: int, first: int | None = None) -> list[int]:
        """The first places (all of them unless said) of a random order of 0 to n - 1."""
        moved: dict[int, int] = {}
        chosen = []
        for place in range(n if first is None else first):
            other = place + self.below(n - place)
            chosen.append(moved.get(other, other))
            moved[other] = moved.get(place, place)
        return chosen
