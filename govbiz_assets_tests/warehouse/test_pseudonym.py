"""Pseudonyms are HMAC-SHA256 under the key of the folder or of the environment, and the vault alone knows names."""

from __future__ import annotations

import hashlib
import hmac
import stat
from pathlib import Path

import duckdb
import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govbiz_assets.contracts.column import date as date_column
from govbiz_assets.contracts.column import text
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.transforms.pseudonym import pseudonym
from govbiz_assets.warehouse.keys import SecretKeyError
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.pseudonym import FINGERPRINT_FILE, KEY_FILE, install_pseudonym_function, load_key
from govbiz_assets.warehouse.session import open_session
from govbiz_assets_tests.scenario import connect
from govbiz_assets_tests.warehouse.trial import JANUARY

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
RAW = TableContract(
    layer="raw",
    name="owner",
    meaning="Owners as received.",
    grain="record",
    columns=(date_column("month", "Month."), text("customer_no", "Number.", "identifying")),
    required=frozenset({"month"}),
    key=(),
    database="vault",
)
CLEANED = TableContract(
    layer="cleaned",
    name="owner",
    meaning="Owners.",
    grain="customer",
    columns=(date_column("month", "Month."), text("customer_id", "Pseudonym.")),
    required=frozenset({"month", "customer_id"}),
    key=("month", "customer_id"),
)


def by_the_standard_library(key: bytes, prefix: str, number: str) -> str:
    return prefix + hmac.new(key, f"{prefix}:{number}".encode(), hashlib.sha256).hexdigest()[:20]


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@given(
    key=st.one_of(st.binary(min_size=1, max_size=70), st.binary(min_size=60, max_size=200)),
    prefix=st.sampled_from(["c", "a", "b", "p", "t"]),
    numbers=st.lists(any_text, min_size=1, max_size=5),
)
@settings(max_examples=120, deadline=None)
def test_a_pseudonym_is_the_hmac_of_the_standard_library(
    connection: duckdb.DuckDBPyConnection, key: bytes, prefix: str, numbers: list[str]
) -> None:
    install_pseudonym_function(connection, key)
    answer = connection.execute(
        "SELECT pseudonym($prefix, number) FROM (SELECT unnest($numbers::VARCHAR[]) AS number)",
        {"prefix": prefix, "numbers": numbers},
    ).fetchall()
    assert [one for (one,) in answer] == [by_the_standard_library(key, prefix, number) for number in numbers]


@pytest.mark.parametrize("key", [b"k", b"x" * 63, b"x" * 64, b"x" * 65, b"x" * 300, "密钥".encode()])
@pytest.mark.parametrize(
    "number", ["", "0000123", "户号 3201", "it's", 'a"b', "a\\b", "💡", "e\u0301", "\0", "a" * 5000]
)
def test_odd_numbers_and_keys_of_every_length_are_no_exception(
    connection: duckdb.DuckDBPyConnection, key: bytes, number: str
) -> None:
    install_pseudonym_function(connection, key)
    assert connection.execute("SELECT pseudonym('a', ?)", [number]).fetchone() == (
        by_the_standard_library(key, "a", number),
    )


def test_the_pseudonym_of_nothing_is_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    install_pseudonym_function(connection, b"k")
    assert connection.execute("SELECT pseudonym('c', NULL::VARCHAR)").fetchone() == (None,)


def test_a_number_means_another_thing_for_a_customer_than_for_an_account(connection: duckdb.DuckDBPyConnection) -> None:
    install_pseudonym_function(connection, b"k")
    answer = connection.execute("SELECT pseudonym('c', '1')[2:], pseudonym('a', '1')[2:]").fetchone()
    assert answer is not None
    assert answer[0] != answer[1]


def write_owners(folder: Path, key: bytes, numbers: list[str]) -> list[str]:
    with open_session(folder, key, {"threads": 1}) as session:
        raw = ibis.memtable({"month": [JANUARY] * len(numbers), "customer_no": numbers})
        replace_months(session, RAW, raw, [JANUARY])
        received = session.window(RAW, JANUARY, date_after_january)
        rows = received.select("month", customer_id=pseudonym("c", received.customer_no))
        replace_months(session, CLEANED, rows, [JANUARY])
        return sorted(session.stored(CLEANED).to_polars()["customer_id"])


