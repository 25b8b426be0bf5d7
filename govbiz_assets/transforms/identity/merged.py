"""Several records of one organisation in one month: one is kept, the others are set aside and fill its gaps.

The record of the eldest customer number is kept, so that the fields of an organisation do not jump from month to month.
"""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.transforms.pseudonym import of_organisation, pseudonym

NUMBER = "customer_no"
_SUPERIOR_NUMBER, _SUPERIOR = "parent_customer_no", "parent_customer_id"
_POSITION = ("source_file", "row_no")


def merged_records(parsed: ibis.Table, repeated: ibis.Table, channel: Channel, members: ibis.Table) -> ibis.Table:
    """Finds the sound records that are not kept because another number of their organisation says the same key.

    Args:
        parsed: Rows of `parse_records`.
        repeated: Records that are set aside already (`repeated_records`).
        channel: The channel; its key holds the customer number.
        members: `identity.membership_monthly`.

    Returns:
        Rows as `repeated_records` gives them, with the disposition `merged`.
    """
    rows = _by_age(parsed, repeated, channel, members)
    losers = rows.filter(rows.age_rank > 0)
    return losers.select(
        "month",
        *channel.key,
        "loaded_at",
        *_POSITION,
        kept_source_file="first_source_file",
        kept_row_no="first_row_no",
        disposition=ibis.literal("merged"),
    )


def with_gaps_filled(
    kept: ibis.Table, parsed: ibis.Table, repeated: ibis.Table, channel: Channel, members: ibis.Table
) -> ibis.Table:
    """Fills what the kept record of an organisation leaves open from its other records, the eldest number first.

    A number that names another number of its own organisation as superior leaves open who the superior is.

    Args:
        kept: Records that are kept, by `month` and `customer_id`.
        parsed: Rows of `parse_records`.
        repeated: Records that are set aside, merged ones among them.
        channel: The channel.
        members: `identity.membership_monthly`.
    """
    others = repeated.filter(repeated.disposition != "merged")
    rows = _by_age(parsed, others, channel, members)
    rows = rows.mutate(**{_SUPERIOR: pseudonym("c", rows[_SUPERIOR_NUMBER])})
    rows = of_organisation(rows, members, _SUPERIOR_NUMBER)
    keys = ("month", "customer_id", *_POSITION)
    said = {name: _said(rows, name) for name in kept.columns if name in rows.columns and name not in keys}
    known = rows.group_by(["month", "customer_id"]).aggregate(
        **{f"{name}_known": value.argmin(rows.age_rank, where=value.notnull()) for name, value in said.items()}
    )
    rows = kept.left_join(known, ["month", "customer_id"]).drop("month_right", "customer_id_right")
    filled = {name: ibis.coalesce(_said(rows, name), rows[f"{name}_known"], rows[name]) for name in said}
    return rows.mutate(**filled).select(*kept.columns)


def _said(rows: ibis.Table, name: str) -> ir.Column:
    value = rows[name]
    return cast("ir.Column", value.nullif(rows.customer_id)) if name == _SUPERIOR else value


def _by_age(parsed: ibis.Table, repeated: ibis.Table, channel: Channel, members: ibis.Table) -> ibis.Table:
    """Returns the sound records of organisations with several numbers, ranked by the age of their number."""
    several = members.filter(members.member_count > 1).select("month", NUMBER, "customer_id", "first_month")
    rows = parsed.filter(parsed.problem.isnull()).join(several, ["month", NUMBER])
    rows = rows.anti_join(repeated, ["month", *_POSITION])
    others = [name for name in channel.key if name != NUMBER]
    by_age = ibis.window(group_by=["month", "customer_id", *others], order_by=["first_month", NUMBER])
    return rows.mutate(
        age_rank=ibis.row_number().over(by_age),
        first_source_file=rows.source_file.first().over(by_age),
        first_row_no=rows.row_no.first().over(by_age),
    )
