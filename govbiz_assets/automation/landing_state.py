"""What the landing sensor remembers, and what it decides from a folder: pure of Dagster, with the time as an argument.

A month is started when every required channel has its files, each of them at rest, and their content is not the
content that was started last. Content is a hash: a file that is touched but unchanged starts nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from govbiz_assets.contracts.month import month_name
from govbiz_assets.sources.landing import LandingFile, find_files, landing_months
from govbiz_assets.sources.profile_model import Profile


@dataclass
class LandingState:
    """The sensor's cursor.

    Attributes:
        files: Per file its size, modification time (ns) and hash, so that unchanged files are not read again.
        started: Per month the digest of the content that was started last.
        attempts: Per month how often it was started; part of the run key, so that content A, B, A starts three runs.
    """

    files: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_cursor(cls, cursor: str | None) -> LandingState:
        """Reads the cursor; an empty one is a new state."""
        if not cursor:
            return cls()
        stored = json.loads(cursor)
        files = {name: (size, moment, digest) for name, (size, moment, digest) in stored["files"].items()}
        return cls(files, dict(stored["started"]), dict(stored["attempts"]))

    def to_cursor(self) -> str:
        """Writes the cursor."""
        return json.dumps(
            {"files": self.files, "started": self.started, "attempts": self.attempts},
            sort_keys=True,
            ensure_ascii=False,
        )


@dataclass(frozen=True)
class LandingDecision:
    """What a look at the folder led to.

    Attributes:
        start: Months to start, each with the key of its run.
        waiting: Months that are not started, each with the reason.
    """

    start: Mapping[date, str]
    waiting: Mapping[date, str]


def look_at_landing(
    profile: Profile,
    landing: Path,
    state: LandingState,
    *,
    now_seconds: float,
    settle_seconds: float,
    loaded: Callable[[date], Mapping[str, str]],
) -> LandingDecision:
    """Decides which months to start, and updates the state.

    Args:
        profile: The source landscape.
        landing: Landing folder.
        state: What was remembered; updated in place.
        now_seconds: The time, seconds since the epoch.
        settle_seconds: Age at which a file is taken as complete.
        loaded: Files and hashes that a month was last made from, for months that the state does not know.
    """
    start: dict[date, str] = {}
    waiting: dict[date, str] = {}
    for month in landing_months(profile, landing):
        files = [file for channel in profile.channels for file in find_files(profile, channel, landing, [month])]
        hashes, unsettled = _hash_files(files, state, now_seconds, settle_seconds)
        missing = _missing_channels(profile, files, month)
        if missing:
            waiting[month] = f"no file yet for {', '.join(missing)}"
            continue
        if unsettled:
            waiting[month] = f"{unsettled} is younger than {settle_seconds:.0f} s or still changing"
            continue
        name, digest = month_name(month), _digest(hashes)
        known = state.started.get(name) or (_digest(found) if (found := loaded(month)) else None)
        if digest != known:
            attempt = state.attempts.get(name, 0) + 1
            start[month] = f"{name}:{attempt}:{digest[:16]}"
            state.attempts[name] = attempt
        state.started[name] = digest
    return LandingDecision(start, waiting)


def _hash_files(
    files: Sequence[LandingFile], state: LandingState, now_seconds: float, settle_seconds: float
) -> tuple[dict[str, str], str | None]:
    """Returns the hash of each file at rest, and the name of one that is not."""
    hashes: dict[str, str] = {}
    for file in files:
        try:
            before = file.path.stat()
            known = state.files.get(file.source_file)
            if known is None or known[:2] != (before.st_size, before.st_mtime_ns):
                if now_seconds - before.st_mtime < settle_seconds:
                    return hashes, file.source_file
                digest = _hash_file(file.path)
                after = file.path.stat()
                if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                    return hashes, file.source_file
                known = (before.st_size, before.st_mtime_ns, digest)
                state.files[file.source_file] = known
        except OSError:
            return hashes, file.source_file
        hashes[file.source_file] = known[2]
    return hashes, None


def _missing_channels(profile: Profile, files: Sequence[LandingFile], month: date) -> list[str]:
    present = {file.channel for file in files}
    due = [name for name in profile.required if profile.channels[name].month in (None, month)]
    return [name for name in due if name not in present]


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(hashes: Mapping[str, str]) -> str:
    lines = "\n".join(f"{name}\t{hashes[name]}" for name in sorted(hashes))
    return hashlib.sha256(lines.encode()).hexdigest()
