"""A landing folder of two monthly channels, one optional one, and one file that covers many months."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from govbiz_assets.automation.landing_state import LandingDecision, LandingState, look_at_landing
from govbiz_assets.sources.profile_model import Profile

JAN, FEB, MAR = (date(2024, month, 1) for month in (1, 2, 3))
SETTLE = 30.0

PROFILE = Profile.model_validate(
    {
        "name": "toy",
        "description": "Toy landscape.",
        "origin": "Made here.",
        "obtain": "Nowhere.",
        "months": {"first": "2024-01", "last": "2024-06"},
        "required": ["customer", "usage"],
        "channels": {
            "customer": {"path": "{month}/customer*.csv", "format": "csv"},
            "usage": {"path": "{month}/usage*.csv", "format": "csv"},
            "ticket": {"path": "{month}/ticket.csv", "format": "csv"},
        },
    }
)


@dataclass
class Landing:
    """A landing folder with the memory of a sensor that looks at it."""

    folder: Path
    profile: Profile = PROFILE
    state: LandingState = field(default_factory=LandingState)
    loaded: dict[date, dict[str, str]] = field(default_factory=dict)
    last_startable: date = date(2024, 6, 1)

    def put(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def put_month(self, name: str, text: str = "1") -> None:
        self.put(f"{name}/customer.csv", f"customer {text}")
        self.put(f"{name}/usage.csv", f"usage {text}")

    def now(self) -> float:
        """The moment of the last change of any file."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return max(os.lstat(path).st_ctime for path in paths)

    def look(self, seconds_later: float = SETTLE + 1) -> LandingDecision:
        return look_at_landing(
            self.profile,
            self.folder,
            self.state,
            now_seconds=self.now() + seconds_later,
            settle_seconds=SETTLE,
            is_startable=lambda month: month <= self.last_startable,
            loaded=lambda month: self.loaded.get(month, {}),
        )

    def restart(self) -> None:
        """The process ends; only the cursor is kept."""
        self.state = LandingState.from_cursor(self.state.to_cursor())
