"""Reference assets: code lists shipped with the project, and the calendar."""

from pathlib import Path

import polars as pl

from govbiz_assets.assets.table_asset import TableAsset, table_asset
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_cleaned import CALENDAR_DAY, DIVISION, INDUSTRY, PRODUCT, TARIFF
from govbiz_assets.resources import Deliveries
from govbiz_assets.transforms.reference import calendar_days, with_division_path


def _seed_asset(contract: TableContract) -> TableAsset:
    """Declares the asset of a code list that is shipped as `seeds/reference/<table>.csv`."""

    def read_seed(deliveries: Deliveries) -> pl.DataFrame:
        text = pl.read_csv(Path(deliveries.reference_folder) / f"{contract.name}.csv", infer_schema=False)
        casts: dict[str, pl.DataType | type[pl.DataType]] = {
            "DOUBLE": pl.Float64,
            "BOOLEAN": pl.Int8,
            "DECIMAL(18,2)": pl.Decimal(18, 2),
        }
        if contract is DIVISION:
            text = with_division_path(text)
        # Lists of before there was validity do not have its columns.
        absent = [name for name in contract.column_names if name not in {*text.columns, *contract.required}]
        text = text.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
        typed = text.with_columns(
            pl.col(column.name).cast(casts[column.dtype]) for column in contract.columns if column.dtype in casts
        ).with_columns(pl.col(column.name).str.to_date() for column in contract.columns if column.dtype == "DATE")
        flags = [column.name for column in contract.columns if column.dtype == "BOOLEAN"]
        return typed.select(contract.column_names).with_columns(pl.col(flags).cast(pl.Boolean))

    read_seed.__name__ = contract.name
    return table_asset(contract)(read_seed)


@table_asset(CALENDAR_DAY)
def calendar_day() -> pl.DataFrame:
    """The Chinese calendar of working days and holidays."""
    return calendar_days()


REFERENCE_ASSETS = (*(_seed_asset(contract) for contract in (DIVISION, INDUSTRY, PRODUCT, TARIFF)), calendar_day)
