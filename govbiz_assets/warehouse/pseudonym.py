"""Keyed pseudonyms: HMAC-SHA256 computed in the engine, with a key that never reaches a database file."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import duckdb

from govbiz_assets.warehouse import keys
from govbiz_assets.warehouse.files import write_whole
from govbiz_assets.warehouse.keys import SecretKeyError

KEY_FILE = "pseudonym.key"
FINGERPRINT_FILE = "pseudonym.fingerprint"
SETTING = "GOVBIZ_PSEUDONYM_KEY"
_WAREHOUSE_FILE = "warehouse.duckdb"
_FINGERPRINTED = b"the key of the pseudonyms"
_BLOCK_BYTES = 64


def load_key(folder: Path, configured: str | None) -> bytes:
    """Returns the pseudonym key: the configured one, else the data folder's own, made on first use.

    With another key every customer would get another id, and the months made before would no longer belong to the
    same customers; so a folder that holds tables keeps its key, told by a fingerprint that does not give it away.

    Args:
        folder: Data folder; the caller holds its lock.
        configured: Value of GOVBIZ_PSEUDONYM_KEY.

    Raises:
        SecretKeyError: The key is lost, empty, or not the one that the folder's tables were made with.
    """
    has_tables = (folder / _WAREHOUSE_FILE).exists()
    path = folder / KEY_FILE
    if has_tables and not configured and not path.exists():
        raise SecretKeyError(
            f"{path}: the key of the pseudonyms is lost, and a new one would give every customer another id; restore "
            f"the file from a backup, set {SETTING}, or make all months again in another data folder"
        )
    key = keys.load_key(path, configured, SETTING).encode()
    fingerprint = hmac.digest(key, _FINGERPRINTED, "sha256").hex()
    known = folder / FINGERPRINT_FILE
    if not has_tables or not known.exists():
        write_whole(known, fingerprint + "\n")
    elif known.read_text(encoding="ascii").strip() != fingerprint:
        raise SecretKeyError(
            f"{SETTING if configured else path}: is not the key that the tables of {folder} were made with, and would "
            "give every customer another id; set the former key, or make all months again in another data folder"
        )
    return key


def install_pseudonym_function(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Gives the session `pseudonym(prefix, number)`: prefix and 20 hex digits of HMAC-SHA256 (RFC 2104).

    The macro lives in the session's memory database. It is written out because the engine has SHA-256 but no HMAC.
    """
    block = hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key
    block = block.ljust(_BLOCK_BYTES, b"\0")
    inner = bytes(byte ^ 0x36 for byte in block).hex()
    outer = bytes(byte ^ 0x5C for byte in block).hex()
    connection.execute(
        "CREATE OR REPLACE MACRO memory.main.pseudonym(prefix, number) AS "
        "CASE WHEN number IS NULL THEN NULL ELSE prefix || substr("
        f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(prefix || ':' || number)))), 1, 20) END"
    )
