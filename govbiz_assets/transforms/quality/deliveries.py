"""What reading and cleaning did, counted by the same defects: files, styles, refused and repeated records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from govbiz_assets.contracts.channel import CHANNEL_BY_NAME, CHANNELS, FieldKind
from govbiz_assets.transforms.quality.judged import Finding, Judged
from govbiz_assets.transforms.stack import stack

_UTF8 = ("utf-8", "utf-8-sig")
_HEADER_RULES = ("broken_header", "reserved_header", "ambiguous_header", "duplicate_header", "missing_column")
_FILE_DEFECTS = ("decoded_file", "undecodable_file", "unusable_header", "broken_file", "duplicate_file")
_RECORD_DEFECTS = (
    *("broken_record", "blank_required", "unreadable_date", "unreadable_number", "unreadable_flag"),
    *("impossible_value", "other_month"),
)
_PLACES = ("checked_count", "found_count")
_KEY = ["month", "channel", "defect"]


def judge_files(manifest: ibis.Table, first: date, closing_day: int | None) -> Judged:
    """Judges the accepted files: columns that nothing takes (D4), landed after the month was closed (D26).

    Args:
        manifest: `quality.file_manifest` up to the last judged month.
        first: First judged month.
        closing_day: Day of the following month on which a month is closed; None where none is agreed.
    """
    rows = manifest.filter(manifest.month >= ibis.literal(first), manifest.file_status == "accepted")
    findings = [Finding("unmapped_header", rows.unmapped_headers.notnull())]
    if closing_day is not None:
        closing = (rows.month + ibis.interval(months=1) + ibis.interval(days=closing_day)).cast("date")
        landed = rows.loaded_at.cast("date")
        # The whole of the closing day is in time.
        findings.append(Finding("late_file", landed >= closing, landed.delta(closing, unit="day") + 1))
    return Judged(None, rows, tuple(findings), "source_file")


def delivery_counts(
    manifest: ibis.Table, raw: Mapping[str, ibis.Table], row_account: ibis.Table, quarantine: ibis.Table
) -> ibis.Table:
    """Counts what was put right or kept out on the way to the cleaned tables.

    Args:
        manifest: `quality.file_manifest`.
        raw: Raw table of each delivered channel, of the same months.
        row_account: `quality.row_account`, of the same months.
        quarantine: `quality.quarantine`, of the same months.

    Returns:
        `month`, `channel`, `defect`, `checked_count`, `found_count`.
    """
    parts = [_files(manifest), *_styles(raw), *_records(row_account, quarantine)]
    return stack([part.select(*_KEY, *_PLACES) for part in parts])


def _files(manifest: ibis.Table) -> ibis.Table:
    files = manifest.filter(manifest.file_status != "ignored")
    refused = files.file_status == "refused"
    rule = files.rule.fill_null("")
    defect = ibis.cases(
        (refused & (rule == "undecodable"), "undecodable_file"),
        (refused & rule.isin(_HEADER_RULES), "unusable_header"),
        (refused & (rule == "duplicate_content"), "duplicate_file"),
        (refused, "broken_file"),
        (~files.encoding.fill_null("utf-8").isin(_UTF8), "decoded_file"),
        else_=ibis.null("string"),
    )
    files = files.mutate(defect=defect)
    checked = files.group_by(["month", "channel"]).aggregate(checked_count=files.count())
    return _with_found(checked, files, _FILE_DEFECTS)


def _records(row_account: ibis.Table, quarantine: ibis.Table) -> list[ibis.Table]:
    received = row_account.group_by(["month", "channel"]).aggregate(
        checked_count=row_account.received_count.sum().cast("int64"),
        duplicates=row_account.duplicate_count.sum().cast("int64"),
        superseded=row_account.superseded_count.sum().cast("int64"),
    )
    refused = quarantine.mutate(defect=_record_defect(quarantine))
    checked = received.select("month", "channel", "checked_count")
    usage = checked.filter(checked.channel == "usage")
    is_bill = received.channel == "bill"
    repeated = (
        ("duplicate_record", received.duplicates, ibis.literal(True)),
        ("superseded_record", received.superseded, ~is_bill),
        ("bill_number_repeated", received.superseded, is_bill),
    )
    return [
        *(
            received.filter(where).mutate(defect=ibis.literal(name), found_count=found)
            for name, found, where in repeated
        ),
        _with_found(checked, refused, _RECORD_DEFECTS),
        _with_found(usage, refused, ("energy_out_of_range",)),
    ]


def _record_defect(quarantine: ibis.Table) -> ir.StringValue:
    rule, field = quarantine.rule, quarantine.field.fill_null("")
    dates = [name for kind in ("date", "month", "timestamp") for name in _fields(kind)]  # type: ignore[arg-type]
    return ibis.cases(
        (rule == "missing_value", "blank_required"),
        ((rule == "unparsable") & field.isin(dates), "unreadable_date"),
        ((rule == "unparsable") & field.isin(_fields("flag")), "unreadable_flag"),
        (rule == "unparsable", "unreadable_number"),
        ((rule == "out_of_range") & (quarantine.channel == "usage"), "energy_out_of_range"),
        (rule == "out_of_range", "impossible_value"),
        (rule == "wrong_month", "other_month"),
        else_="broken_record",
    )


def _fields(kind: FieldKind) -> list[str]:
    return sorted({field.name for channel in CHANNELS for field in channel.fields if field.kind == kind})


def _with_found(checked: ibis.Table, found: ibis.Table, defects: Sequence[str]) -> ibis.Table:
    """Counts defects beside what was looked at, 0 where none was found."""
    found = found.filter(found.defect.notnull())
    counted = found.group_by(_KEY).aggregate(found_count=found.count())
    asked = checked.mutate(defect=ibis.array([ibis.literal(name) for name in defects]).unnest())
    rows = asked.left_join(counted, _KEY)
    return rows.mutate(found_count=rows.found_count.fill_null(0)).select(*_KEY, *_PLACES)


def _styles(raw: Mapping[str, ibis.Table]) -> list[ibis.Table]:
    """Counts values of text formats that the engine itself would not have read, in one pass per channel.

    They were then read by their style, or refused; the refused ones are counted by their own defects as well.
    """
    parts = []
    for name, rows in raw.items():
        fields = [field for field in CHANNEL_BY_NAME[name].fields if rows[field.name].type().is_string()]
        styles = {
            "date_style": [(rows[field.name], _is_odd_date) for field in fields if field.kind == "date"],
            "number_style": [(rows[field.name], _is_odd_number) for field in fields if field.kind == "number"],
        }
        by_defect = {defect: values for defect, values in styles.items() if values}
        if not by_defect:
            continue
        counts = {}
        for defect, values in by_defect.items():
            # Blank text costs a look at each value; a cell that holds nothing is empty.
            given = [value.fill_null("") != "" for value, _ in values]
            odd = [there & is_odd(value) for there, (value, is_odd) in zip(given, values, strict=True)]
            counts[f"{defect}_checked"], counts[f"{defect}_found"] = _total(given), _total(odd)
        counted = rows.group_by("month").aggregate(**counts)
        defects = [
            ibis.struct(
                {
                    "defect": ibis.literal(defect),
                    "checked_count": counted[f"{defect}_checked"],
                    "found_count": counted[f"{defect}_found"],
                }
            )
            for defect in by_defect
        ]
        counted = counted.select("month", channel=ibis.literal(name), place=ibis.array(defects).unnest())
        parts.append(counted.mutate(**{column: counted.place[column] for column in ("defect", *_PLACES)}))
    return parts


def _is_odd_date(value: ir.StringValue) -> ir.BooleanValue:
    return (value.try_cast("date").cast("string") != value).fill_null(True)


def _is_odd_number(value: ir.StringValue) -> ir.BooleanValue:
    return value.try_cast("float64").isnull()


def _total(flags: Sequence[ir.BooleanValue]) -> ir.Value:
    return reduce(add, (flag.ifelse(1, 0).cast("int64") for flag in flags)).sum().cast("int64")
