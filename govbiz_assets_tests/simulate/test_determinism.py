"""Same parameters, same bytes; a longer life changes nothing of the months before."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from govbiz_assets.simulate import SimulationParams, simulate_province

SMALL = SimulationParams(customers=30, months=3, seed=5, start=date(2024, 12, 1), event_rate=0.2)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_same_parameters_give_the_same_bytes(tmp_path: Path) -> None:
    simulate_province(SMALL, tmp_path / "a")
    simulate_province(SMALL, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(contents(tmp_path / "a")) == 3 * 9 + 9


def test_writing_over_an_earlier_run_gives_the_same_bytes(tmp_path: Path) -> None:
    simulate_province(SMALL, tmp_path)
    first = contents(tmp_path)
    simulate_province(SMALL, tmp_path)
    assert contents(tmp_path) == first


def test_another_seed_gives_other_data(tmp_path: Path) -> None:
    simulate_province(SMALL, tmp_path / "a")
    simulate_province(SimulationParams(customers=30, months=3, seed=6, start=SMALL.start), tmp_path / "b")
    one, other = contents(tmp_path / "a"), contents(tmp_path / "b")
    same = {name for name in one if one[name] == other.get(name)}
    assert same <= {"truth/associations.csv", "truth/duplicates.csv", "truth/identity.csv"}


def test_first_months_do_not_depend_on_the_number_of_months(tmp_path: Path) -> None:
    simulate_province(SMALL, tmp_path / "short")
    longer = SimulationParams(customers=30, months=6, seed=5, start=SMALL.start, event_rate=0.2)
    simulate_province(longer, tmp_path / "long")
    short, long = contents(tmp_path / "short"), contents(tmp_path / "long")
    assert len(long) > len(short)
    for name, body in short.items():
        assert long[name].startswith(body) if name.startswith("truth") else long[name] == body, name


def test_workbook_carries_no_clock(tmp_path: Path) -> None:
    simulate_province(SMALL, tmp_path)
    with zipfile.ZipFile(tmp_path / "2024-12" / "95598工单_202412.xlsx") as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        core = archive.read("docProps/core.xml").decode()
    assert core.count("2024-01-01T00:00:00Z") == 2


def test_files_come_to_rest_early_in_the_next_month(tmp_path: Path) -> None:
    simulate_province(SMALL, tmp_path)
    rests = {datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in (tmp_path / "2025-01").iterdir()}
    assert rests == {datetime(2025, 2, 2, 6, tzinfo=UTC)}


def test_progress_is_reported_month_by_month(tmp_path: Path) -> None:
    seen: list[tuple[date, int]] = []
    summary = simulate_province(SMALL, tmp_path, on_month=lambda month, records: seen.append((month, records)))
    assert (
        [month for month, _ in seen] == list(summary.months) == [date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1)]
    )
    assert sum(records for _, records in seen) == sum(summary.rows.values())


def test_a_folder_with_other_months_is_refused(tmp_path: Path) -> None:
    (tmp_path / "2030-01").mkdir()
    with pytest.raises(FileExistsError, match="2030-01"):
        simulate_province(SMALL, tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"customers": 0}, "at least 1"),
        ({"start": date(2024, 1, 2)}, "first day"),
        ({"months": 60}, "2004-02 to 2026-12"),
        ({"event_rate": 0.9}, "event_rate"),
    ],
)
def test_impossible_parameters_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SimulationParams(**values)
