"""`govbiz quarantine`: what was refused and why, and what to do."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from govbiz_assets.cli.app import (
    DebugOption,
    ProfileOption,
    app,
    console,
    error_console,
    months_or_none,
    one_line_errors,
    read_settings,
)
from govbiz_assets.contracts.month import month_name, parse_month

if TYPE_CHECKING:
    from govbiz_assets.contracts.channel import Channel
    from govbiz_assets.quarantine.refused import RefusedGroup, RefusedRecord, Selection
    from govbiz_assets.settings import Settings
    from govbiz_assets.warehouse.session import Session

_SHOWN_TEXT = 60

quarantine_app = typer.Typer(help="Look at refused records, hand them out, and see how to take them in.")
app.add_typer(quarantine_app, name="quarantine", no_args_is_help=True)

MonthOption = Annotated[
    str | None, typer.Option("--month", help="Months of the records, for example 2024-03 or 2024-01..2024-06.")
]
ChannelOption = Annotated[str | None, typer.Option("--channel", help="Channel of the records, for example usage.")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="Rule that they broke, for example missing_value.")]
FieldOption = Annotated[str | None, typer.Option("--field", help="Field that broke it, for example kwh.")]
FileOption = Annotated[str | None, typer.Option("--file", help="Their file: its path in the landing folder, or name.")]


@quarantine_app.command("list", epilog="Example: govbiz quarantine list --month 2024-03")
def list_refused(
    month: MonthOption = None,
    channel: ChannelOption = None,
    rule: RuleOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    profile: ProfileOption = None,
    debug: DebugOption = False,
) -> None:
    """Count refused records by month, channel, file, rule and field, with reason and remedy; shows no record."""
    with one_line_errors(debug):
        settings = read_settings(profile)

        from govbiz_assets.quarantine.refused import Selection, read_groups

        channels = _known_channels(settings, channel)
        selection = Selection(_months(month), channel, rule)
        with _open_warehouse(settings) as session:
            groups = read_groups(session, selection, channels)
        if as_json:
            typer.echo(json.dumps([_group_json(group, profile) for group in groups], ensure_ascii=False, indent=2))
        elif not groups:
            console.print(f"No refused records{_describe(selection)}.", soft_wrap=True)
        else:
            _print_groups(groups, profile)


@quarantine_app.command(epilog="Example: govbiz quarantine show 2024-03 --channel usage --rule missing_value")
def show(
    month: Annotated[str, typer.Argument(help="Month of the records, for example 2024-03.")],
    channel: ChannelOption = None,
    rule: RuleOption = None,
    field: FieldOption = None,
    file: FileOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many records.")] = 20,
    profile: ProfileOption = None,
    debug: DebugOption = False,
) -> None:
    """Show refused records: file, row (counted from 1 after the header), what was delivered, what is wrong, remedy."""
    with one_line_errors(debug):
        settings = read_settings(profile)

        from govbiz_assets.quarantine.refused import Selection, count_records, read_records

        _known_channels(settings, channel)
        selection = Selection((parse_month(month),), channel, rule, field, file)
        with _open_warehouse(settings) as session:
            total = count_records(session, selection)
            records = list(read_records(session, selection, limit))
        if not records:
            console.print(f"No refused records{_describe(selection)}.", soft_wrap=True)
            return
        _warn_of_vault()
        console.print(_records_table(records))
        if total > len(records):
            console.print(f"{len(records)} of {total:,} records; the others: --limit {total}, or an export")
        _print_next_steps(selection.months, profile)


@quarantine_app.command(epilog="Example: govbiz quarantine export --month 2024-03 --out refused-2024-03.xlsx")
def export(
    out: Annotated[Path, typer.Option("--out", help="File to write: .xlsx, or .csv for one channel.")],
    month: MonthOption = None,
    channel: ChannelOption = None,
    rule: RuleOption = None,
    field: FieldOption = None,
    file: FileOption = None,
    profile: ProfileOption = None,
    debug: DebugOption = False,
) -> None:
    """Write refused records to a file, under the headers of their delivery, for whoever mends them.

    Every value is text. In .csv a value that begins like a formula has an apostrophe in front.
    """
    with one_line_errors(debug):
        settings = read_settings(profile)

        from govbiz_assets.quarantine.export import export_records
        from govbiz_assets.quarantine.refused import Selection

        channels = _known_channels(settings, channel)
        selection = Selection(_months(month), channel, rule, field, file)
        with _open_warehouse(settings) as session:
            sheets = export_records(session, selection, out, channels)
        _warn_of_vault()
        for sheet in sheets:
            text = f"wrote {_count(len(sheet.rows), 'record')} of {sheet.channel} to {out}"
            console.print(escape(text), soft_wrap=True)
        _print_next_steps(sorted({month for sheet in sheets for month in sheet.months}), profile)


@contextmanager
def _open_warehouse(settings: Settings) -> Iterator[Session]:
    """Opens the warehouse for a look, once no run holds it.

    Raises:
        ValueError: Nothing was made yet; a look makes no warehouse.
    """
    from govbiz_assets.build import build_warehouse
    from govbiz_assets.warehouse.vault import VAULT_FILE

    if not (settings.data_folder / VAULT_FILE).exists():
        raise ValueError(f"{settings.data_folder}: nothing was made yet; run: govbiz run")
    with build_warehouse(settings).open("govbiz quarantine", say=_say_on_stderr) as session:
        yield session


def _say_on_stderr(text: str) -> None:
    error_console.print(escape(text), soft_wrap=True)


def _months(text: str | None) -> tuple[date, ...]:
    return tuple(months_or_none(text) or ())


def _known_channels(settings: Settings, asked: str | None) -> dict[str, Channel]:
    """Returns the channels of the profile, its own ones included.

    Raises:
        ValueError: The one that was asked for is none of them.
    """
    from govbiz_assets.sources.profile import load_profile

    channels = load_profile(settings.profile, settings.profiles_folder).known_channels
    if asked is not None and asked not in channels:
        raise ValueError(f"{asked!r} is no channel; the channels are {', '.join(channels)}")
    return channels


def _describe(selection: Selection) -> str:
    parts = [month_name(month) for month in selection.months]
    parts += [name for name in (selection.channel, selection.rule, selection.field, selection.file) if name]
    return f" ({', '.join(parts)})" if parts else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _command(text: str, profile: str | None) -> str:
    return f"govbiz {text}" + (f" --profile {shlex.quote(profile)}" if profile else "")


def _run_again(months: Iterable[date], profile: str | None) -> str:
    """Returns the command that makes the months again."""
    return _command(f"run --months {','.join(month_name(month) for month in sorted(set(months)))}", profile)


def _group_json(group: RefusedGroup, profile: str | None) -> dict[str, Any]:
    return {
        "month": month_name(group.month),
        "channel": group.channel,
        "source_file": group.source_file,
        "rule": group.rule,
        "field": group.field,
        "reason": group.reason,
        "quarantined_count": group.quarantined_count,
        "received_count": group.received_count,
        "quarantined_ratio": group.quarantined_ratio,
        "run_again": _run_again([group.month], profile),
    }


def _print_groups(groups: Sequence[RefusedGroup], profile: str | None) -> None:
    table = Table(
        "month",
        "channel",
        Column("file", overflow="fold"),
        "rule",
        "field",
        Column("records", justify="right"),
        Column("of file", justify="right"),
        "reason",
    )
    for group in groups:
        table.add_row(
            month_name(group.month),
            group.channel,
            escape(group.source_file),
            group.rule,
            group.field or "-",
            f"{group.quarantined_count:,}",
            f"{group.quarantined_ratio:.2%}",
            escape(group.reason),
        )
    console.print(table)
    months = sorted({group.month for group in groups})
    total = sum(group.quarantined_count for group in groups)
    console.print(f"{_count(total, 'refused record')}. Look at them, or hand them out:")
    span = month_name(months[0]) if len(months) == 1 else f"{month_name(months[0])}..{month_name(months[-1])}"
    for text in (
        f"quarantine show {month_name(months[-1])}",
        f"quarantine export --month {span} --out refused.xlsx",
    ):
        console.print(f"  {escape(_command(text, profile))}", soft_wrap=True)
    _print_next_steps(months, profile)


def _records_table(records: Sequence[RefusedRecord]) -> Table:
    table = Table(
        Column("file", overflow="fold"),
        Column("row", justify="right"),
        "field",
        Column("delivered", overflow="fold"),
        "reason",
        "remedy",
    )
    for record in records:
        fault, remedy = record.fault_and_remedy
        text = record.delivered
        shown = text if len(text) <= _SHOWN_TEXT else f"{text[:_SHOWN_TEXT]}... ({len(text):,} characters)"
        cells = (record.source_file, f"{record.row_no}", record.field or "-", shown, fault, remedy)
        table.add_row(*(escape(cell) for cell in cells))
    return table


def _print_next_steps(months: Iterable[date], profile: str | None) -> None:
    console.print("Mend the rows in their files, or the profile's mapping; then take them in with:", soft_wrap=True)
    console.print(f"  {escape(_run_again(months, profile))}", soft_wrap=True)


def _warn_of_vault() -> None:
    _say_on_stderr("These records come from the vault: customers' data, only for those who may see it.")
