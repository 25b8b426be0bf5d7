from __future__ import annotations

import hashlib
import os
import time
from datetime import date
from pathlib import Path

import pytest

from govbiz_assets.automation.landing_state import LandingState
from govbiz_assets.sources.profile_model import Profile
from govbiz_assets_tests.automation.landscape import FEB, JAN, MAR, PROFILE, SETTLE, Landing


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path)


def wait_for_the_clock(path: Path) -> None:
    """Waits until the file system gives a later time of change than the file has."""
    moment = path.stat().st_ctime_ns
    probe = path.parent / ".probe"
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        probe.write_text("x", encoding="utf-8")
        if probe.stat().st_ctime_ns > moment:
            probe.unlink()
            return
    raise AssertionError("the file system's clock stands still")


def replace(landing: Landing, name: str, text: str) -> None:
    wait_for_the_clock(landing.folder / name)
    landing.put(name, text)


def test_an_empty_or_missing_folder_starts_nothing(tmp_path: Path) -> None:
    landing = Landing(tmp_path / "none")
    landing.folder.mkdir()
    landing.put("readme.txt", "no delivery")
    assert (landing.look().start, landing.look().waiting) == ({}, {})


def test_a_complete_month_at_rest_starts_once(landing: Landing) -> None:
    landing.put_month("2024-01")
    first = landing.look()
    assert list(first.start) == [JAN]
    assert first.start[JAN].startswith("2024-01:1:")
    assert [landing.look().start for _ in range(3)] == [{}, {}, {}]


def test_an_incomplete_month_waits_and_names_what_is_missing(landing: Landing) -> None:
    landing.put("2024-01/customer.csv", "a")
    decision = landing.look()
    assert decision.start == {}
    assert decision.waiting == {JAN: "no file yet for usage"}
    landing.put("2024-01/usage.csv", "b")
    assert list(landing.look().start) == [JAN]


def test_an_optional_channel_is_not_waited_for_and_restates_when_it_comes(landing: Landing) -> None:
    landing.put_month("2024-01")
    assert list(landing.look().start) == [JAN]
    landing.put("2024-01/ticket.csv", "late")
    assert landing.look().start[JAN].startswith("2024-01:2:")


def test_a_young_file_waits_until_it_is_at_rest(landing: Landing) -> None:
    landing.put_month("2024-01")
    assert landing.look(SETTLE - 1).waiting == {JAN: "2024-01/customer.csv changed less than 30 s ago"}
    assert list(landing.look(SETTLE).start) == [JAN]


def test_a_growing_file_waits_through_every_look(landing: Landing) -> None:
    landing.put_month("2024-01")
    for size in range(1, 4):
        landing.put("2024-01/usage.csv", "x" * size)
        # The customer file came long before; only the growing one is young.
        assert landing.look(5).start == {}
    assert list(landing.look().start) == [JAN]


