"""Files are encrypted by OpenSSL, offline; what spills is encrypted; no message quotes a key or a delivered value."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from govbiz_assets.contracts.column import text
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse import engine
from govbiz_assets.warehouse.engine import EncryptionError, WrongKeyError, attach_file, is_encrypted, open_engine
from govbiz_assets.warehouse.errors import EngineError, describe_error, values_kept_out
from govbiz_assets.warehouse.months import RowRuleError, replace_months
from govbiz_assets.warehouse.session import Session

KEY = "key-of-the-tests-that-nobody-may-see"
NAME = "某某实业有限公司"


def encrypted(folder: Path, rows: int = 3) -> Path:
    path = folder / "vault.duckdb"
    with open_engine(folder / "spill") as connection:
        attach_file(connection, path, "vault", KEY)
        connection.execute(f"CREATE TABLE vault.owner AS SELECT '{NAME}' || n AS name FROM range({rows}) AS numbers(n)")
    return path


def test_the_module_is_signed_and_loaded_offline_and_the_file_is_encrypted_with_gcm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine.CONFIG, "allow_unsigned_extensions", False)
    with open_engine(tmp_path / "spill") as connection:
        attach_file(connection, tmp_path / "vault.duckdb", "vault", KEY)
        ciphers = connection.execute("SELECT cipher FROM duckdb_databases() WHERE encrypted").fetchall()
        settings = connection.execute(
            "SELECT name, value FROM duckdb_settings() WHERE name IN ('force_mbedtls_unsafe', 'temp_file_encryption', "
            "'autoinstall_known_extensions', 'autoload_known_extensions', 'allow_unsigned_extensions') ORDER BY name"
        ).fetchall()
    assert ciphers == [("GCM",)]
    assert [value for _, value in settings] == ["false", "false", "false", "false", "true"]
    assert settings[-1][0] == "temp_file_encryption"


def test_neither_the_file_nor_its_log_holds_what_was_written_and_the_header_tells_that(tmp_path: Path) -> None:
    path = tmp_path / "vault.duckdb"
    with open_engine(tmp_path / "spill") as connection:
        attach_file(connection, path, "vault", KEY)
        connection.execute(f"CREATE TABLE vault.owner AS SELECT '{NAME}' AS name")
        log = path.with_name("vault.duckdb.wal").read_bytes()
    assert len(log) > 0
    assert NAME.encode() not in log + path.read_bytes()
    assert is_encrypted(path)
    with open_engine(tmp_path / "spill") as connection:
        attach_file(connection, tmp_path / "plain.duckdb", "plain")
    assert not is_encrypted(tmp_path / "plain.duckdb")


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = encrypted(tmp_path, rows=50_000)
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)
    with open_engine(tmp_path / "spill") as connection, pytest.raises((duckdb.Error, EncryptionError)):
        attach_file(connection, path, "vault", KEY)
        connection.execute("SELECT max(name) FROM vault.owner").fetchall()


def test_what_spills_is_encrypted(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    config = {"memory_limit": "30MB", "threads": 1, "preserve_insertion_order": False}
    with open_engine(spill, config) as connection:
        connection.execute(
            f"CREATE TEMP TABLE big AS SELECT '{NAME}' || (n * 7919 % 1000003) AS name, md5(n::VARCHAR) AS noise "
            "FROM range(700_000) AS numbers(n)"
        )
        spilled = [path.read_bytes() for path in spill.rglob("*") if path.is_file()]
    assert sum(map(len, spilled)) > 1_000_000
    assert not any(NAME.encode() in content for content in spilled)


def test_a_wrong_key_is_one_line_without_any_key_and_changes_nothing(tmp_path: Path) -> None:
    path = encrypted(tmp_path)
    before = path.read_bytes()
    other = "another-key-it's-not-the-right-one"
    with open_engine(tmp_path / "spill") as connection, pytest.raises(WrongKeyError) as refusal:
        attach_file(connection, path, "vault", other)
    shown = "".join(traceback.format_exception(refusal.value))
    assert str(refusal.value).startswith(f"{path}: is encrypted with another key than that of GOVBIZ_VAULT_KEY or ")
    assert "\n" not in str(refusal.value)
    assert other not in shown
    assert KEY not in shown
    assert path.read_bytes() == before


def test_no_failure_of_opening_quotes_the_key(tmp_path: Path) -> None:
    path = tmp_path / "no folder" / "vault.duckdb"
    plain = tmp_path / "plain.duckdb"
    duckdb.connect(str(plain)).close()
    for broken in (path, plain):
        with open_engine(tmp_path / "spill") as connection, pytest.raises(EncryptionError) as refusal:
            attach_file(connection, broken, "vault", KEY)
        assert str(refusal.value).startswith(f"{broken}: cannot be opened (")
        assert KEY not in "".join(traceback.format_exception(refusal.value))


def test_a_platform_without_the_module_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "OPENSSL_PACKAGE", "duckdb_extension_that_is_not_there")
    monkeypatch.setitem(engine.CONFIG, "extension_directory", str(tmp_path))
    with pytest.raises(EncryptionError, match=r"install the package duckdb-extension-httpfs==1\.5\.5, or") as refusal:
        open_engine(tmp_path / "spill")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT '{NAME}'::DOUBLE",
        f"SELECT strptime('{NAME}', '%Y')",
        f"SELECT ('\"' || '{NAME}' || chr(10) || '{NAME}')::INTEGER",
        f"SELECT CAST('{NAME} it''s' AS DATE)",
    ],
)
def test_an_error_about_rows_quotes_no_value(query: str) -> None:
    with duckdb.connect() as connection, pytest.raises(EngineError) as refusal, values_kept_out():
        connection.execute(query).fetchall()
    assert NAME not in "".join(traceback.format_exception(refusal.value)).replace(query, "")


def test_an_error_about_a_statement_names_what_is_missing() -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.CatalogException) as refusal:
        connection.execute("SELECT * FROM missing_table")
    assert "missing_table" in describe_error(refusal.value)


def test_a_csv_line_that_the_engine_refuses_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"name,kwh\n{NAME},one\n", encoding="utf-8")
    columns = "{'name': 'VARCHAR', 'kwh': 'DOUBLE'}"
    with duckdb.connect() as connection, pytest.raises(EngineError) as refusal, values_kept_out():
        connection.execute(f"SELECT * FROM read_csv('{path}', columns = {columns})").fetchall()
    assert NAME not in "".join(traceback.format_exception(refusal.value))


@pytest.mark.parametrize("break_it", ["value", "key"])
def test_a_refused_write_quotes_nothing_that_can_name_someone(session: Session, break_it: str) -> None:
    owner = TableContract(
        layer="raw",
        name="owner",
        meaning="Owners.",
        grain="name",
        columns=(text("customer_name", "Name.", "identifying"),),
        required=frozenset({"customer_name"}),
        key=("customer_name",),
        is_monthly=False,
        database="vault",
    )
    queries: dict[str, Callable[[], str]] = {
        "value": lambda: f"SELECT ('{NAME}' || n)::INTEGER::VARCHAR AS customer_name FROM range(2) AS numbers(n)",
        "key": lambda: f"SELECT '{NAME}' AS customer_name FROM range(2)",
    }
    with pytest.raises(RowRuleError) as refusal:
        replace_months(session, owner, session.backend.sql(queries[break_it]()), [])
    assert "***" in str(refusal.value)
    assert NAME not in "".join(traceback.format_exception(refusal.value))
