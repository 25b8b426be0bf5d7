"""What a profile says about the values of a channel, as the cleaning step needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AttributeType = Literal["number", "category", "flag", "date"]


@dataclass(frozen=True)
class CleaningOptions:
    """Readings of delivered values that differ from source to source.

    Attributes:
        nulls: Texts that stand for "unknown" in any column.
        placeholders: Per field, texts that stand for "nothing used" and are read as 0.
        codes: Per field, delivered code to contract code.
        scales: Per field, factor from the delivered unit to the contract's unit.
        attributes: Passed-through columns (`attr_...`) and how each is read.
    """

    nulls: tuple[str, ...] = ()
    placeholders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
