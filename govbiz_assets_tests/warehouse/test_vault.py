"""The vault's key: made once, never guessed, changed by one command; a kill at any step leaves a vault that opens."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb
import pytest

from govbiz_assets.warehouse.engine import EncryptionError, WrongKeyError, attach_file, is_encrypted, open_engine
from govbiz_assets.warehouse.keys import SecretKeyError
from govbiz_assets.warehouse.session import open_session
from govbiz_assets.warehouse.vault import KEY_FILE, NEW_KEY_FILE, VAULT_FILE, opens, rotate_key, unlock_vault
from govbiz_assets_tests.warehouse.workers import hear, running

NAME = "某某实业有限公司"
GIVEN, OTHER = "a given key of the tests, long enough", "another key of the tests, long enough"


def silent(_: str) -> None: ...


def plain_vault(folder: Path) -> None:
    """A vault as the version before made it."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder / VAULT_FILE)) as connection:
        connection.execute("CREATE SCHEMA raw; CREATE TABLE raw.owner (customer_name VARCHAR NOT NULL)")
        connection.execute("COMMENT ON COLUMN raw.owner.customer_name IS 'Name.'")
        connection.execute(f"INSERT INTO raw.owner SELECT '{NAME}' || n FROM range(3000) AS numbers(n)")


def encrypted_vault(folder: Path, key: str | None = None) -> str:
    plain_vault(folder)
    return unlock_vault(folder, key, silent)


def owners(folder: Path, configured: str | None = None) -> int:
    """Names in the vault, opened as a run opens it."""
    with open_session(folder, b"k", {"threads": 1}, vault_key=configured) as session:
        row = session.connection.execute(
            "SELECT count(DISTINCT customer_name) FROM vault.raw.owner WHERE starts_with(customer_name, ?)", [NAME]
        ).fetchone()
    return int(row[0]) if row else 0


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"spill", "warehouse.duckdb"}


def test_a_vault_of_the_version_before_is_encrypted_once_with_everything_in_it(tmp_path: Path) -> None:
    plain_vault(tmp_path)
    said: list[str] = []
    key = unlock_vault(tmp_path, None, said.append)
    assert said == [f"{tmp_path / VAULT_FILE}: was not encrypted and is now; keep its key: {tmp_path / KEY_FILE}"]
    assert unlock_vault(tmp_path, None, said.append) == key
    assert len(said) == 1
    assert is_encrypted(tmp_path / VAULT_FILE)
    assert NAME.encode() not in (tmp_path / VAULT_FILE).read_bytes()
    with open_engine(tmp_path / "spill") as connection:
        attach_file(connection, tmp_path / VAULT_FILE, "vault", key)
        columns = "SELECT column_name, is_nullable, comment FROM duckdb_columns() WHERE database_name = 'vault'"
        assert connection.execute(columns).fetchall() == [("customer_name", False, "Name.")]
    assert owners(tmp_path) == 3000
    assert names(tmp_path) == {VAULT_FILE, KEY_FILE}


