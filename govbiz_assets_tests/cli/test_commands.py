"""What the commands print and leave, over a province that was made before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from govbiz_assets.maintenance import compact_databases, prune_runs
from govbiz_assets.pipeline import RunReport
from govbiz_assets_tests.cli.conftest import Govbiz
from govbiz_assets_tests.scenario import House


@pytest.fixture
def house(made: tuple[House, RunReport], tmp_path: Path) -> House:
    return made[0].copy(tmp_path, with_landing=True)


def over(house: House, monkeypatch: pytest.MonkeyPatch) -> Govbiz:
    return Govbiz(house.folder, monkeypatch)


def test_months_lists_what_is_delivered_missing_and_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    next((house.landing / "2024-02").glob("天气_*.csv")).unlink()
    for path in (house.landing / "2024-03").iterdir():
        path.unlink()
    results = house.settings.published_folder / "quality" / "check_result"
    number = pl.int_range(pl.len())
    february, march = results / "2024-02.parquet", results / "2024-03.parquet"
    three_failed = pl.read_parquet(february).with_columns(passed=number > 2, is_warning=number == 0)
    three_failed.write_parquet(february)
    # As earlier versions wrote them.
    pl.read_parquet(march).with_columns(passed=number > 0).drop("is_warning").write_parquet(march)
    result = over(house, monkeypatch)("months", "--landing", str(house.landing))
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "2024-" in line]
    assert cells == [
        ["2024-01", "yes", "-", "yes", "0", "0"],
        ["2024-02", "yes", "weather", "yes", "2", "1"],
        ["2024-03", "no", "-", "yes", "1", "0"],
        ["2024-04", "yes", "-", "yes", "0", "0"],
    ]


def test_report_writes_the_brief_of_a_made_month_and_refuses_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    govbiz = over(house, monkeypatch)
    result = govbiz("report", "--month", "2024-03")
    assert result.stdout.strip() == f"wrote {house.folder / 'briefs' / 'brief-2024-03.html'}"
    assert "2030-01 is not published; there are months of 2024-01..2024-04" in govbiz.error(
        "report", "--month", "2030-01"
    )


def test_evaluate_identity_prints_figures_on_planted_truth(govbiz: Govbiz) -> None:
    result = govbiz("evaluate", "identity", "--records", "200", "--duplicates", "0.2", "--seed", "5")
    assert result.exit_code == 0, result.output
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]
    figures = dict(cell for cell in cells if len(cell) == 2)
    assert (figures["source records"], figures["organisations in truth"]) == ("200", "160")
    assert float(figures["precision"]) > 0.9
    assert float(figures["recall"]) > 0.7


def test_an_empty_review_list_is_a_workbook_without_pairs_that_only_its_owner_reads(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "review.xlsx"
    result = over(house, monkeypatch)("identity", "review", "--month", "2024-03", "--out", str(path))
    assert result.stdout.startswith(f"wrote 0 pairs to {path}; it names customers")
    assert pl.read_excel(path).columns[:3] == ["客户编号甲", "客户编号乙", "是否同一客户"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_compacting_keeps_content_comments_and_required_columns(house: House) -> None:
    catalog = (
        "SELECT database_name, schema_name, table_name, column_name, data_type, is_nullable, comment "
        "FROM duckdb_columns() WHERE database_name IN ('warehouse', 'vault') ORDER BY ALL"
    )
    before = (house.digest(), house.read(catalog))
    sizes = compact_databases(house.settings)
    assert (house.digest(), house.read(catalog)) == before
    assert any(comment for *_, comment in before[1])
    assert [name for name, _, _ in sizes] == ["warehouse.duckdb", "vault.duckdb"]
    assert all(after > 0 for _, _, after in sizes)


def test_pruning_forgets_old_finished_runs_with_their_events_and_no_others(tmp_path: Path) -> None:
    @dg.op
    def work() -> None: ...

    @dg.job
    def job() -> None:
        work()

    now = datetime.now(UTC)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        finished = job.execute_in_process(instance=instance).run_id
        waiting = instance.create_run_for_job(job).run_id
        assert prune_runs(instance, before=now - timedelta(days=1)) == 0
        assert instance.all_logs(finished)
        assert prune_runs(instance, before=now + timedelta(days=1)) == 1
        assert [record.dagster_run.run_id for record in instance.get_run_records()] == [waiting]
        assert not instance.all_logs(finished)


def test_maintenance_says_what_it_did(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    result = over(house, monkeypatch)("maintenance", "--keep-days", "0")
    assert result.exit_code == 0, result.output
    assert "forgot 0 runs" in result.stdout
    assert "warehouse.duckdb: " in result.stdout


def test_the_dictionary_is_written_and_then_fresh(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    govbiz, folder = over(house, monkeypatch), ("--folder", str(tmp_path))
    assert govbiz("dictionary", *folder).exit_code == 0
    assert govbiz("dictionary", "--check", *folder).exit_code == 0
    for name in ("data-dictionary.md", "quality-rules.md", "profiles.md"):
        path, text = tmp_path / name, (tmp_path / name).read_text(encoding="utf-8")
        path.write_text(f"{text}by hand", encoding="utf-8")
        assert f"error: out of date: {path}; run: govbiz dictionary" == govbiz.error("dictionary", "--check", *folder)
        path.write_text(text, encoding="utf-8")
