"""Every feature on a simulated province against hand-written SQL, and what must not change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date

import ibis
import polars as pl
import pytest

from govbiz_assets.contracts.columns_feature import FEATURE_NAMES
from govbiz_assets.contracts.month import add_months
from govbiz_assets.transforms.features.customer import FeatureInputs, customer_features
from govbiz_assets_tests.transforms.oracle import PRELUDE, QUERIES
from govbiz_assets_tests.transforms.province import CHANNELS, Province, clipped

DELIVERED = frozenset(CHANNELS)
DERIVED = {"owed_ratio", "kwh_per_kva", "load_factor_ratio"}


def features(province: Province, inputs: FeatureInputs, months: Sequence[date], delivered=DELIVERED) -> pl.DataFrame:
    rows = customer_features(inputs, months, delivered=delivered, attributes={})
    return province.engine.to_polars(rows.order_by(["month", "customer_id"]))


@pytest.fixture(scope="module")
def everything(province: Province) -> pl.DataFrame:
    return features(province, province.inputs, province.months)


@pytest.fixture(scope="module")
def expected(province: Province) -> dict[str, pl.DataFrame]:
    connection = province.engine.con
    for field in fields(province.inputs):
        sql = ibis.to_sql(getattr(province.inputs, field.name), dialect="duckdb")
        if field.name not in ("attributes", "industries"):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {field.name} AS {sql}")
    connection.execute(PRELUDE)
    return {name: connection.execute(query).pl() for name, query in QUERIES.items()}


@pytest.mark.parametrize("group", QUERIES)
def test_features_agree_with_hand_written_sql(
    everything: pl.DataFrame, expected: dict[str, pl.DataFrame], group: str
) -> None:
    wanted = expected[group]
    names = [name for name in wanted.columns if name not in ("month", "customer_id")]
    both = everything.select("month", "customer_id", *names).join(
        wanted, on=["month", "customer_id"], how="left", suffix="_wanted"
    )
    for name in names:
        # A division by zero is not a number in SQL; here it is unknown.
        found, oracle = both[name].cast(pl.Float64), both[f"{name}_wanted"].cast(pl.Float64).fill_nan(None)
        wrong = both.filter(
            (found.is_null() != oracle.is_null()) | ((found - oracle).abs() > 1e-9 * oracle.abs().clip(1.0))
        )
        assert wrong.select("month", "customer_id", name, f"{name}_wanted").rows() == []
        assert found.null_count() < len(found), f"{name} is never known"


def test_every_feature_has_an_oracle(expected: dict[str, pl.DataFrame]) -> None:
    covered = {name for wanted in expected.values() for name in wanted.columns}
    assert set(FEATURE_NAMES) - covered == DERIVED


def test_quotients_of_features_are_quotients(everything: pl.DataFrame) -> None:
    known = everything.filter(pl.col("run_kva") > 0, pl.col("kwh_month").is_not_null()).with_columns(
        hours=pl.col("month").dt.month_end().dt.day().cast(pl.Int64) * 24, kwh=pl.col("kwh_month").cast(pl.Float64)
    )
    assert len(known) > 1000
    assert (known["kwh_per_kva"] - known["kwh"] / known["run_kva"]).abs().max() < 1e-9
    assert (known["load_factor_ratio"] - known["kwh"] / known["run_kva"] / known["hours"]).abs().max() < 1e-9
    owing = everything.filter(pl.col("owed_cny") > 0)
    share = owing["owed_cny"].cast(pl.Float64) / owing["billed_12m_cny"].cast(pl.Float64)
    assert len(owing) > 50
    assert (owing["owed_ratio"] - share).abs().max() < 1e-9


def test_one_row_stands_for_each_customer_with_an_open_account(
    everything: pl.DataFrame, expected: dict[str, pl.DataFrame]
) -> None:
    keys = everything.select("month", "customer_id")
    assert keys.n_unique() == len(keys)
    assert keys.equals(expected["accounts"].select("month", "customer_id").sort("month", "customer_id"))


def test_months_one_by_one_equal_one_wide_window(province: Province, everything: pl.DataFrame) -> None:
    for month in (province.months[0], province.months[-2]):
        alone = features(province, clipped(province.inputs, month, month), [month])
        assert alone.equals(everything.filter(pl.col("month") == month))
    last = province.months[-3:]
    assert features(province, clipped(province.inputs, last[0], last[-1]), last).equals(
        everything.filter(pl.col("month") >= last[0])
    )


def test_the_order_of_rows_changes_nothing(province: Province, everything: pl.DataFrame) -> None:
    shuffled = {
        field.name: ibis.memtable(province.engine.to_polars(table).sample(fraction=1, shuffle=True, seed=7))
        for field in fields(province.inputs)
        if field.name != "attributes"
        for table in [getattr(province.inputs, field.name)]
    }
    month = province.months[-1]
    found = features(province, replace(province.inputs, **shuffled), [month])
    assert found.equals(everything.filter(pl.col("month") == month))


def test_nothing_later_than_the_month_is_known(province: Province, everything: pl.DataFrame) -> None:
    month = province.months[13]
    wanted = everything.filter(pl.col("month") == month)
    monthly = [field.name for field in fields(province.inputs) if field.name != "industries"]
    without, altered = {}, {}
    for name in monthly:
        rows = getattr(province.inputs, name)
        without[name] = rows.filter(rows.month <= month)
        is_later = rows.month > month
        # What comes later is moved to other owners and made larger, so that any look at it shows.
        changes = {
            column: is_later.ifelse(rows[column] * 3 + 7, rows[column]).cast(dtype)
            for column, dtype in rows.schema().items()
            if dtype.is_numeric() and column != "row_no"
        }
        for key in ("account_id", "customer_id"):
            if key in rows.columns:
                changes[key] = is_later.ifelse(rows[key].reverse(), rows[key])
        altered[name] = rows.mutate(**changes)
    assert features(province, replace(province.inputs, **without), [month]).equals(wanted)
    assert features(province, replace(province.inputs, **altered), [month]).equals(wanted)
    # The same alteration of what is not later does show.
    assert not everything.filter(pl.col("month") == add_months(month, 1)).equals(wanted)


CHANNEL_FEATURES = {
    "usage": ("kwh_month", "kwh_12m", "usage_months", "silent_day_ratio", "peak_ratio", "load_factor_ratio"),
    "bills": ("billed_month_cny", "owed_cny", "late_12m_count", "days_to_pay", "owed_ratio"),
    "payments": ("owed_cny", "owed_ratio", "late_3m_count", "late_12m_count", "partial_12m_count", "days_to_pay"),
    "tickets": ("ticket_12m_count", "ticket_age_days", "complaint_3m_count", "satisfaction_mean"),
    "subscriptions": ("product_count", "product_fee_cny", "product_started_12m_count"),
    "weather": ("cooling_degree_days", "heating_degree_days"),
    "industries": ("is_high_energy",),
}


@pytest.mark.parametrize(
    "absent", [("usage",), ("bills", "tickets"), ("payments", "weather"), ("subscriptions", "industries")]
)
def test_absent_channels_give_null_and_never_zero(
    province: Province, everything: pl.DataFrame, absent: tuple[str, ...]
) -> None:
    month = province.months[-1]
    inputs = replace(province.inputs, **{name: getattr(province.inputs, name).limit(0) for name in absent})
    found = features(province, inputs, [month], DELIVERED - {name.removesuffix("s") for name in absent})
    complete = everything.filter(pl.col("month") == month)
    unknown = {feature for name in absent for feature in CHANNEL_FEATURES[name]}
    assert {name for name in unknown if found[name].null_count() < len(found)} == set()
    others = [name for names in CHANNEL_FEATURES.values() for name in names if name not in unknown]
    for name in {*others, "account_count", "run_contract_ratio"} - _reached_by(absent):
        assert found[name].equals(complete[name]), name


def _reached_by(absent: tuple[str, ...]) -> set[str]:
    """Returns features of other channels that need an absent one as well."""
    return {"partial_12m_count", "late_3m_count"} if "bills" in absent else set()


def test_nothing_delivered_gives_no_row_and_no_error(province: Province) -> None:
    empty = {field.name: getattr(province.inputs, field.name).limit(0) for field in fields(province.inputs)}
    assert features(province, FeatureInputs(**empty), province.months).is_empty()
    only = {**empty, "customers": province.inputs.customers, "accounts": province.inputs.accounts}
    found = features(province, FeatureInputs(**only), province.months, frozenset({"customer", "account"}))
    assert len(found) > 1000
    assert found["kwh_month"].null_count() == found["owed_cny"].null_count() == len(found)
    assert found["account_count"].null_count() == 0
