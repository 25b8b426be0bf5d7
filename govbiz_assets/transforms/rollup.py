"""Customers, capacity, energy and money by group, division and industry, so that each level adds up to the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir
import polars as pl

from govbiz_assets.transforms.stack import stack
from govbiz_assets.transforms.validity import with_code_in_force

_COUNTS = ("customer_count", "listed_account_count", "metering_point_count")
MEASURES = {
    **dict.fromkeys(_COUNTS, "int64"),
    **dict.fromkeys(("contract_kva", "run_kva", "kwh"), "decimal(18, 3)"),
    "total_cny": "decimal(18, 2)",
}
"""What is summed, with types in which sums do not hang on the order of rows."""
LEVELS = (
    ("group", "group"),
    *(("division", level) for level in ("province", "city", "county")),
    *(("industry", level) for level in ("section", "division")),
)
"""Each dimension with its levels, from the widest to the narrowest."""
NONE, UNKNOWN = "none", "unknown"
_CODES = ("month", "group_member", "division_code", "industry_code")


@dataclass(frozen=True)
class RollupInputs:
    """Tables of the months asked for, under the names of the cleaned and the reference layer."""

    hierarchy: ibis.Table
    customers: ibis.Table
    accounts: ibis.Table
    usage: ibis.Table
    charges: ibis.Table
    divisions: ibis.Table
    industries: ibis.Table


def monthly_rollup(inputs: RollupInputs) -> ibis.Table:
    """Sums each month by the members of each level: the rows of `cleaned.rollup_monthly`.

    A customer counts under its own codes; accounts, metering points, capacity, energy and money under the account's,
    where the archive gives it none under its customer's. What has no code on a level counts there under the code
    above, what has none at all, or one that is not listed, under `unknown`. Money is what was billed in the month.
    """
    rows = stack([_customers(inputs), _accounts(inputs)])
    rows = _summed(rows, [*_CODES])
    rows = with_code_in_force(rows, inputs.divisions, "division_code")
    rows = with_code_in_force(rows, inputs.industries, "industry_code")
    places = inputs.divisions.select(
        "province_code", "prefecture_code", "county_code", place_code=inputs.divisions.division_code
    )
    trades = inputs.industries.select("section_code", trade_code=inputs.industries.industry_code)
    rows = rows.left_join(places, [("division_code", "place_code")])
    rows = rows.left_join(trades, [("industry_code", "trade_code")])
    rows = rows.cross_join(rollup_levels())
    rolled = _summed(rows.mutate(member=_member(rows)), ["month", "dimension", "level", "member"])
    return rolled.cast({"contract_kva": "float64", "run_kva": "float64"})


def rollup_levels() -> ibis.Table:
    """Returns the LEVELS as rows: `dimension`, `level`."""
    return ibis.memtable(pl.DataFrame(list(LEVELS), schema=["dimension", "level"], orient="row"))


def _member(rows: ibis.Table) -> ir.StringValue:
    prefecture = ibis.coalesce(rows.prefecture_code, rows.province_code)
    codes = {
        "group": rows.group_member,
        "province": rows.province_code,
        "city": prefecture,
        "county": ibis.coalesce(rows.county_code, prefecture),
        "section": rows.section_code,
        "division": rows.trade_code,
    }
    code = ibis.cases(*((rows.level == level, codes[level]) for _, level in LEVELS))
    return cast("ir.StringValue", code.fill_null(UNKNOWN))


def _customers(inputs: RollupInputs) -> ibis.Table:
    customers = inputs.customers
    nodes = inputs.hierarchy.filter(inputs.hierarchy.node_level == "organisation")
    rows = customers.left_join(_groups(nodes, "customer_id"), ["month", "customer_id"])
    return measured(rows, *_CODES, customer_count=ibis.literal(1))


def _accounts(inputs: RollupInputs) -> ibis.Table:
    """Returns what is counted by account, also of accounts that the archive does not list."""
    accounts, hierarchy = inputs.accounts, inputs.hierarchy
    points = hierarchy.filter(hierarchy.node_level == "metering_point")
    key = ("month", "account_id")
    parts = [
        measured(
            accounts,
            *key,
            listed_account_count=ibis.literal(1),
            contract_kva=accounts.contract_kva,
            run_kva=accounts.run_kva,
        ),
        measured(points, *key, metering_point_count=ibis.literal(1)),
        measured(inputs.usage, *key, kwh=inputs.usage.kwh),
        measured(inputs.charges, *key, total_cny=inputs.charges.total_cny),
    ]
    rows = _summed(stack(parts), [*key])
    homes = inputs.customers.select("month", "customer_id", home_code="division_code", trade_code="industry_code")
    owned = accounts.left_join(homes, ["month", "customer_id"])
    codes = owned.select(
        *key,
        division_code=ibis.coalesce(owned.division_code, owned.home_code),
        industry_code=ibis.coalesce(owned.industry_code, owned.trade_code),
    )
    rows = rows.left_join(codes, [*key]).drop("month_right", "account_id_right")
    rows = rows.left_join(_groups(hierarchy.filter(hierarchy.node_level == "account"), "account_id"), [*key])
    return measured(rows, *_CODES, **{name: rows[name] for name in MEASURES})


def _groups(nodes: ibis.Table, key: str) -> ibis.Table:
    return nodes.select("month", key, group_member=nodes.group_id.fill_null(NONE))


def measured(rows: ibis.Table, *keys: str, **values: ir.Value) -> ibis.Table:
    """Lays rows out under their keys and all measures of a roll-up, null where they say nothing.

    Args:
        rows: The rows.
        keys: Columns that are kept.
        values: What the rows say, by measure; each is cast to the measure's exact type.
    """
    measures = {
        name: values[name].cast(dtype) if name in values else ibis.null(dtype) for name, dtype in MEASURES.items()
    }
    return rows.select(*keys, **measures)


def _summed(rows: ibis.Table, keys: list[str]) -> ibis.Table:
    sums = {name: rows[name].sum().cast(dtype) for name, dtype in MEASURES.items()}
    counts = {name: sums[name].fill_null(0) for name in _COUNTS}
    return rows.group_by(keys).aggregate(**{**sums, **counts})
