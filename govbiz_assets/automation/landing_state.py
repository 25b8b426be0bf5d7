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


@dataclass(frozen=True)
class KnownFile:
    """A file as it was when its content was read.

    Attributes:
        size: Bytes.
        changed_ns: When the system last saw a change of it, nanoseconds since the epoch. Unlike the modification
            time it cannot be set: a copy that keeps old times is new here, and a date in the future does no harm.
        sha256: Hash of the content.
    """

    size: int
    changed_ns: int
    sha256: str


@dataclass
class LandingState:
    """The sensor's cursor.

    Attributes:
        files: What is known of each file, so that unchanged files are not read again.
        started: Per month the digest of the content that was started last.
        attempts: Per month how often it was started; part of the run key, so that content A, B, A starts three runs.
    """

    files: dict[str, KnownFile] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_cursor(cls, cursor: str | None) -> LandingState:
        """Reads the cursor; an empty one is a new state."""
        if not cursor:
            return cls()
        stored = json.loads(cursor)
        files = {name: KnownFile(*known) for name, known in stored["files"].items()}
        return cls(files, dict(stored["started"]), dict(stored["attempts"]))

    def to_cursor(self) -> str:
        """Writes the cursor."""
        files = {name: (known.size, known.changed_ns, known.sha256) for name, known in self.files.items()}
        stored = {"files": files, "started": self.started, "attempts": self.attempts}
        return json.dumps(stored, sort_keys=True, ensure_ascii=False)


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
    is_startable: Callable[[date], bool],
    loaded: Callable[[date], Mapping[str, str]],
) -> LandingDecision:
    """Decides which months to start, and updates the state.

    Args:
        profile: The source landscape.
        landing: Landing folder.
        state: What was remembered; updated in place.
        now_seconds: The time, seconds since the epoch.
        settle_seconds: Age at which a file is taken as complete.
        is_startable: Whether a month can be made yet.
        loaded: Files and hashes that a month was last made from, for months that the state does not know.
    """
    start: dict[date, str] = {}
    waiting: dict[date, str] = {}
    seen: set[str] = set()
    for month in landing_months(profile, landing):
        files = [file for channel in profile.channels for file in find_files(profile, channel, landing, [month])]
        seen.update(file.source_file for file in files)
        if not is_startable(month):
            waiting[month] = "the month is not over yet"
            continue
        if missing := _missing_channels(profile, files, month):
            waiting[month] = f"no file yet for {', '.join(missing)}"
            continue
        if reason := _read_files(files, state, now_seconds, settle_seconds):
            waiting[month] = reason
            continue
        known = {file.source_file: state.files[file.source_file] for file in files}
        name, digest = month_name(month), _digest({file: one.sha256 for file, one in known.items()})
        last = state.started.get(name) or (_digest(found) if (found := loaded(month)) else None)
        if digest != last:
            state.attempts[name] = state.attempts.get(name, 0) + 1
            # The moment tells runs apart when the cursor, and with it the count, is lost: Dagster silently drops a
            # key that it has seen before.
            moment = max(one.changed_ns for one in known.values())
            start[month] = f"{name}:{state.attempts[name]}:{digest[:16]}:{moment}"
        state.started[name] = digest
    state.files = {name: known for name, known in state.files.items() if name in seen}
    return LandingDecision(start, waiting)


def _read_files(
    files: Sequence[LandingFile], state: LandingState, now_seconds: float, settle_seconds: float
) -> str | None:
    """Brings what the state knows of the files up to date; returns why that cannot be done yet."""
    for file in files:
        try:
            before = file.path.stat()
            known = state.files.get(file.source_file)
            if known and (known.size, known.changed_ns) == (before.st_size, before.st_ctime_ns):
                continue
            if now_seconds - before.st_ctime < settle_seconds:
                return f"{file.source_file} changed less than {settle_seconds:.0f} s ago"
            digest = _hash_file(file.path)
            after = file.path.stat()
        except OSError as error:
            return f"{file.source_file} cannot be read ({error.strerror or type(error).__name__})"
        if (after.st_size, after.st_ctime_ns) != (before.st_size, before.st_ctime_ns):
            return f"{file.source_file} is still changing"
        state.files[file.source_file] = KnownFile(before.st_size, before.st_ctime_ns, digest)
    return None


def _missing_channels(profile: Profile, files: Sequence[LandingFile], month: date) -> list[str]:
    present = {file.channel for file in files}
    due = [name for name in profile.required_files if profile.channels[name].month in (None, month)]
    return [name for name in due if name not in present]


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(hashes: Mapping[str, str]) -> str:
    lines = "\n".join(f"{name}\t{hashes[name]}" for name in sorted(hashes))
    return hashlib.sha256(lines.encode()).hexdigest()
