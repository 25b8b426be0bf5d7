"""What goes wrong is one line that names file, key and remedy, and exit code 1."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import duckdb
import pytest

from govbiz_assets.warehouse.session import open_session
from govbiz_assets.warehouse.vault import KEY_FILE, VAULT_FILE
from govbiz_assets_tests.cli.conftest import Govbiz

COMMANDS = (
    ["run"],
    ["simulate"],
    ["sources", "check"],
    ["months"],
    ["report"],
    ["ui"],
    ["maintenance"],
    ["vault", "rotate-key"],
    ["dictionary"],
    ["quarantine", "list"],
    ["quarantine", "show"],
    ["quarantine", "export"],
    ["evaluate", "quality"],
)


@pytest.mark.parametrize("command", [*COMMANDS, ["sources", "check"]], ids=" ".join)
def test_every_command_has_help_with_an_example(govbiz: Govbiz, command: list[str]) -> None:
    result = govbiz(*command, "--help")
    assert result.exit_code == 0
    assert f"Example: govbiz {' '.join(command)}" in result.output


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["run", "--profile", "nope"], {}, ["nope.yaml", "no such profile", "powerco, sample, tianchi"]),
        (["run"], {}, ["data/landing/sample", "no delivered file of profile sample", "govbiz simulate"]),
        (["run", "--landing", "/nowhere"], {}, ["/nowhere: no delivered file"]),
        (["run", "--months", "2024-13"], {}, ["'2024-13' is no month; write it as 2024-03"]),
        (["run", "--months", "2024-03..2024-01"], {}, ["runs backwards"]),
        (["run", "--months", "2231-01"], {}, ["--months", "2231-01 is not over yet", "2024-01.."]),
        (["run", "--months", "2024-01"], {}, ["no delivered file for month 2024-01", "govbiz months"]),
        (["months"], {"GOVBIZ_THREADS": "many"}, ["GOVBIZ_THREADS", "valid integer"]),
        (["report"], {}, ["data/published: nothing is published yet; run: govbiz run"]),
        (["maintenance", "--rebuild", "cleaned.bil"], {}, ["'cleaned.bil' is no table", "data-dictionary.md"]),
        (["vault", "rotate-key"], {}, ["vault.duckdb: there is no vault yet; it is made by: govbiz run"]),
        (["vault", "rotate-key"], {"GOVBIZ_VAULT_KEY": "k" * 32}, ["GOVBIZ_VAULT_NEW_KEY to the new one"]),
        (["simulate", "--months", "1000"], {}, ["holiday calendar"]),
        (
            ["dictionary", "--check", "--folder", "/nowhere"],
            {},
            ["out of date", "quality-rules.md", "govbiz dictionary"],
        ),
    ],
)
def test_an_error_is_one_line_with_a_remedy(
    govbiz: Govbiz, arguments: list[str], settings: dict[str, str], said: list[str]
) -> None:
    line = govbiz.error(*arguments, **settings)
    assert all(text in line for text in said), line


def test_debug_shows_the_traceback_before_the_line(govbiz: Govbiz) -> None:
    result = govbiz("run", "--profile", "nope", "--debug")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: ")


def test_a_profile_that_lacks_a_key_names_file_and_key(govbiz: Govbiz, tmp_path: Path) -> None:
    profile = tmp_path / "mine.yaml"
    profile.write_text("name: mine\n", encoding="utf-8")
    line = govbiz.error("months", "--profile", str(profile))
    assert "mine.yaml: description: is missing; add the key" in line


def test_simulating_into_a_folder_with_other_months_is_refused(govbiz: Govbiz) -> None:
    assert govbiz("simulate", "--customers", "5", "--months", "2").exit_code == 0
    assert "holds other months" in govbiz.error("simulate", "--customers", "5", "--months", "1")


def test_a_run_that_waits_in_vain_names_the_holder(govbiz: Govbiz) -> None:
    assert govbiz("simulate", "--customers", "5", "--months", "1").exit_code == 0
    descriptor = os.open(govbiz.data / "warehouse.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, b'{"owner": "run of the night", "pid": 4711}')
        line = govbiz.error("run", GOVBIZ_LOCK_TIMEOUT_SECONDS="1")
    finally:
        os.close(descriptor)
    assert "held by run of the night (process 4711) after 1 s" in line
    assert "GOVBIZ_LOCK_TIMEOUT_SECONDS" in line


def test_a_folder_of_another_profile_is_refused(govbiz: Govbiz) -> None:
    assert govbiz("simulate", "--customers", "5", "--months", "1").exit_code == 0
    (govbiz.data / "profile").write_text("tianchi\n", encoding="utf-8")
    line = govbiz.error("run")
    assert "holds the data of profile tianchi, not of sample; set GOVBIZ_DATA_DIR" in line


def test_a_lost_or_wrong_key_of_the_vault_stops_a_run_with_one_line_without_the_key(govbiz: Govbiz) -> None:
    assert govbiz("simulate", "--customers", "5", "--months", "1").exit_code == 0
    with open_session(govbiz.data, b"k"):
        pass
    right, wrong = (govbiz.data / KEY_FILE).read_text(encoding="utf-8"), "w" * 32
    (govbiz.data / KEY_FILE).unlink()
    assert f"neither in GOVBIZ_VAULT_KEY nor in {govbiz.data / KEY_FILE}; restore that file" in govbiz.error("run")
    line = govbiz.error("run", GOVBIZ_VAULT_KEY=wrong)
    assert f"{govbiz.data / VAULT_FILE}: is encrypted with another key than that of GOVBIZ_VAULT_KEY" in line
    history = {path: path.read_bytes() for path in (govbiz.data / "dagster").rglob("*") if path.is_file()}
    assert history
    assert not [path for path, content in history.items() if wrong.encode() in content or right.encode() in content]


def test_a_vault_that_was_not_encrypted_is_and_its_key_is_changed_by_one_command(govbiz: Govbiz) -> None:
    govbiz.data.mkdir(parents=True)
    duckdb.connect(str(govbiz.data / VAULT_FILE)).close()
    result = govbiz("vault", "rotate-key")
    assert result.exit_code == 0, result.output
    path, key_file = govbiz.data / VAULT_FILE, govbiz.data / KEY_FILE
    assert result.stdout.splitlines() == [
        f"{path}: was not encrypted and is now; keep its key: {key_file}",
        f"{path}: has a new key; it is in {key_file}",
    ]
    assert key_file.read_text(encoding="utf-8") not in result.output


def test_a_broken_file_is_named_once_and_without_a_traceback(govbiz: Govbiz) -> None:
    assert govbiz("simulate", "--customers", "5", "--months", "1").exit_code == 0
    path = next((govbiz.data / "landing" / "sample" / "2024-01").glob("客户档案_*.csv"))
    path.write_bytes(b"")
    result = govbiz("run")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert path.name in line
    assert "failed 2024-01 in" in result.stdout
