"""The row account balances, and shows where it does not."""

from __future__ import annotations

from datetime import date
from typing import Any

from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.tables_cleaned import PAYMENT, USAGE_DAILY
from govbiz_assets.contracts.tables_source import QUARANTINE, RAW_TABLES, ROW_ACCOUNT, SET_ASIDE
from govbiz_assets.transforms.account import row_account
from govbiz_assets_tests.transforms.tables import table

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def places(*files: tuple[date, str | None], **values: Any) -> list[dict[str, Any]]:
    return [{"month": month, "source_file": file} | values for month, file in files]


def account(engine: Backend, **rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    counted = row_account(
        raw={
            "usage": table(RAW_TABLES["usage"], rows["usage"]),
            "payment": table(RAW_TABLES["payment"], rows["payment"]),
        },
        cleaned={"usage": table(USAGE_DAILY, rows["kept"]), "payment": table(PAYMENT)},
        set_aside=table(SET_ASIDE, rows["set_aside"]),
        quarantine=table(QUARANTINE, rows["quarantine"]),
    )
    assert set(counted.columns) == set(ROW_ACCOUNT.column_names)
    ordered = counted.select(*ROW_ACCOUNT.column_names)
    return {row[:3]: row[3:] for row in engine.to_polars(ordered).rows()}


def test_each_place_of_each_file_is_counted(engine: Backend) -> None:
    found = account(
        engine,
        usage=places(*[(JANUARY, "a.csv")] * 6, (JANUARY, "b.csv"), (FEBRUARY, "a.csv")),
        payment=places((JANUARY, "a.csv")),
        # A row without a file was made by the house and was not received.
        kept=places(*[(JANUARY, "a.csv")] * 2, (FEBRUARY, "a.csv"), (JANUARY, None)),
        set_aside=[
            *places((JANUARY, "a.csv"), channel="usage", disposition="duplicate"),
            *places(*[(JANUARY, "a.csv")] * 2, channel="usage", disposition="superseded"),
        ],
        quarantine=places((JANUARY, "a.csv"), (JANUARY, "b.csv"), channel="usage"),
    )
    assert found == {
        (JANUARY, "usage", "a.csv"): (6, 2, 1, 2, 1),
        (JANUARY, "usage", "b.csv"): (1, 0, 0, 0, 1),
        (FEBRUARY, "usage", "a.csv"): (1, 1, 0, 0, 0),
        # Received and nowhere to be found: the account shows it.
        (JANUARY, "payment", "a.csv"): (1, 0, 0, 0, 0),
    }


def test_nothing_received_is_an_empty_account(engine: Backend) -> None:
    assert account(engine, usage=[], payment=[], kept=[], set_aside=[], quarantine=[]) == {}
