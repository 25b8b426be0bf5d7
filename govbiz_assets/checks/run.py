"""Running checks: one step per table measures the run's months, keeps the values, and judges all months kept so far.

A check fails while any month of the table fails, so a good later month never hides a bad earlier one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

import dagster as dg
import ibis
import polars as pl

from govbiz_assets.checks.table_check import CheckTables, TableCheck
from govbiz_assets.contracts.month import add_months, month_name, months_between
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_source import CHECK_RESULT
from govbiz_assets.resources import Deliveries
from govbiz_assets.transforms.stack import stack
from govbiz_assets.warehouse.errors import values_kept_out
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.publish import publish_months
from govbiz_assets.warehouse.resource import Warehouse
from govbiz_assets.warehouse.session import Session

# Month under which checks of tables without months are kept.
NO_MONTH = date(1970, 1, 1)
_SHOWN_MONTHS = 12
_SHOWN_FINDINGS = 8
_RESULT_SCHEMA = {
    "month": pl.Date,
    "table_name": pl.String,
    "check_name": pl.String,
    "value": pl.Float64,
    "threshold": pl.Float64,
    "passed": pl.Boolean,
    "is_warning": pl.Boolean,
}


def build_checks(
    checks: Sequence[TableCheck],
    contracts: Mapping[str, TableContract],
    partitions: dg.MonthlyPartitionsDefinition,
) -> list[dg.AssetChecksDefinition]:
    """Returns one multi-check per table.

    Args:
        checks: Declared checks.
        contracts: Contracts by `layer.table`, with the columns that the profile adds.
        partitions: Months of the profile.
    """
    ordered = sorted(checks, key=lambda check: check.contract.full_name)
    return [
        _table_checks(contracts[name], list(group), partitions)
        for name, group in groupby(ordered, key=lambda check: check.contract.full_name)
    ]


def _table_checks(
    contract: TableContract, checks: Sequence[TableCheck], partitions: dg.MonthlyPartitionsDefinition
) -> dg.AssetChecksDefinition:
    months = partitions if contract.is_monthly else None
    by_name = {check.name: check for check in checks}

    @dg.multi_asset_check(
        name=f"{contract.layer}__{contract.name}__checks",
        specs=[
            dg.AssetCheckSpec(
                check.name,
                asset=dg.AssetKey(contract.asset_key),
                description=check.meaning,
                blocking=check.is_blocking,
                partitions_def=months,
                additional_deps=[dg.AssetKey(other.asset_key) for other in check.reads],
            )
            for check in checks
        ],
        can_subset=True,
    )
    def run_checks(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse, deliveries: Deliveries
    ) -> Iterator[dg.AssetCheckResult]:
        session = warehouse.session
        window = _months(context) if contract.is_monthly else [NO_MONTH]
        names = sorted(key.name for key in context.selected_asset_check_keys)
        with values_kept_out():
            values = {name: measure_months(by_name[name], session, window, deliveries.delivered) for name in names}
            kept = keep_results(session, contract, [(by_name[name], values[name]) for name in names])
            if warehouse.publish:
                measured = sorted({month for monthly in values.values() for month in monthly})
                publish_months(session, CHECK_RESULT, measured, warehouse.published_folder)
        for name in names:
            check = by_name[name]
            failed = failed_months(kept, check)
            with values_kept_out():
                found = _findings(check, CheckTables(session, failed[-_SHOWN_MONTHS:], deliveries.delivered))
            yield _judge(context, check, failed, found, window, values[name])

    return run_checks


def measure_months(
    check: TableCheck, session: Session, months: Sequence[date], delivered: frozenset[str]
) -> dict[date, float | None]:
    """Returns the check's value for each month, and for stored months whose history these months are part of.

    A month with nothing to measure has the check's absent value.
    """
    months = [*months, *_following_months(check, session, months)]
    measured = check.measure(CheckTables(session, months, delivered))
    if isinstance(measured, ibis.Table):
        measured = dict(measured.select("month", "value").to_polars().iter_rows())
    values: dict[date, float | None] = dict.fromkeys(months, check.absent_value)
    values.update({month: value for month, value in measured.items() if month in values})
    return values


def _following_months(check: TableCheck, session: Session, months: Sequence[date]) -> list[date]:
    """Returns the months whose history the given months are part of: those with rows, and those measured as empty."""
    if check.depth == 1:
        return []
    window = (add_months(months[-1], 1), add_months(months[-1], check.depth))
    rows, results = session.window(check.contract, *window), session.window(CHECK_RESULT, *window)
    results = results.filter(results.table_name == check.contract.full_name, results.check_name == check.name)
    later = stack([rows.select("month"), results.select("month")]).distinct().order_by("month")
    return [month for (month,) in later.to_polars().iter_rows()]


def keep_results(
    session: Session, contract: TableContract, measured: Sequence[tuple[TableCheck, Mapping[date, float | None]]]
) -> pl.DataFrame:
    """Replaces the rows of these checks and months in `quality.check_result`, in one write for the table.

    Returns:
        All rows kept for the table, of this run and of earlier ones.
    """
    rows = [
        (month, contract.full_name, check.name, value, check.threshold, check.passes(value), check.is_warning)
        for check, values in measured
        for month, value in values.items()
    ]
    frame = pl.DataFrame(rows, schema=_RESULT_SCHEMA, orient="row")
    stored = session.stored(CHECK_RESULT)
    before = stored.filter(stored.table_name == contract.full_name).select(*_RESULT_SCHEMA).to_polars()
    others = before.join(frame, on=["month", "check_name"], how="anti").cast(_RESULT_SCHEMA)
    kept: pl.DataFrame = pl.concat([others, frame]).sort("month", "check_name")
    months = sorted(set(frame["month"]))
    with session.registered("check_values", kept.filter(pl.col("month").is_in(months))) as values:
        replace_months(session, CHECK_RESULT, values, months, slice_values={"table_name": contract.full_name})
    return kept


def failed_months(kept: pl.DataFrame, check: TableCheck) -> list[date]:
    """Returns every month, of this run or an earlier one, that fails the check."""
    return kept.filter(pl.col("check_name") == check.name, ~pl.col("passed"))["month"].sort().to_list()


def _judge(
    context: dg.AssetCheckExecutionContext,
    check: TableCheck,
    failed: Sequence[date],
    found: Sequence[str],
    window: Sequence[date],
    values: Mapping[date, float | None],
) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.WARN if check.is_warning else dg.AssetCheckSeverity.ERROR
    if check.contract.is_monthly and context.has_partition_key_range:
        # The result of a range run cannot carry a month; without these events each month would stay "planned" for ever.
        for month in window:
            context.op_execution_context.log_event(
                # Not in the signature, but accepted and stored; a test pins it.
                dg.AssetCheckEvaluation(  # type: ignore[arg-type]
                    asset_key=dg.AssetKey(check.contract.asset_key),
                    check_name=check.name,
                    passed=check.passes(values[month]),
                    partition=month_name(month),
                    blocking=check.is_blocking,
                    severity=severity,
                    metadata=_value_metadata(check, values[month]),
                )
            )
    last = values[window[-1]]
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(check.contract.asset_key),
        check_name=check.name,
        passed=not failed,
        severity=severity,
        description=_describe(check, failed, found),
        metadata={
            **_value_metadata(check, last),
            "failed_months": [month_name(month) for month in failed[:_SHOWN_MONTHS]],
            "failed_month_count": len(failed),
        },
    )


def _value_metadata(check: TableCheck, value: float | None) -> dict[str, float | str]:
    shown: dict[str, float | str] = {"value": value if value is not None else "nothing to measure"}
    if check.threshold is not None:
        shown["threshold"] = check.threshold
    return shown


def _findings(check: TableCheck, tables: CheckTables) -> Sequence[str]:
    return check.findings(tables) if check.findings and tables.months else []


def _describe(check: TableCheck, failed: Sequence[date], found: Sequence[str]) -> str:
    if not failed:
        return check.meaning
    shown = ", ".join(month_name(month) for month in failed[:_SHOWN_MONTHS])
    said = [f"{check.meaning} Fails in {shown}{' ...' if len(failed) > _SHOWN_MONTHS else ''}."]
    if found:
        more = f" and {len(found) - _SHOWN_FINDINGS} more" if len(found) > _SHOWN_FINDINGS else ""
        said.append(f"Last: {'; '.join(found[-_SHOWN_FINDINGS:])}{more}.")
    return " ".join(said)


def _months(context: dg.AssetCheckExecutionContext) -> list[date]:
    window = context.op_execution_context.partition_time_window
    return months_between(window.start.date(), window.end.date())
