"""What people decided about pairs: which decisions are in force, and whether they can all hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from govbiz_assets.linkage.pairs import DecisionError

_SAME = {"是", "同一", "Y", "YES", "TRUE", "1", "SAME"}
_DIFFERENT = {"否", "不同", "N", "NO", "FALSE", "0", "DIFFERENT"}
_OPEN = {"待定", "?", "OPEN"}

Pair = tuple[str, str]


@dataclass(frozen=True)
class Decision:
    """One line of a decision file.

    Attributes:
        month: Month of its delivery; it holds from then on.
        left: One of the two.
        right: The other.
        word: What was decided: 是, 否 or 待定.
        where: File and row, for messages.
    """

    month: date
    left: str
    right: str
    word: str
    where: str

    @property
    def pair(self) -> Pair:
        """Both, the smaller first."""
        return (min(self.left, self.right), max(self.left, self.right))

    @property
    def is_same(self) -> bool | None:
        """True for one organisation, False for two, None where it is still open.

        Raises:
            DecisionError: The word is none of those known.
        """
        word = self.word.strip().upper()
        if word in _SAME | _DIFFERENT:
            return word in _SAME
        if word in _OPEN:
            return None
        raise DecisionError(
            f"{self.where}: {self.word!r} is no decision; write 是 (one customer), 否 (two) or 待定 (open)"
        )


def decisions_in_force(decisions: Iterable[Decision], month: date) -> dict[Pair, bool]:
    """Returns what holds in a month: of each pair the decision of the latest month up to it.

    Raises:
        DecisionError: Two decisions of one month contradict each other, or those in force cannot all hold.
    """
    held: dict[Pair, tuple[Decision, bool]] = {}
    for decision in sorted(decisions, key=lambda one: (one.month, one.pair, one.where)):
        is_same = decision.is_same
        if decision.month > month or is_same is None or decision.left == decision.right:
            continue
        before = held.get(decision.pair)
        if before and before[0].month == decision.month and before[1] != is_same:
            raise DecisionError(
                f"{before[0].where} and {decision.where}: one says the two are one customer, the other that they are "
                "two; keep one of the two lines"
            )
        held[decision.pair] = (decision, is_same)
    _refuse_what_cannot_hold(held)
    return {pair: is_same for pair, (_, is_same) in held.items()}


def _refuse_what_cannot_hold(held: Mapping[Pair, tuple[Decision, bool]]) -> None:
    """Refuses A = B and B = C beside A ≠ C."""
    root: dict[str, str] = {}

    def top(name: str) -> str:
        while root.get(name, name) != name:
            name = root[name]
        return name

    for (left, right), (_, is_same) in held.items():
        if is_same:
            low, high = sorted((top(left), top(right)))
            root[high] = low
    for (left, right), (decision, is_same) in held.items():
        if not is_same and top(left) == top(right):
            raise DecisionError(
                f"{decision.where}: says two customers, but other decisions make them one by way of a third; "
                "mend one of these lines"
            )