def test_the_log_that_a_killed_run_of_the_version_before_left_is_encrypted_with_the_rest(tmp_path: Path) -> None:
    plain_vault(tmp_path)
    with duckdb.connect(str(tmp_path / VAULT_FILE)) as connection:
        connection.execute("SET checkpoint_threshold = '1GB'")
        connection.execute(f"INSERT INTO raw.owner VALUES ('{NAME} late')")
        files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for path, content in files.items():
        path.write_bytes(content)
    assert (tmp_path / f"{VAULT_FILE}.wal").exists()
    (tmp_path / f".{VAULT_FILE}.compact").write_bytes(NAME.encode())  # of a compaction that was killed
    assert owners(tmp_path) == 3001
    assert names(tmp_path) == {VAULT_FILE, KEY_FILE}
    assert not any(NAME.encode() in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def test_the_key_of_a_folder_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    key = unlock_vault(tmp_path, None, silent)
    assert len(bytes.fromhex(key)) == 32
    assert unlock_vault(tmp_path, None, silent) == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_a_configured_key_is_used_and_none_is_made(tmp_path: Path) -> None:
    assert encrypted_vault(tmp_path, GIVEN) == GIVEN
    assert names(tmp_path) == {VAULT_FILE}
    assert owners(tmp_path, GIVEN) == 3000


def test_a_lost_key_is_told_with_its_remedy_and_no_new_key_is_made(tmp_path: Path) -> None:
    encrypted_vault(tmp_path)
    (tmp_path / KEY_FILE).unlink()
    before = (tmp_path / VAULT_FILE).read_bytes()
    with pytest.raises(SecretKeyError, match=r"neither in GOVBIZ_VAULT_KEY nor in .*; restore that file"):
        owners(tmp_path)
    assert names(tmp_path) == {VAULT_FILE}
    assert (tmp_path / VAULT_FILE).read_bytes() == before


def test_a_wrong_key_changes_nothing(tmp_path: Path) -> None:
    encrypted_vault(tmp_path, GIVEN)
    before = (tmp_path / VAULT_FILE).read_bytes()
    with pytest.raises(WrongKeyError, match="give the key that belongs to it - nothing was changed"):
        owners(tmp_path, OTHER)
    assert (tmp_path / VAULT_FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("configured", "new", "said"),
    [
        (GIVEN, "short", "GOVBIZ_VAULT_NEW_KEY: has fewer than 16 characters"),
        ("short", OTHER, "GOVBIZ_VAULT_KEY: has fewer than 16 characters"),
        (GIVEN, None, "GOVBIZ_VAULT_KEY holds the present key; set GOVBIZ_VAULT_NEW_KEY"),
        (GIVEN, GIVEN, "GOVBIZ_VAULT_NEW_KEY is the present key"),
    ],
)
def test_a_key_that_will_not_do_is_refused_without_being_quoted(
    tmp_path: Path, configured: str, new: str | None, said: str
) -> None:
    encrypted_vault(tmp_path, GIVEN)
    with pytest.raises(SecretKeyError, match=said) as refusal:
        rotate_key(tmp_path, configured, new, silent)
    assert GIVEN not in str(refusal.value)
    assert owners(tmp_path, GIVEN) == 3000


def test_a_vault_that_is_not_there_yet_has_no_key_to_change(tmp_path: Path) -> None:
    with pytest.raises(EncryptionError, match="there is no vault yet; it is made by: govbiz run"):
        rotate_key(tmp_path, None, None, silent)


@pytest.mark.parametrize("new", [None, OTHER])
def test_the_key_in_the_file_is_changed_and_the_old_one_opens_nothing(tmp_path: Path, new: str | None) -> None:
    old = encrypted_vault(tmp_path)
    rotate_key(tmp_path, None, new, silent)
    key = (tmp_path / KEY_FILE).read_text(encoding="utf-8")
    assert key == new if new else key != old
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert (opens(tmp_path / VAULT_FILE, key), opens(tmp_path / VAULT_FILE, old)) == (True, False)
    assert owners(tmp_path) == 3000
    assert names(tmp_path) == {VAULT_FILE, KEY_FILE}


def test_a_key_of_the_environment_is_changed_for_one_of_the_environment_and_twice_is_once(tmp_path: Path) -> None:
    encrypted_vault(tmp_path, GIVEN)
    said: list[str] = []
    for _ in range(2):
        rotate_key(tmp_path, GIVEN, OTHER, said.append)
    assert [line.split(": ")[1] for line in said] == [
        "has a new key; set GOVBIZ_VAULT_KEY to it",
        "has the new key already; set GOVBIZ_VAULT_KEY to it",
    ]
    assert owners(tmp_path, OTHER) == 3000
    assert names(tmp_path) == {VAULT_FILE}


def test_of_a_key_left_over_that_opens_nothing_nothing_is_removed(tmp_path: Path) -> None:
    encrypted_vault(tmp_path)
    for name in (KEY_FILE, NEW_KEY_FILE):
        (tmp_path / name).write_text(OTHER + name, encoding="utf-8")
    with pytest.raises(WrongKeyError):
        owners(tmp_path)
    assert names(tmp_path) == {VAULT_FILE, KEY_FILE, NEW_KEY_FILE}


# What a change of the vault does to the disk: statements, renames and removals. Each is a place to be killed at.
STEPS = ("execute", "replace", "unlink")
WORK: dict[str, Callable[[Path], Any]] = {
    "encrypting": lambda folder: unlock_vault(folder, None, silent),
    "changing the key": lambda folder: rotate_key(folder, None, None, silent),
}


def work_until_killed(kind: str, folder: Path, step: int, pipe: Connection) -> None:
    """Does the work and kills its own process at the start of one of its steps."""
    left = step

    def watch(_: object, event: str, called: Any) -> None:
        nonlocal left
        if event == "c_call" and called.__name__ in STEPS and getattr(called, "__self__", None).__class__ is not str:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    WORK[kind](folder)
    sys.setprofile(None)
    pipe.send(step - left)


@pytest.mark.parametrize("kind", WORK)
def test_killed_at_any_step_the_vault_opens_and_the_work_is_done_the_next_time(
    kind: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    def folder_before(name: str) -> Path:
        folder = tmp_path / name
        plain_vault(folder) if kind == "encrypting" else encrypted_vault(folder)
        return folder

    with running(work_until_killed, kind, folder_before("whole"), 0) as (_, pipe):
        steps = int(hear(pipe))
    has_new_key = []
    for step in range(1, steps + 1):
        folder = folder_before(str(step))
        old = (folder / KEY_FILE).read_text(encoding="utf-8") if (folder / KEY_FILE).exists() else ""
        with running(work_until_killed, kind, folder, step) as (process, _):
            process.join()
            assert process.exitcode == -signal.SIGKILL
        assert owners(folder) == 3000
        assert is_encrypted(folder / VAULT_FILE)
        assert {name for name in names(folder) if not name.startswith(".")} == {VAULT_FILE, KEY_FILE}
        has_new_key.append((folder / KEY_FILE).read_text(encoding="utf-8") != old)
    record_property("steps", steps)
    assert steps > 10
    assert has_new_key[-1]
    if kind == "changing the key":
        assert has_new_key == sorted(has_new_key), "the old key up to a step, the new one from there on"
        assert not has_new_key[0]
        rotate_key(tmp_path / "1", None, None, silent)
        assert names(tmp_path / "1") == {VAULT_FILE, KEY_FILE}