date_after_january = JANUARY.replace(month=2)


def test_the_same_key_gives_the_same_pseudonyms_in_two_folders_and_another_key_others(tmp_path: Path) -> None:
    numbers = ["3201-0001", "户号"]
    first = write_owners(tmp_path / "one", b"k1", numbers)
    assert first == sorted(by_the_standard_library(b"k1", "c", number) for number in numbers)
    assert write_owners(tmp_path / "two", b"k1", numbers) == first
    assert not set(write_owners(tmp_path / "three", b"k2", numbers)) & set(first)


def test_the_vault_holds_what_was_received_and_the_warehouse_does_not_nor_either_the_key(tmp_path: Path) -> None:
    key = load_key(tmp_path, None)
    numbers = [f"CUSTOMER-{n:06}-SECRET" for n in range(5000)]
    write_owners(tmp_path, key, numbers)
    with connect(tmp_path) as both:
        assert sorted(n for (n,) in both.execute("SELECT customer_no FROM vault.raw.owner").fetchall()) == numbers
    stored = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert [name for name, content in stored.items() if b"-SECRET" in content] == []
    assert [name for name, content in stored.items() if key in content] == [KEY_FILE]


def test_the_key_of_a_folder_is_random_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    key = load_key(tmp_path, None)
    assert len(bytes.fromhex(key.decode())) == 32
    assert load_key(tmp_path, None) == key
    assert load_key(tmp_path / "other", None) != key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {KEY_FILE, FINGERPRINT_FILE}


def test_a_configured_key_goes_before_that_of_the_folder(tmp_path: Path) -> None:
    assert load_key(tmp_path, "省公司 key") == "省公司 key".encode()
    assert not (tmp_path / KEY_FILE).exists()


def test_an_empty_key_file_is_refused_and_not_taken_as_a_key(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("\n", encoding="ascii")
    with pytest.raises(SecretKeyError, match="the key is empty; restore the file from a backup") as refusal:
        load_key(tmp_path, None)
    assert "\n" not in str(refusal.value)


def test_a_first_run_killed_while_it_made_the_key_leaves_a_folder_that_works(tmp_path: Path) -> None:
    (tmp_path / f".{KEY_FILE}.tmp").write_text("half", encoding="ascii")
    key = load_key(tmp_path, None)
    assert len(key) == 64
    assert not (tmp_path / f".{KEY_FILE}.tmp").exists()


def test_a_lost_key_is_told_with_its_remedy_and_no_new_key_is_made(tmp_path: Path) -> None:
    key = load_key(tmp_path, None).decode()
    (tmp_path / "warehouse.duckdb").touch()
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(SecretKeyError, match="is lost, and a new one would give every customer another id; restore"):
        load_key(tmp_path, None)
    assert not (tmp_path / KEY_FILE).exists()
    assert load_key(tmp_path, key).decode() == key


@pytest.mark.parametrize("configured", ["another key", None])
def test_a_key_that_the_tables_were_not_made_with_is_refused_without_being_quoted(
    tmp_path: Path, configured: str | None
) -> None:
    load_key(tmp_path, "the former key")
    (tmp_path / "warehouse.duckdb").touch()
    (tmp_path / KEY_FILE).write_text("another key", encoding="utf-8")
    with pytest.raises(SecretKeyError, match=r"is not the key that the tables of .* were made with") as refusal:
        load_key(tmp_path, configured)
    assert "another key" not in str(refusal.value)
    assert load_key(tmp_path, "the former key") == b"the former key"


def test_a_folder_of_the_version_before_takes_the_key_it_has_for_its_own(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").touch()
    assert load_key(tmp_path, "its key") == b"its key"
    with pytest.raises(SecretKeyError):
        load_key(tmp_path, "another key")


def test_a_folder_without_tables_may_have_another_key(tmp_path: Path) -> None:
    load_key(tmp_path, "the former key")
    assert load_key(tmp_path, "another key") == b"another key"
    (tmp_path / "warehouse.duckdb").touch()
    assert load_key(tmp_path, "another key") == b"another key"
