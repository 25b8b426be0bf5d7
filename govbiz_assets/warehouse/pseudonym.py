"""Keyed pseudonyms: HMAC-SHA256 computed in the engine, with a key that never reaches a database file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from govbiz_assets.warehouse import keys

KEY_FILE = "pseudonym.key"
_BLOCK_BYTES = 64


def load_key(folder: Path, configured: str | None) -> bytes:
    """Returns the pseudonym key: the configured one, else the data folder's own, made on first use.

    Args:
        folder: Data folder; the caller holds its lock.
        configured: Value of GOVBIZ_PSEUDONYM_KEY.

    Raises:
        SecretKeyError: The folder's key file is empty.
    """
    return keys.load_key(folder / KEY_FILE, configured, "GOVBIZ_PSEUDONYM_KEY").encode()


def install_pseudonym_function(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Gives the session `pseudonym(prefix, number)`: prefix and 20 hex digits of HMAC-SHA256 (RFC 2104).

    The macro lives in the session's memory database. It is written out because the engine has SHA-256 but no HMAC.
    """
    import hashlib

    block = hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key
    block = block.ljust(_BLOCK_BYTES, b"\0")
    inner = bytes(byte ^ 0x36 for byte in block).hex()
    outer = bytes(byte ^ 0x5C for byte in block).hex()
    connection.execute(
        "CREATE OR REPLACE MACRO memory.main.pseudonym(prefix, number) AS "
        "CASE WHEN number IS NULL THEN NULL ELSE prefix || substr("
        f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(prefix || ':' || number)))), 1, 20) END"
    )
