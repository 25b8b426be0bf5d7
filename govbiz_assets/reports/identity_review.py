"""The review list: pairs of customer numbers for a person to decide, and to deliver again.

It names organisations and is made for people who may see them. Filled in and put into a month's landing folder it is a
delivery of the channel `decision`, which reads its first three columns.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from govbiz_assets.contracts.channel import DECISION
from govbiz_assets.contracts.month import month_name
from govbiz_assets.contracts.tables_identity import REVIEW, SOURCE_RECORD
from govbiz_assets.warehouse.session import Session

UNDECIDED = "待定"
_SHOWN = {
    "customer_name": "客户名称",
    "code_text": "统一社会信用代码",
    "contact_phone": "联系电话",
    "address": "地址",
}


def write_review(session: Session, month: date, path: Path) -> int:
    """Writes the review list of a month as a workbook and returns the number of pairs.

    Args:
        session: The open warehouse.
        month: Month whose list is wanted.
        path: Workbook to write.
    """
    asked, known = session.stored(REVIEW), session.stored(SOURCE_RECORD)
    pairs: pl.DataFrame = session.backend.to_polars(asked.filter(asked.month == month))
    numbers = pl.concat([pairs["customer_no_l"], pairs["customer_no_r"]]).unique().to_list()
    known = known.filter(known.month <= month, known.customer_no.isin(numbers)) if numbers else known.limit(0)
    records = session.backend.to_polars(known.select("month", "customer_no", *_SHOWN))
    path.touch(mode=0o600)
    path.chmod(0o600)
    review_frame(pairs, records).write_excel(path, worksheet=month_name(month), autofit=True)
    return int(pairs.height)


def review_frame(pairs: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Lays the list out: what comes back first, then why, then both records side by side; the likeliest pair first.

    Args:
        pairs: Rows of `identity.review_monthly` of one month.
        records: Rows of `identity.source_record` up to that month.
    """
    latest = records.sort("month").group_by("customer_no").last().drop("month")
    headers = {field.name: field.headers[0] for field in DECISION.fields}
    frame = pairs.sort(["match_probability", "customer_no_l", "customer_no_r"], descending=[True, False, False])
    shown = [
        pl.col("customer_no_l").alias(headers["customer_no_l"]),
        pl.col("customer_no_r").alias(headers["customer_no_r"]),
        pl.lit(UNDECIDED).alias(headers["decision"]),
        pl.col("reason").alias("原因"),
        pl.col("match_probability").round(4).alias("概率"),
        pl.col("evidence").alias("依据"),
    ]
    for side, mark in (("l", "甲"), ("r", "乙")):
        named = latest.rename({name: f"{name}_{side}" for name in _SHOWN})
        frame = frame.join(named, left_on=f"customer_no_{side}", right_on="customer_no", how="left")
        shown += [pl.col(f"{name}_{side}").alias(f"{header}{mark}") for name, header in _SHOWN.items()]
    return frame.select(shown)
