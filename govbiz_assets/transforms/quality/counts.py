"""From what was found to the rows of the quality tables: rule, action and reason of each defect, and the counter."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from govbiz_assets.contracts.quality_rules import DEFECT_BY_NAME, RULE_BY_DEFECT
from govbiz_assets.contracts.tables_source import FLAG
from govbiz_assets.transforms.quality.judged import VALUES, Judged, needed_count

_KEY = ["month", "channel", "defect"]
_COUNTS = (*_KEY, "checked_count", "found_count")
_ABOUT = ("month", "channel", "subject_id", "subject_date", "account_id", "customer_id")
_FLAG: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(_ABOUT, pl.String),
    "month": pl.Date,
    "subject_date": pl.Date,
    "defect": pl.String,
    "rule_id": pl.String,
    "reason": pl.String,
    "value": pl.Float64,
    "expected": pl.Float64,
    "impact_kwh": pl.Decimal(18, 3),
    "impact_cny": pl.Decimal(18, 2),
    "other_id": pl.String,
}


def flags(judged: Sequence[Judged], marked: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Returns the rows of `quality.flag_monthly`: one for each finding of each marked row.

    Args:
        judged: What was judged.
        marked: The rows of `marked_rows` of each, in the same order.
    """
    parts = [pl.DataFrame(schema=_FLAG)]
    for subject, rows in zip(judged, marked, strict=True):
        for place, finding in enumerate(subject.findings):
            found = rows.filter(pl.col(f"is_{place}"))
            about = [pl.col(name) for name in _ABOUT if name in rows.columns]
            values = [pl.col(f"{name}_{place}").alias(name) for name in VALUES if f"{name}_{place}" in rows.columns]
            labels = {
                "defect": finding.defect,
                "rule_id": RULE_BY_DEFECT[finding.defect],
                "reason": DEFECT_BY_NAME[finding.defect].reason,
            }
            parts.append(found.select(*about, *values, **{name: pl.lit(text) for name, text in labels.items()}))
    return pl.concat(parts, how="diagonal").select(FLAG.column_names)


def rule_counts(
    judged: Sequence[Judged],
    checked: pl.DataFrame,
    row_account: pl.DataFrame,
    found: pl.DataFrame,
    delivered: Sequence[pl.DataFrame],
) -> pl.DataFrame:
    """Returns the rows of `quality.rule_count_monthly`.

    Args:
        judged: What was judged.
        checked: The rows of `checked_counts` of the same.
        row_account: `quality.row_account` of the same months.
        found: The flags of the same.
        delivered: What was counted of files and records on their way.
    """
    kept = row_account.group_by("month", "channel").agg(checked_count=pl.col("kept_count").sum())
    kept = kept.filter(pl.col("checked_count") > 0)
    parts = []
    for position, subject in enumerate(judged):
        if subject.looked_at is None:
            rows = kept.filter(pl.col("channel") == subject.channel)
        else:
            rows = checked.filter(pl.col("subject") == position)
        for finding in subject.findings:
            count = needed_count(subject.needs.index(finding.needs)) if finding.needs else "checked_count"
            parts.append(rows.select("month", "channel", defect=pl.lit(finding.defect), checked_count=count))
    counted = pl.concat(parts, how="vertical_relaxed").join(
        found.group_by(_KEY).agg(found_count=pl.len()), on=_KEY, how="left"
    )
    counted = counted.with_columns(pl.col("found_count").fill_null(0))
    return with_rules(
        pl.concat([counted.select(*_COUNTS), *(part.select(*_COUNTS) for part in delivered)], how="vertical_relaxed")
    )


def with_rules(counts: pl.DataFrame) -> pl.DataFrame:
    """Adds rule and action of each defect to counts of it."""
    actions = {name: defect.action for name, defect in DEFECT_BY_NAME.items()}
    return counts.with_columns(
        pl.col("checked_count", "found_count").cast(pl.Int64),
        rule_id=pl.col("defect").replace_strict(RULE_BY_DEFECT, return_dtype=pl.String),
        action=pl.col("defect").replace_strict(actions, return_dtype=pl.String),
    )
