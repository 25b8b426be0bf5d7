from __future__ import annotations

from datetime import date

import pytest

from govbiz_assets.assets.catalog import table_assets
from govbiz_assets.assets.table_asset import TableAsset, TableInput, same_month, table_asset, trailing
from govbiz_assets.automation.restatement import RunSlice, plan_runs, table_reach
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.month import add_months, month_range
from govbiz_assets.contracts.table import TableContract

JAN = date(2024, 1, 1)
TABLE_ASSETS = table_assets()


def month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def table(layer: str, name: str) -> TableContract:
    columns = (Column("month", "DATE", "Month."), Column("n", "BIGINT", "Count."))
    return TableContract(
        layer, name, f"Table {name}.", "one month", columns, key=("month",), required=frozenset({"month"})
    )


def makes(contract: TableContract, **ins: TableInput) -> TableAsset:
    return table_asset(contract, ins=ins)(lambda: None)


# raw.a -> cleaned.b -> features.c sees 3 months -> churn.d sees 2 months of c and 4 of b; reference.r is its own.
RAW, CLEANED, FEATURES = table("raw", "a"), table("cleaned", "b"), table("features", "c")
CHURN, REFERENCE = table("churn", "d"), table("reference", "r")
TOY = (
    makes(REFERENCE),
    makes(RAW),
    makes(CLEANED, a=same_month(RAW), r=same_month(REFERENCE)),
    makes(FEATURES, b=trailing(CLEANED, 3)),
    makes(CHURN, c=trailing(FEATURES, 2), b=trailing(CLEANED, 4)),
)


def test_the_reach_of_a_table_adds_the_windows_on_the_longest_way_to_it() -> None:
    # c: 3 - 1 = 2 months; d: the longer of 2 + (2 - 1) by way of c, and 4 - 1 from b, which are both 3.
    assert table_reach(TOY) == {"raw.a": 0, "cleaned.b": 0, "features.c": 2, "churn.d": 3}
    assert table_reach(TOY[::-1]) == table_reach(TOY)


def test_the_reach_of_the_real_tables_is_what_their_declared_windows_add_up_to() -> None:
    reach = table_reach(TABLE_ASSETS)
    # Whatever was once said of a customer number counts: identities, and what is told of customers, see all history.
    ever = 240 - 1
    by_hand = {
        "raw.usage": 0,
        "cleaned.bill": 0,
        "cleaned.usage_monthly": 0,
        "identity.source_record": 0,
        "identity.membership_monthly": ever,
        "cleaned.customer_monthly": ever,
        "quality.row_account": ever,
        "cleaned.identity_event": ever + 2 - 1,
        "churn.label_monthly": ever + 1 + 9 - 1,
        "cleaned.charge_monthly": 0,
        "cleaned.meter_usage_monthly": 3 - 1,
        "quality.flag_monthly": ever + 2 - 1,
        "quality.rule_count_monthly": ever + 2 - 1,
        "forecasts.load_daily": 13 - 1,
        "features.customer_monthly": ever + 15 - 1,
        "clusters.assignment_monthly": ever + 14,
        "rules.association_monthly": ever + 14 + 2 - 1,
        "churn.score_monthly": ever + 14 + 21 - 1,
        "forecasts.series_monthly": ever + 36 - 1,
        "forecasts.accuracy_monthly": ever + 35 + 4 - 1,
        "churn.metric_monthly": ever + 34 + 9 - 1,
        "forecasts.selection_monthly": ever + 38 + 12 - 1,
        "churn.selection_monthly": ever + 42 + 12 - 1,
    }
    assert {name: reach[name] for name in by_hand} == by_hand
    assert not [name for name in reach if name.startswith("reference.")], "reference tables do not change with raw data"


@pytest.mark.parametrize("assets", [TOY, TABLE_ASSETS], ids=["toy", "real"])
def test_a_table_reaches_at_least_as_far_as_what_it_is_made_of(assets: tuple[TableAsset, ...]) -> None:
    reach = table_reach(assets)
    for asset in assets:
        for given in asset.ins.values():
            source = given.contract.full_name
            if source in reach:
                assert all(reach[own.full_name] >= reach[source] + given.months - 1 for own in asset.contracts)


def test_a_restated_month_is_followed_by_exactly_the_months_whose_windows_cover_it() -> None:
    year = month_range(JAN, month("2024-12"))
    assert plan_runs([month("2024-03")], year, TOY) == [
        RunSlice(month("2024-03"), month("2024-03")),
        RunSlice(month("2024-04"), month("2024-05"), frozenset({"features.c", "churn.d"})),
        RunSlice(month("2024-06"), month("2024-06"), frozenset({"churn.d"})),
    ]


def test_a_new_last_month_starts_nothing_else() -> None:
    assert plan_runs([month("2024-06")], month_range(JAN, month("2024-05")), TOY) == [
        RunSlice(month("2024-06"), month("2024-06"))
    ]


def test_neighbouring_months_share_a_run_and_months_that_do_not_exist_are_not_made() -> None:
    changed = [month("2024-02"), JAN]
    existing = [month("2024-02"), month("2024-04"), month("2024-06")]
    assert plan_runs(changed, existing, TOY) == [
        RunSlice(JAN, month("2024-02")),
        RunSlice(month("2024-04"), month("2024-04"), frozenset({"features.c", "churn.d"})),
    ]


def test_a_later_month_that_two_changed_months_reach_is_made_once_and_after_both() -> None:
    year = month_range(JAN, month("2024-12"))
    assert plan_runs([JAN, month("2024-03")], year, TOY) == [
        RunSlice(JAN, JAN),
        RunSlice(month("2024-02"), month("2024-02"), frozenset({"features.c", "churn.d"})),
        RunSlice(month("2024-03"), month("2024-03")),
        RunSlice(month("2024-04"), month("2024-05"), frozenset({"features.c", "churn.d"})),
        RunSlice(month("2024-06"), month("2024-06"), frozenset({"churn.d"})),
    ]


def test_nothing_changed_plans_nothing() -> None:
    assert plan_runs([], [JAN], TOY) == []


@pytest.mark.parametrize("changed", [["2024-01"], ["2024-02", "2024-05"], ["2024-01", "2024-03", "2024-04"]])
def test_the_plan_covers_the_closure_of_the_windows_on_the_real_graph(changed: list[str]) -> None:
    existing = month_range(JAN, add_months(JAN, 35))
    starts = {month(text) for text in changed}

    def months_left(m: date) -> int:
        return (existing[-1].year - m.year) * 12 + existing[-1].month - m.month + 1

    # The oracle walks the windows table by table and month by month, without the notion of a reach.
    touched = {(c.full_name, m) for a in TABLE_ASSETS for c in a.contracts if c.layer == "raw" for m in starts}
    while True:
        more = {
            (own.full_name, add_months(m, later))
            for asset in TABLE_ASSETS
            for given in asset.ins.values()
            for name, m in touched
            if name == given.contract.full_name
            for later in range(min(given.months, months_left(m)))
            for own in asset.contracts
        }
        if more <= touched:
            break
        touched |= more
    planned = [
        (name, m)
        for run in plan_runs(starts, existing, TABLE_ASSETS)
        for m in run.months
        for name in (run.tables if run.tables is not None else table_reach(TABLE_ASSETS))
    ]
    expected = {(name, m) for name, m in touched if m in existing and m not in starts}
    expected |= {(name, m) for name in table_reach(TABLE_ASSETS) for m in starts}
    assert sorted(planned) == sorted(expected), "each table and month once, no more and no fewer"
    assert [m for _, m in planned] == sorted(m for _, m in planned), "earlier months first"
