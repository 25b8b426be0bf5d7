"""Keyed pseudonyms: HMAC-SHA256 computed in the engine, with a key that never reaches a database file."""

from __future__ import annotations

import secrets
from pathlib import Path

import duckdb

from govbiz_assets.warehouse.files import write_whole

KEY_FILE = "pseudonym.key"
_BLOCK_BYTES = 64


class PseudonymKeyError(Exception):
    """There is no usable pseudonym key."""


def load_key(folder: Path, configured: str | None) -> bytes:
    """Returns the pseudonym key: the configured one, else the data folder's own, made on first use.

    The caller holds the lock, so that two first runs never make two keys.

    Args:
        folder: Data folder.
        configured: Value of GOVBIZ_PSEUDONYM_KEY.

    Raises:
        PseudonymKeyError: The folder's key file is empty; anybody could compute pseudonyms made with it.
    """
    if configured:
        return configured.encode()
    path = folder / KEY_FILE
    if not path.exists():
        write_whole(path, secrets.token_hex(32), mode=0o600)
    key = path.read_text(encoding="ascii").strip()
    if not key:
        raise PseudonymKeyError(
            f"{path}: the key is empty; restore the file from a backup, or set GOVBIZ_PSEUDONYM_KEY"
        )
    return key.encode()


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
