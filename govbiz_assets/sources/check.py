"""What is delivered, before anything is loaded: files, rows of databases, mapping, first records and every problem.

Nothing is written to the landing folder or to a database; decoded copies live in a temporary folder that is removed.
Values that can name someone are shown as their first character and `***`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import ibis
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from govbiz_assets.sources.errors import SourceError
from govbiz_assets.sources.landing import (
    DATABASE_PREFIX,
    LandingFile,
    find_files,
    landing_months,
    missing_channels,
)
from govbiz_assets.sources.profile_model import Profile
from govbiz_assets.sources.read import PROVENANCE, read_file
from govbiz_assets.sources.scan import FileScan, mark_duplicates, scan_file, scan_unclaimed

if TYPE_CHECKING:
    from govbiz_assets.sources.database.session import DatabaseAccess

SAMPLE_ROWS = 3
SAMPLE_OF_DATABASE = 200
_SHOWN_WIDTH = 30
_SHOWN_NAMES = 12
_DELIMITER_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_MISSING_REMEDY = "deliver it, or take the channel off `required` of the profile"


@dataclass(frozen=True)
class Problem:
    """Something to mend.

    Attributes:
        severity: `error` keeps data out; `warning` does not.
        rule: Name of the rule.
        channel: Channel concerned.
        where: File or month.
        reason: What is wrong and the remedy.
    """

    severity: Literal["error", "warning"]
    rule: str
    channel: str
    where: str
    reason: str


@dataclass(frozen=True)
class FileReport:
    """A file with its first records, masked; `problems` counts its broken records by rule."""

    scan: FileScan
    rows: tuple[dict[str, str], ...] = ()
    problems: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class SourceReport:
    """What was found in the landing folder."""

    profile: str
    landing: str
    months: tuple[date, ...]
    files: tuple[FileReport, ...]
    problems: tuple[Problem, ...]

    @property
    def has_errors(self) -> bool:
        """True where data would be kept out."""
        return any(problem.severity == "error" for problem in self.problems)


def check_sources(
    profile: Profile, landing: Path, months: Sequence[date] | None = None, access: DatabaseAccess | None = None
) -> SourceReport:
    """Examines every file of the landing folder, and a sample of the rows of every database channel.

    Args:
        profile: The source landscape.
        landing: Landing folder.
        months: Months to look at; None takes those that have files, or the profile's first where it has no channel of
            files.
        access: How to reach databases; without it they are not looked at.

    Raises:
        SourceError: The landing folder does not exist.
    """
    has_files = len(profile.database_channels) < len(profile.channels)
    if has_files and not landing.is_dir():
        raise SourceError("no such landing folder", where=str(landing), remedy=f"obtain the data: {profile.obtain}")
    found = landing_months(profile, landing) if has_files else [profile.months.first]
    chosen = list(months) if months is not None else found
    problems = [
        Problem("error", "missing_file", channel, f"{month:%Y-%m}", f"no file of this channel; {_MISSING_REMEDY}")
        for month, channel in missing_channels(profile, landing, chosen)
    ]
    if not chosen:
        reason = f"no file of the profile lies there; {profile.obtain}"
        problems.append(Problem("error", "no_files", "", str(landing), reason))
    reports: list[FileReport] = []
    with tempfile.TemporaryDirectory(prefix="govbiz-check-") as folder:
        for channel in profile.channels:
            if channel not in profile.database_channels:
                reports += _check_channel(profile, channel, landing, chosen, Path(folder))
            elif access is not None:
                reports += _check_database(profile, channel, chosen, access, Path(folder))
    for report in reports:
        problems += _file_problems(report)
    for scan in scan_unclaimed(profile, landing, chosen):
        problems.append(Problem("warning", scan.rule or "", "", scan.source_file, scan.reason or ""))
    return SourceReport(profile.name, str(landing), tuple(chosen), tuple(reports), tuple(problems))


def show_value(value: object, *, can_name_someone: bool) -> str:
    """A value for display; one that can name someone is cut to its first character."""
    text = "" if value is None else str(value)
    return f"{text[:1]}***" if text and can_name_someone else text


def _check_channel(
    profile: Profile, channel: str, landing: Path, months: Sequence[date], work: Path
) -> list[FileReport]:
    source = profile.channels[channel]
    files = {(file.month, file.source_file): file for file in find_files(profile, channel, landing, months)}
    scans = mark_duplicates([scan_file(file, source, profile, work) for file in files.values()])
    return [_report(scan, files[(scan.month, scan.source_file)], profile, work) for scan in scans]


def _check_database(
    profile: Profile, channel: str, months: Sequence[date], access: DatabaseAccess, work: Path
) -> list[FileReport]:
    # Only who reads a database loads its library.
    from govbiz_assets.sources.database.scan import scan_months

    scans = scan_months(profile, channel, months, access, work, limit=SAMPLE_OF_DATABASE)
    return [_report(scan, LandingFile(work, scan.source_file, channel, scan.month), profile, work) for scan in scans]


def _report(scan: FileScan, file: LandingFile, profile: Profile, work: Path) -> FileReport:
    if not scan.is_accepted:
        return FileReport(scan)
    fields = profile.known_channels[scan.channel].fields
    hidden = {field.name for field in fields if field.column.sensitivity == "identifying"}
    backend = ibis.duckdb.connect()
    try:
        records = read_file(backend, scan, file, profile.channels[scan.channel], profile, work)
        shown = [name for name in records.columns if name not in PROVENANCE]
        whole = records.filter(records.read_problem.isnull())
        rows = whole.order_by("row_no").limit(SAMPLE_ROWS).select(*shown).to_pyarrow().to_pylist()
        broken = records.filter(records.read_problem.notnull()).group_by("read_problem").agg(n=lambda t: t.count())
        counts = broken.order_by("read_problem").to_pyarrow().to_pylist() if scan.broken_count else []
    finally:
        backend.disconnect()
    masked = tuple(
        {name: show_value(value, can_name_someone=name in hidden) for name, value in row.items()} for row in rows
    )
    return FileReport(scan, masked, tuple((row["read_problem"], int(row["n"])) for row in counts))


def _file_problems(report: FileReport) -> list[Problem]:
    scan = report.scan
    if not scan.is_accepted:
        return [Problem("error", scan.rule or "", scan.channel, scan.source_file, scan.reason or "")]
    problems = []
    if scan.reason:
        problems.append(Problem("warning", scan.rule or "note", scan.channel, scan.source_file, scan.reason))
    for rule, count in report.problems:
        reason = (
            f"{count:,} of {scan.record_count:,} records cannot be read and go to quarantine; correct them at source"
        )
        problems.append(Problem("warning", rule, scan.channel, scan.source_file, reason))
    return problems


def render_report(report: SourceReport, console: Console) -> None:
    """Prints the report: one block per file, then the problems."""
    span = f"{report.months[0]:%Y-%m} to {report.months[-1]:%Y-%m}" if report.months else "none"
    console.print(f"Profile {report.profile}, landing folder {escape(report.landing)}, months {span}", highlight=False)
    for item in report.files:
        _render_file(item, console)
    console.print()
    for problem in report.problems:
        color = "red" if problem.severity == "error" else "yellow"
        text = f"{problem.channel} {problem.where}: {problem.rule}: {problem.reason}".strip()
        console.print(f"[{color}]{problem.severity}[/{color}] {escape(text)}", highlight=False)
    if not report.problems:
        console.print("No problems.")


def _render_file(item: FileReport, console: Console) -> None:
    scan = item.scan
    count = f"{scan.record_count:,} records"
    if scan.source_file.startswith(DATABASE_PREFIX):
        count = f"sample of {count}"
    state = count if scan.is_accepted else f"refused: {scan.rule}"
    parts = [scan.encoding, _DELIMITER_NAMES.get(scan.delimiter or "", scan.delimiter), scan.sheet]
    kind = ", ".join(part for part in parts if part)
    heading = f"{escape(scan.source_file)} {escape(f'({kind}) ') if kind else ''}{state}"
    console.print(f"\n[bold]{scan.channel}[/bold] {heading}", highlight=False)
    names = [name for name in item.rows[0] if any(row[name] for row in item.rows)] if item.rows else []
    names += [name for name in scan.mapping if name not in names]
    if names:
        table = Table("field", "delivered as", *(f"record {i + 1}" for i in range(len(item.rows))), box=None)
        for name in names:
            cells = (escape(row.get(name, "")[:_SHOWN_WIDTH]) for row in item.rows)
            table.add_row(name, escape(scan.mapping.get(name, "(by the profile)")), *cells)
        console.print(table)
    if scan.unmapped:
        rest = f" and {len(scan.unmapped) - _SHOWN_NAMES} more" if len(scan.unmapped) > _SHOWN_NAMES else ""
        listed = ", ".join(repr(name) for name in scan.unmapped[:_SHOWN_NAMES])
        console.print(f"  not mapped: {escape(listed)}{rest}", highlight=False)
