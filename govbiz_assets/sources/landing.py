"""Which delivered files belong to a channel and a month; only names are looked at here, never contents.

A symbolic link is neither followed nor skipped: it is returned as a file, and the scan refuses it by name.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from govbiz_assets.sources.errors import SourceError
from govbiz_assets.sources.profile_model import ChannelSource, Profile

TEMPORARY_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload", ".download", ".swp", ".filepart")
TEMPORARY_PREFIXES = (".", "~$", "~")
NO_CHANNEL = "none"
DATABASE_PREFIX = "postgresql:"


@dataclass(frozen=True)
class LandingFile:
    """A delivered file.

    Attributes:
        path: Where the file lies.
        source_file: Path relative to the landing folder, with forward slashes.
        channel: Channel that the profile reads from it; NO_CHANNEL where none does.
        month: Month that path or profile name; None where one file holds many months.
    """

    path: Path
    source_file: str
    channel: str
    month: date | None


def database_name(channel: str, month: date) -> str:
    """Name under which the rows of a database channel stand where others have their file; no host, no account."""
    return f"{DATABASE_PREFIX}{channel}/{month:%Y-%m}"


def is_temporary(name: str) -> bool:
    """True for hidden files, Excel's lock files and files that a transfer has not finished."""
    return name.startswith(TEMPORARY_PREFIXES) or name.lower().endswith((*TEMPORARY_SUFFIXES, "~"))


def find_files(profile: Profile, channel: str, landing: Path, months: Sequence[date]) -> list[LandingFile]:
    """Files of a channel for the given months, sorted by month and name.

    Args:
        profile: The source landscape.
        channel: Channel to look for; one that the profile does not deliver has no files.
        landing: Landing folder.
        months: Months asked for; a file that holds many months belongs to any of them.
    """
    if not months or not profile.delivers(channel):
        return []
    wanted = set(months)
    files = _match_files(channel, profile.channels[channel], _list_paths(landing))
    kept = [file for file in files if file.month is None or file.month in wanted]
    return sorted(kept, key=lambda file: (file.month or date.min, file.source_file))


def unclaimed_files(profile: Profile, landing: Path, months: Sequence[date]) -> list[LandingFile]:
    """Files in the folders of these months that no channel reads, for example one with a misspelled name.

    Only a profile whose paths have a folder per month says where such files would lie.
    """
    sources = profile.channels.items()
    folders = [folder for _, source in sources if source.names_month for folder in _patterns(source.path)[:-1]]
    paths = _list_paths(landing)
    claimed = {file.source_file for channel, source in sources for file in _match_files(channel, source, paths)}
    found = []
    for name, path, is_link in paths:
        month = _folder_month(name, folders)
        if month in months and name not in claimed and (is_link or not path.is_dir()):
            found.append(LandingFile(path, name, NO_CHANNEL, month))
    return found


def landing_months(profile: Profile, landing: Path) -> list[date]:
    """Months of the profile that have any file, in order.

    A file that holds many months stands for every month of the profile.
    """
    paths = _list_paths(landing)
    found: set[date] = set()
    for channel, source in profile.channels.items():
        for file in _match_files(channel, source, paths):
            if file.month is not None:
                found.add(file.month)
            elif profile.months.last is not None and not source.names_month:
                found.update(profile.months.between(profile.months.last))
    return sorted(month for month in found if month in profile.months)


def missing_channels(profile: Profile, landing: Path, months: Sequence[date]) -> list[tuple[date, str]]:
    """Required channels of files without one, by month; a snapshot's is missing only in the snapshot's month."""
    missing = []
    for channel in profile.required_files:
        files = find_files(profile, channel, landing, months)
        source = profile.channels[channel]
        present = {file.month for file in files}
        due = [source.month] if source.month is not None else list(months)
        missing += [(m, channel) for m in due if m in months and m not in present and None not in present]
    return sorted(missing)


def _list_paths(landing: Path) -> list[tuple[str, Path, bool]]:
    """Every path below the folder that is a file or a link: (relative name, path, is a link)."""
    return sorted(_walk(landing, ""))


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, Path, bool]]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    except PermissionError as error:
        if not prefix:
            remedy = "give the service user the right to read the landing folder"
            raise SourceError("cannot be listed", where=str(folder), remedy=remedy) from error
        yield prefix.rstrip("/"), folder, True  # reported like a link: whatever it holds cannot be read
        return
    for entry in entries:
        if is_temporary(entry.name):
            continue
        name = prefix + entry.name
        if entry.is_symlink() or not entry.is_dir(follow_symlinks=False):
            yield name, Path(entry.path), entry.is_symlink()
        else:
            yield name, Path(entry.path), False
            yield from _walk(Path(entry.path), f"{name}/")


def _match_files(channel: str, source: ChannelSource, paths: Sequence[tuple[str, Path, bool]]) -> Iterator[LandingFile]:
    patterns = _patterns(source.path)
    for name, path, is_link in paths:
        normal = unicodedata.normalize("NFC", name)
        # A link may stand for a folder on the way, so it is matched against every beginning of the pattern.
        for pattern in patterns if is_link else patterns[-1:]:
            match = pattern.fullmatch(normal)
            if match is None:
                continue
            month = _month_of(match.groupdict())
            if month is None and (match.groupdict() or (source.names_month and not is_link)):
                continue
            yield LandingFile(path, name, channel, month or source.month)
            break


def _folder_month(name: str, folders: Sequence[re.Pattern[str]]) -> date | None:
    """Month of the outermost folder on the way to a file that a pattern gives a month."""
    parts = unicodedata.normalize("NFC", name).split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        for folder in folders:
            match = folder.fullmatch("/".join(parts[:depth]))
            if match is not None and (month := _month_of(match.groupdict())):
                return month
    return None


def _month_of(groups: dict[str, str | None]) -> date | None:
    """Month that the placeholders agree on."""
    found = {value.replace("-", "") for value in groups.values() if value is not None}
    if len(found) != 1:
        return None
    text = found.pop()
    year, month = int(text[:4]), int(text[4:])
    return date(year, month, 1) if year > 0 and 1 <= month <= 12 else None


@lru_cache(maxsize=256)
def _patterns(glob: str) -> tuple[re.Pattern[str], ...]:
    """Regular expressions for the glob's first folder, its first two, ... and the whole of it."""
    parts = unicodedata.normalize("NFC", glob).split("/")
    patterns = []
    text = ""
    count = 0
    for i, part in enumerate(parts):
        if part in ("", "."):
            continue
        if part == "**":
            text += "(?:[^/]+/)*"
            patterns.append(re.compile(f"{text}[^/]+"))  # a linked folder anywhere below
            continue
        for piece in re.split(r"(\{month\}|\{yyyymm\}|\*|\?)", part):
            if piece in ("{month}", "{yyyymm}"):
                count += 1
                text += rf"(?P<m{count}>\d{{4}}-\d{{2}})" if piece == "{month}" else rf"(?P<m{count}>\d{{6}})"
            else:
                text += {"*": "[^/]*", "?": "[^/]"}.get(piece, re.escape(piece))
        patterns.append(re.compile(text))
        text += "/" if i < len(parts) - 1 else ""
    return tuple(patterns)