def test_a_file_that_changes_while_it_is_read_waits(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    landing.put_month("2024-01")
    digest = hashlib.file_digest

    def grow_and_digest(file: object, name: str) -> object:
        found = digest(file, name)  # type: ignore[arg-type]
        with (landing.folder / "2024-01/usage.csv").open("a") as growing:
            growing.write("more")
        return found

    monkeypatch.setattr(hashlib, "file_digest", grow_and_digest)
    now = landing.now() + SETTLE + 1
    assert landing.look(now - landing.now()).waiting == {JAN: "2024-01/usage.csv is still changing"}
    monkeypatch.undo()
    assert list(landing.look().start) == [JAN]


def test_a_touched_but_unchanged_file_starts_nothing(landing: Landing) -> None:
    landing.put_month("2024-01")
    landing.look()
    for path in landing.folder.rglob("*.csv"):
        os.utime(path, (1, 1))
    assert landing.look().start == {}
    replace(landing, "2024-01/usage.csv", (landing.folder / "2024-01/usage.csv").read_text())
    assert landing.look().start == {}


def test_changed_content_of_the_same_size_and_date_restates(landing: Landing) -> None:
    landing.put_month("2024-01", "1")
    path = landing.folder / "2024-01/usage.csv"
    os.utime(path, (1_000_000, 1_000_000))
    landing.look()
    wait_for_the_clock(path)
    path.write_text("usage 2", encoding="utf-8")
    os.utime(path, (1_000_000, 1_000_000))
    assert list(landing.look().start) == [JAN]


def test_a_date_in_the_future_does_not_hold_a_month_back(landing: Landing) -> None:
    landing.put_month("2024-01")
    os.utime(landing.folder / "2024-01/usage.csv", (4e9, 4e9))
    assert list(landing.look().start) == [JAN]


def test_content_a_b_a_starts_three_runs_with_three_keys(landing: Landing) -> None:
    landing.put_month("2024-01")
    keys = []
    for text in ("A", "B", "A"):
        replace(landing, "2024-01/usage.csv", text)
        keys.append(landing.look().start[JAN])
    assert len(set(keys)) == 3


def test_content_a_b_a_starts_again_though_the_cursor_was_lost(landing: Landing) -> None:
    landing.put_month("2024-01")
    keys = []
    for text in ("A", "B"):
        replace(landing, "2024-01/usage.csv", text)
        keys.append(landing.look().start[JAN])
    landing.loaded[JAN] = {name: known.sha256 for name, known in landing.state.files.items()}
    replace(landing, "2024-01/usage.csv", "A")
    landing.state = LandingState()
    keys.append(landing.look().start[JAN])
    assert len(set(keys)) == 3, "Dagster drops a run key that it has seen before"


def test_a_restart_remembers_by_the_cursor_and_reads_no_file_again(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.put_month("2024-01")
    landing.put("2024-02/customer.csv", "waits for usage")
    landing.look()
    landing.restart()

    def refuse(*_: object) -> None:
        raise AssertionError("an unchanged file was read again")

    monkeypatch.setattr(hashlib, "file_digest", refuse)
    decision = landing.look()
    assert decision.start == {}
    assert decision.waiting == {FEB: "no file yet for usage"}


def test_the_same_look_with_the_old_cursor_gives_the_same_keys(landing: Landing) -> None:
    landing.put_month("2024-01")
    cursor = landing.state.to_cursor()
    first = landing.look()
    landing.state = LandingState.from_cursor(cursor)
    assert landing.look() == first, "a tick that died before its cursor was kept starts no second run"


def test_a_lost_cursor_starts_no_month_that_was_made_from_the_same_files(landing: Landing) -> None:
    landing.put_month("2024-01")
    landing.put_month("2024-02")
    landing.look()
    for month, name in ((JAN, "2024-01"), (FEB, "2024-02")):
        files = {file: known.sha256 for file, known in landing.state.files.items() if file.startswith(name)}
        landing.loaded[month] = files
    landing.loaded[FEB]["2024-02/usage.csv"] = "made from other content"
    landing.state = LandingState()
    assert list(landing.look().start) == [FEB]


def test_a_removed_file_of_a_required_channel_waits_and_of_another_restates(landing: Landing) -> None:
    landing.put_month("2024-01")
    ticket = landing.put("2024-01/ticket.csv", "t")
    landing.look()
    ticket.unlink()
    assert list(landing.look().start) == [JAN]
    (landing.folder / "2024-01/usage.csv").unlink()
    assert landing.look().waiting == {JAN: "no file yet for usage"}
    landing.put("2024-01/usage.csv", "usage 1")
    assert landing.look().start == {}, "the same files are back"


def test_a_folder_that_was_emptied_starts_nothing_and_is_forgotten(landing: Landing) -> None:
    landing.put_month("2024-01")
    landing.look()
    for path in landing.folder.rglob("*.csv"):
        path.unlink()
    landing.put("note.txt", "archived")
    assert landing.look().start == {}
    assert landing.state.files == {}, "the cursor does not grow for ever"


def test_months_outside_the_profile_are_not_seen_and_months_that_last_wait(landing: Landing) -> None:
    for name in ("2023-12", "2024-03", "2024-07"):
        landing.put_month(name)
    landing.last_startable = FEB
    for _ in range(3):
        decision = landing.look()
        assert (decision.start, decision.waiting) == ({}, {MAR: "the month is not over yet"})
    landing.last_startable = MAR
    assert landing.look().start[MAR].startswith("2024-03:1:"), "waiting was not counted as a start"


@pytest.mark.parametrize("kind", ["dangling link", "folder"])
def test_an_unreadable_file_waits_and_is_named(landing: Landing, kind: str) -> None:
    landing.put_month("2024-01")
    landing.put_month("2024-02")
    path = landing.folder / "2024-01/usage.csv"
    path.unlink()
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere.csv")
    decision = landing.look()
    assert list(decision.start) == [FEB], "one bad month does not hold the others"
    assert decision.waiting[JAN].startswith("2024-01/usage.csv cannot be read (")


def test_a_file_of_many_months_belongs_to_all_of_them(tmp_path: Path) -> None:
    channels = {"customer": {"path": "customer.csv", "format": "csv"}, "usage": {"path": "usage.csv", "format": "csv"}}
    profile = PROFILE.model_validate({**PROFILE.model_dump(), "channels": channels})
    landing = Landing(tmp_path, profile)
    landing.put("customer.csv", "all months")
    assert set(landing.look().waiting.values()) == {"no file yet for usage"}
    landing.put("usage.csv", "all months")
    assert list(landing.look().start) == [date(2024, month, 1) for month in range(1, 7)]
    assert landing.look().start == {}
    replace(landing, "usage.csv", "all months, corrected")
    assert len(landing.look().start) == 6


def test_a_file_that_a_transfer_has_not_finished_is_not_seen(landing: Landing) -> None:
    landing.put("2024-01/customer.csv", "a")
    landing.put("2024-01/usage.csv.part", "half")
    assert landing.look().waiting == {JAN: "no file yet for usage"}


def test_a_required_channel_that_lies_in_a_database_has_no_file_to_wait_for(landing: Landing) -> None:
    database = {"url_env": "GOVBIZ_DB_BILLING", "table": "bill", "month_column": "month"}
    document = PROFILE.model_dump(exclude_unset=True, mode="json")
    document |= {"months": {"first": "2024-01"}, "required": ["customer", "usage", "bill"]}
    document["channels"] |= {"bill": {"database": database}}
    landing.profile = Profile.model_validate(document)
    landing.put_month("2024-01")
    assert list(landing.look().start) == [JAN]
    assert landing.look().start == {}
