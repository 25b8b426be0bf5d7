"""Looks at every delivered file before it is read: hash, encoding, headers, record count, and whether it can be used.

A file that cannot be used is refused as a whole with the name of a rule and a remedy; nothing of it is read. A file
with a header and no record is accepted with rule `header_only`: an empty month is an answer, and the warning says it.
The content of a refused file is never quoted, for reasons are shown to people who may not see it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from govbiz_assets.sources.examine import Examined, examine_file
from govbiz_assets.sources.landing import LandingFile, find_files, unclaimed_files
from govbiz_assets.sources.profile_model import ChannelSource, Profile
from govbiz_assets.sources.text_file import RefusedFileError, open_delivered

_CHUNK = 1 << 22


@dataclass(frozen=True)
class FileScan:
    """What was found out about a delivered file.

    Attributes:
        channel: Channel that the profile reads from it.
        month: Month of the file; None where it holds many months.
        source_file: Path relative to the landing folder.
        file_sha256: Hash of the delivered bytes; None where they could not be read.
        byte_count: Size of the file.
        loaded_at: When it was last changed, UTC without zone; None where that could not be read.
        encoding: Encoding of a text file.
        delimiter: Delimiter of a text file.
        sheet: Sheet of an Excel file.
        record_count: Records in it, broken ones too, after turning wide to long.
        broken_count: Records among them that could not be read.
        is_regular: The engine reads the file directly; otherwise it is read record by record.
        headers: Delivered headers in their order.
        mapping: Field or attribute -> delivered header.
        unmapped: Delivered headers that nothing maps.
        types: Field or attribute -> delivered type, only of Parquet.
        status: `accepted` or `refused`; `ignored` where no channel reads the file.
        rule: Rule that refused it, or `header_only`.
        reason: Why it was refused, or what to know about it; with remedy.
        source: Name of the profile.
    """

    channel: str
    month: date | None
    source_file: str
    file_sha256: str | None = None
    byte_count: int = 0
    loaded_at: datetime | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    record_count: int = 0
    broken_count: int = 0
    is_regular: bool = False
    headers: tuple[str, ...] = ()
    mapping: dict[str, str] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    types: dict[str, str] = field(default_factory=dict)
    status: Literal["accepted", "refused", "ignored"] = "accepted"
    rule: str | None = None
    reason: str | None = None
    source: str = ""

    @property
    def is_accepted(self) -> bool:
        """True where the file can be read."""
        return self.status == "accepted"


def scan_file(file: LandingFile, source: ChannelSource, profile: Profile, work: Path) -> FileScan:
    """Examines a file.

    Args:
        file: The file.
        source: How its channel is delivered.
        profile: The source landscape.
        work: Folder for decoded copies and records that were read one by one; private to the user.
    """
    scan = FileScan(file.channel, file.month, file.source_file, source=profile.name)
    try:
        before = _stat_regular(file)
        scan = replace(scan, byte_count=before.st_size, loaded_at=_moment(before))
        sha256 = _hash_file(file.path)
        scan = replace(scan, file_sha256=sha256)
        if before.st_size == 0:
            raise RefusedFileError("empty_file", "the file is empty; have it delivered again")
        examined = examine_file(file.path, sha256, profile.known_channels[file.channel], source, work)
        _check_unchanged(file, before)
    except RefusedFileError as error:
        return _refuse(scan, error.rule, error.reason)
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error}); give the service user the right to read it"
        return _refuse(scan, "unreadable", reason)
    return _accept(scan, examined)


def scan_channel(profile: Profile, channel: str, landing: Path, months: Sequence[date], work: Path) -> list[FileScan]:
    """Examines every file of a channel for these months.

    Of files with the same content in the same month the first by name is kept, the others are refused.
    """
    source = profile.channels.get(channel)
    if source is None:
        return []
    scans = [scan_file(file, source, profile, work) for file in find_files(profile, channel, landing, months)]
    return mark_duplicates(scans)


def scan_unclaimed(profile: Profile, landing: Path, months: Sequence[date]) -> list[FileScan]:
    """Notes every file in the folders of these months that no channel reads; their content is not looked at."""
    reason = f"no channel of profile {profile.name} reads a file of this name; rename or remove it, or add its path"
    scans = []
    for file in unclaimed_files(profile, landing, months):
        size, loaded_at = file_state(file) or (0, None)
        noted = FileScan(file.channel, file.month, file.source_file, byte_count=size, loaded_at=loaded_at)
        scans.append(replace(noted, status="ignored", rule="no_channel", reason=reason, source=profile.name))
    return scans


def mark_duplicates(scans: Sequence[FileScan]) -> list[FileScan]:
    """Refuses each accepted file whose content an earlier one of the same channel and month has."""
    first: dict[tuple[str, date | None, str | None], str] = {}
    marked = []
    for scan in sorted(scans, key=lambda scan: (scan.month or date.min, scan.source_file)):
        key = (scan.channel, scan.month, scan.file_sha256)
        if not scan.is_accepted:
            marked.append(scan)
        elif key in first:
            reason = f"has the same content as {first[key]}, which is kept; remove one of the two"
            marked.append(_refuse(scan, "duplicate_content", reason))
        else:
            first[key] = scan.source_file
            marked.append(scan)
    return marked


def file_state(file: LandingFile) -> tuple[int, datetime] | None:
    """Size and time of the last change of a file, None where it is gone; a scan holds for one state only."""
    try:
        facts = file.path.stat(follow_symlinks=False)
    except OSError:
        return None
    return facts.st_size, _moment(facts)


def _moment(facts: os.stat_result) -> datetime:
    """Time of the last change, UTC, to the microsecond."""
    return datetime(1970, 1, 1) + timedelta(microseconds=facts.st_mtime_ns // 1000)


def _stat_regular(file: LandingFile) -> os.stat_result:
    """Facts of a regular file that no symbolic link leads to."""
    step = file.path
    for _ in file.source_file.split("/"):
        if step.is_symlink():
            reason = "a symbolic link leads there; put the file itself into the landing folder"
            raise RefusedFileError("outside_landing", reason)
        step = step.parent
    facts = file.path.stat(follow_symlinks=False)
    if not stat.S_ISREG(facts.st_mode):
        raise RefusedFileError("unreadable", "is a folder or a device; put a regular file in its place")
    return facts


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with open_delivered(path) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _check_unchanged(file: LandingFile, before: os.stat_result) -> None:
    after = file.path.stat(follow_symlinks=False)
    if (after.st_size, after.st_mtime_ns, after.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino):
        reason = "the file changed while it was examined; wait until its transfer has ended and run again"
        raise RefusedFileError("changed_while_read", reason)


def _accept(scan: FileScan, examined: Examined) -> FileScan:
    warnings = list(examined.warnings)
    if examined.record_count == 0:
        warnings.insert(0, "the file has a header and no record; ask the source whether the month is truly empty")
    headers = examined.headers
    return replace(
        scan,
        encoding=examined.encoding,
        delimiter=examined.delimiter,
        sheet=examined.sheet,
        record_count=examined.record_count,
        broken_count=examined.broken_count,
        is_regular=examined.is_regular,
        headers=headers,
        mapping={name: headers[position] for name, position in examined.header_map.positions.items()},
        unmapped=tuple(headers[position] for position in examined.header_map.unmapped),
        types=examined.types,
        rule="header_only" if examined.record_count == 0 else None,
        reason="; ".join(warnings) or None,
    )


def _refuse(scan: FileScan, rule: str, reason: str) -> FileScan:
    return replace(scan, status="refused", rule=rule, reason=reason, record_count=0, broken_count=0)
