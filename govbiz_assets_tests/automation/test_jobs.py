from __future__ import annotations

from datetime import UTC, date, datetime

import dagster as dg
import pytest

from govbiz_assets.automation.jobs import EVERYTHING, slice_assets, slice_tags
from govbiz_assets.automation.restatement import RunSlice
from govbiz_assets.build import build_defs
from govbiz_assets.contracts.catalog import LAYERS


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs()


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_has_a_job_of_its_own_tables_and_their_checks(defs: dg.Definitions, layer: str) -> None:
    job = defs.resolve_job_def(f"{layer}_layer")
    keys = job.asset_layer.selected_asset_keys
    assert keys
    assert {key.path[0] for key in keys} == {layer}
    assert {key.asset_key.path[0] for key in job.asset_layer.asset_graph.asset_check_keys} >= {layer}


def test_everything_is_every_table_and_every_check(defs: dg.Definitions) -> None:
    job, graph = defs.resolve_job_def(EVERYTHING), defs.resolve_asset_graph()
    assert job.asset_layer.executable_asset_keys == graph.materializable_asset_keys
    assert job.asset_layer.asset_graph.asset_check_keys == graph.asset_check_keys
    assert job.partitions_def is not None


def test_a_slice_gives_range_tags_and_the_keys_of_its_tables() -> None:
    run = RunSlice(date(2024, 1, 1), date(2024, 3, 1), frozenset({"churn.score_monthly", "features.customer_monthly"}))
    assert slice_tags(run) == {
        "dagster/asset_partition_range_start": "2024-01",
        "dagster/asset_partition_range_end": "2024-03",
    }
    assert slice_assets(run) == [dg.AssetKey(["churn", "score_monthly"]), dg.AssetKey(["features", "customer_monthly"])]
    assert slice_assets(RunSlice(date(2024, 1, 1), date(2024, 1, 1))) is None


def test_the_monthly_close_runs_last_month_on_the_sixth_and_is_off_until_turned_on(defs: dg.Definitions) -> None:
    schedule = defs.resolve_schedule_def("monthly_close")
    assert schedule.cron_schedule == "0 6 6 * *"
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    moment, repository = datetime(2024, 6, 6, 6, 0, tzinfo=UTC), defs.get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance, scheduled_execution_time=moment, repository_def=repository)
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.partition_key == "2024-05"
