"""Secret keys of a data folder: from the environment, else from a file that only its owner can read."""

from __future__ import annotations

import secrets
from pathlib import Path

from govbiz_assets.warehouse.files import write_whole


class SecretKeyError(Exception):
    """There is no usable key."""


def load_key(path: Path, configured: str | None, setting: str) -> str:
    """Returns the configured key, else that of the file, which is made on first use.

    The caller holds the lock, so that two first runs never make two keys.

    Args:
        path: The key file.
        configured: Key of the environment.
        setting: Name of its variable, for the message.

    Raises:
        SecretKeyError: The key file is empty; anybody could guess that key.
    """
    if configured:
        return configured
    if not path.exists():
        write_key(path, make_key())
    return read_key(path, setting)


def read_key(path: Path, setting: str) -> str:
    """Returns the key of a file.

    Raises:
        SecretKeyError: The file is empty.
    """
    key = path.read_text(encoding="utf-8").strip()
    if not key:
        raise SecretKeyError(f"{path}: the key is empty; restore the file from a backup, or set {setting}")
    return key


def make_key() -> str:
    """Returns a random key: 256 bits as hex digits."""
    return secrets.token_hex(32)


def write_key(path: Path, key: str) -> None:
    """Writes a key file, readable by its owner only."""
    write_whole(path, key, mode=0o600)
