"""Files are found by channel and month; nothing temporary, nothing outside the landing folder."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from govbiz_assets.sources.errors import SourceError
from govbiz_assets.sources.landing import find_files, landing_months, missing_channels, unclaimed_files
from govbiz_assets_tests.sources.landscape import make_profile

JANUARY, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)
PROFILE = make_profile(
    {
        "usage": {"path": "{month}/日电量_{yyyymm}*.csv", "format": "csv"},
        "bill": {"path": "**/bill_{yyyymm}.csv", "format": "csv"},
    },
    required=["usage"],
)


def put(landing: Path, *names: str) -> None:
    for name in names:
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")


def names_of(landing: Path, channel: str, *months: date) -> list[str]:
    return [file.source_file for file in find_files(PROFILE, channel, landing, months)]


def test_files_are_found_by_month_and_sorted(tmp_path: Path) -> None:
    put(
        tmp_path,
        "2024-02/日电量_202402.csv",
        "2024-01/日电量_202401_b.csv",
        "2024-01/日电量_202401_a.csv",
        "readme.txt",
    )
    put(tmp_path, "x/y/bill_202402.csv", "bill_202401.csv")
    assert names_of(tmp_path, "usage", FEBRUARY, JANUARY) == [
        "2024-01/日电量_202401_a.csv",
        "2024-01/日电量_202401_b.csv",
        "2024-02/日电量_202402.csv",
    ]
    assert names_of(tmp_path, "usage", FEBRUARY) == ["2024-02/日电量_202402.csv"]
    assert names_of(tmp_path, "bill", JANUARY, FEBRUARY) == ["bill_202401.csv", "x/y/bill_202402.csv"]
    assert names_of(tmp_path, "payment", JANUARY) == []
    assert names_of(tmp_path, "usage") == []


def test_months_that_disagree_or_do_not_exist_match_nothing(tmp_path: Path) -> None:
    put(tmp_path, "2024-01/日电量_202402.csv", "2024-13/日电量_202413.csv", "2024-00/日电量_202400.csv")
    assert landing_months(PROFILE, tmp_path) == []


def test_hidden_and_unfinished_files_are_ignored(tmp_path: Path) -> None:
    put(tmp_path, *(f"2024-01/日电量_202401{end}" for end in (".csv.tmp", ".csv.part", ".csv.crdownload", ".csv~")))
    put(tmp_path, "2024-01/.日电量_202401.csv", "2024-01/~$日电量_202401.csv", ".trash/bill_202401.csv")
    profile = make_profile({"usage": {"path": "{month}/*", "format": "csv"}})
    assert find_files(profile, "usage", tmp_path, [JANUARY]) == []
    assert names_of(tmp_path, "bill", JANUARY) == []


def test_months_are_those_with_files_within_the_profile(tmp_path: Path) -> None:
    put(tmp_path, "2024-03/日电量_202403.csv", "bill_202401.csv", "bill_202312.csv")
    assert landing_months(PROFILE, tmp_path) == [JANUARY, MARCH]
    assert landing_months(PROFILE, tmp_path / "nowhere") == []


def test_a_file_over_many_months_stands_for_every_month_of_the_profile(tmp_path: Path) -> None:
    profile = make_profile(
        {
            "usage": {"path": "all.csv", "format": "csv"},
            "customer": {"path": "c.csv", "format": "csv", "month": "2024-02"},
        },
        months={"first": "2024-01", "last": "2024-03"},
        required=["usage", "customer"],
    )
    put(tmp_path, "c.csv")
    assert landing_months(profile, tmp_path) == [FEBRUARY]
    assert [file.month for file in find_files(profile, "customer", tmp_path, [JANUARY, FEBRUARY])] == [FEBRUARY]
    assert find_files(profile, "customer", tmp_path, [JANUARY]) == []
    assert missing_channels(profile, tmp_path, [JANUARY, FEBRUARY]) == [(JANUARY, "usage"), (FEBRUARY, "usage")]
    put(tmp_path, "all.csv")
    assert landing_months(profile, tmp_path) == [JANUARY, FEBRUARY, MARCH]
    assert [file.month for file in find_files(profile, "usage", tmp_path, [JANUARY])] == [None]
    assert missing_channels(profile, tmp_path, [JANUARY, FEBRUARY]) == []


def test_a_required_channel_without_a_file_is_missing(tmp_path: Path) -> None:
    put(tmp_path, "2024-01/日电量_202401.csv", "bill_202402.csv")
    assert missing_channels(PROFILE, tmp_path, [JANUARY, FEBRUARY]) == [(FEBRUARY, "usage")]


def test_characters_of_a_path_are_no_pattern(tmp_path: Path) -> None:
    profile = make_profile({"usage": {"path": "{month}/a+(b).csv", "format": "csv"}})
    put(tmp_path, "2024-01/a+(b).csv", "2024-01/aab.csv")
    assert [file.source_file for file in find_files(profile, "usage", tmp_path, [JANUARY])] == ["2024-01/a+(b).csv"]


def test_links_are_reported_and_never_followed(tmp_path: Path) -> None:
    outside, landing = tmp_path / "outside", tmp_path / "landing"
    put(outside, "bill_202401.csv", "日电量_202401.csv")
    put(landing, "readme.txt")
    (landing / "2024-01").symlink_to(outside)
    (landing / "loop").symlink_to(landing)
    assert names_of(landing, "usage", JANUARY) == ["2024-01"]
    assert names_of(landing, "bill", JANUARY) == ["2024-01", "loop"]


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "2024-01/日电量_202401.csv")
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if Path(folder).name == locked:
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr("govbiz_assets.sources.landing.os.scandir", refuse)
    locked = "2024-01"
    assert names_of(tmp_path, "usage", JANUARY) == ["2024-01"]
    locked = tmp_path.name
    with pytest.raises(SourceError, match=r"cannot be listed; give the service user the right"):
        names_of(tmp_path, "usage", JANUARY)


def test_files_of_a_months_folder_that_no_channel_reads_are_found(tmp_path: Path) -> None:
    put(
        tmp_path,
        "2024-01/日电量_202401.csv",
        "2024-01/再/bill_202401.csv",
        "2024-01/copy of 日电量_202401.csv",
        "2024-01/日电量_202402.csv",
        "2024-01/old/日电量_202401.csv",
        "2024-01/日电量_202401.csv.part",
        "2024-02/notes.txt",
        "truth/churn.csv",
        "notes.txt",
    )
    found = unclaimed_files(PROFILE, tmp_path, [JANUARY])
    assert [(file.source_file, file.channel, file.month) for file in found] == [
        ("2024-01/copy of 日电量_202401.csv", "none", JANUARY),
        ("2024-01/old/日电量_202401.csv", "none", JANUARY),
        ("2024-01/日电量_202402.csv", "none", JANUARY),
    ]
