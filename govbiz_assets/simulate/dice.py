"""Random choices one at a time, at the price of a list access: numpy draws them in blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from govbiz_assets.simulate.params import stream

_Choice = TypeVar("_Choice")
_BLOCK = 1 << 14


class Dice:
    """A stream of random choices that depends on seed and purpose only."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._rng = stream(seed, purpose)
        self._drawn: list[float] = []

    def roll(self) -> float:
        """Returns a number in [0, 1)."""
        if not self._drawn:
            self._drawn = self._rng.random(_BLOCK).tolist()
        return self._drawn.pop()

    def chance(self, ratio: float) -> bool:
        """True in that share of the calls."""
        return self.roll() < ratio

    def below(self, count: int) -> int:
        """Returns a whole number in [0, count)."""
        return int(self.roll() * count)

    def pick(self, choices: Sequence[_Choice]) -> _Choice:
        """Returns one of the choices, all equally likely."""
        return choices[self.below(len(choices))]

    def weighted(self, shares: Mapping[str, float]) -> str:
        """Returns one of the keys, as likely as its share; the last one takes what is left of 1."""
        rest = self.roll()
        *names, last = shares
        for name in names:
            rest -= shares[name]
            if rest < 0:
                return name
        return last
