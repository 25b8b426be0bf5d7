"""What a quality rule and a defect are, and the short way to declare one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from govbiz_assets.contracts.channel import CHANNELS

Action = Literal["fix", "flag", "quarantine"]
ACTIONS: tuple[Action, ...] = ("fix", "flag", "quarantine")
EVERY = tuple(channel.name for channel in CHANNELS)
"""A defect of every channel."""

# What a person should do, where several defects ask for the same.
AGAIN = "have the file delivered again"
AT_SOURCE = "mend the record at its source and deliver it again"
BILLING = "have billing look at the bill"
ON_SITE = "have the meter looked at on site"


@dataclass(frozen=True)
class Defect:
    """One kind of defect that a rule finds.

    Attributes:
        name: Its name in the tables.
        action: `fix`: put right on the way, the raw record keeps what came; `flag`: kept as it came and pointed out;
            `quarantine`: kept out of the cleaned tables.
        channels: Channels in which it is looked for.
        meaning: What is wrong, for a person.
        remedy: What that person should do.
    """

    name: str
    action: Action
    channels: tuple[str, ...]
    meaning: str
    remedy: str

    @property
    def reason(self) -> str:
        """What is wrong and what to do, on one line."""
        return f"{self.meaning}; {self.remedy}"


@dataclass(frozen=True)
class QualityRule:
    """A quality rule and its defects.

    Attributes:
        rule_id: D1 to D28.
        title: What it is about.
        defects: What it finds.
    """

    rule_id: str
    title: str
    defects: tuple[Defect, ...]


def fix(name: str, channels: tuple[str, ...] | str, meaning: str, remedy: str) -> Defect:
    """Declares a defect that is put right on the way; channels are a tuple or a text of names."""
    return Defect(name, "fix", _names(channels), meaning, remedy)


def flag(name: str, channels: tuple[str, ...] | str, meaning: str, remedy: str) -> Defect:
    """Declares a defect that is kept and pointed out; channels are a tuple or a text of names."""
    return Defect(name, "flag", _names(channels), meaning, remedy)


def quarantine(name: str, channels: tuple[str, ...] | str, meaning: str, remedy: str) -> Defect:
    """Declares a defect that is kept out of the cleaned tables; channels are a tuple or a text of names."""
    return Defect(name, "quarantine", _names(channels), meaning, remedy)


def _names(channels: tuple[str, ...] | str) -> tuple[str, ...]:
    return tuple(channels.split()) if isinstance(channels, str) else channels
