"""The vault's key: found, made on first use, changed. A vault that is not encrypted yet is encrypted when it is met.

Every change writes a new file beside the old one and renames it. Two files cannot be renamed at one instant, so a new
key lies in `vault.key.new` before the vault that needs it takes its place: a kill between the two renames leaves a
vault that one of the two key files opens, and the next opening finishes the change.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from govbiz_assets.warehouse.compact import rewrite_database
from govbiz_assets.warehouse.engine import EncryptionError, WrongKeyError, attach_file, is_encrypted, open_engine
from govbiz_assets.warehouse.files import replace_whole
from govbiz_assets.warehouse.keys import SecretKeyError, load_key, make_key, read_key, write_key

VAULT_FILE = "vault.duckdb"
KEY_FILE = "vault.key"
NEW_KEY_FILE = "vault.key.new"
SETTING = "GOVBIZ_VAULT_KEY"
NEW_SETTING = "GOVBIZ_VAULT_NEW_KEY"
# DuckDB makes the cipher's key of it by a single hash, so a word that people remember could be found by trying.
MIN_KEY_CHARACTERS = 16

Say = Callable[[str], None]


def unlock_vault(folder: Path, configured: str | None, say: Say) -> str:
    """Returns the key of a folder's vault, which is encrypted from then on; the caller holds the lock.

    Args:
        folder: Data folder.
        configured: Value of GOVBIZ_VAULT_KEY.
        say: Called with one line where the vault was encrypted, or an interrupted change of key finished.

    Raises:
        SecretKeyError: The vault is encrypted and there is no key, or the key is no usable one.
    """
    _check_length(configured, SETTING)
    path = folder / VAULT_FILE
    if not path.exists() or path.stat().st_size == 0:
        return load_key(folder / KEY_FILE, configured, SETTING)
    if not is_encrypted(path):
        key = load_key(folder / KEY_FILE, configured, SETTING)
        rewrite_database(path, new_key=key)
        say(f"{path}: was not encrypted and is now; keep its key: {SETTING if configured else folder / KEY_FILE}")
        return key
    if configured:
        return configured
    if (folder / NEW_KEY_FILE).exists():
        _finish_rotation(folder, say)
    if not (folder / KEY_FILE).exists():
        raise SecretKeyError(
            f"{path}: is encrypted, and its key is neither in {SETTING} nor in {folder / KEY_FILE}; restore that file "
            "from a backup - without the key, remove the vault and make all months again from the delivered files"
        )
    return read_key(folder / KEY_FILE, SETTING)


def rotate_key(folder: Path, configured: str | None, new: str | None, say: Say) -> None:
    """Encrypts the vault with another key; the caller holds the lock.

    The new key goes where the old one is: into the key file, or, where the environment holds it, into the hands of the
    operator, who gave it.

    Args:
        folder: Data folder.
        configured: Value of GOVBIZ_VAULT_KEY.
        new: Value of GOVBIZ_VAULT_NEW_KEY; a random key is made where there is none.
        say: Called with one line about what was done.

    Raises:
        EncryptionError: There is no vault, or it cannot be opened with the present key.
        SecretKeyError: The new key is missing, short, or the old one.
    """
    path = folder / VAULT_FILE
    if configured and not new:
        raise SecretKeyError(f"{SETTING} holds the present key; set {NEW_SETTING} to the new one")
    _check_length(new, NEW_SETTING)
    if new and new == configured:
        raise SecretKeyError(f"{NEW_SETTING} is the present key; set it to another one")
    if not path.exists():
        raise EncryptionError(f"{path}: there is no vault yet; it is made by: govbiz run")
    if configured and new and is_encrypted(path) and opens(path, new):
        say(f"{path}: has the new key already; set {SETTING} to it")
        return
    key = unlock_vault(folder, configured, say)
    new_key = new or make_key()
    if new_key == key:
        raise SecretKeyError(f"{NEW_SETTING} is the present key; set it to another one")
    if not configured:
        write_key(folder / NEW_KEY_FILE, new_key)
    rewrite_database(path, key, new_key)
    if not configured:
        replace_whole(folder / NEW_KEY_FILE, folder / KEY_FILE)
    say(f"{path}: has a new key; " + (f"set {SETTING} to it" if configured else f"it is in {folder / KEY_FILE}"))


def opens(path: Path, key: str) -> bool:
    """True where the key opens an encrypted file; nothing is changed."""
    connection = open_engine(path.parent / "spill")
    try:
        attach_file(connection, path, "tried", key, read_only=True)
    except WrongKeyError:
        return False
    finally:
        connection.close()
    return True


def _finish_rotation(folder: Path, say: Say) -> None:
    """Finishes or takes back a change of key that was interrupted, whichever fits the vault."""
    path, new = folder / VAULT_FILE, folder / NEW_KEY_FILE
    if opens(path, read_key(new, SETTING)):
        replace_whole(new, folder / KEY_FILE)
        say(f"{path}: the change of its key was interrupted and is finished now")
    elif (folder / KEY_FILE).exists() and opens(path, read_key(folder / KEY_FILE, SETTING)):
        new.unlink()
        say(f"{path}: the change of its key was interrupted; it has the key that it had")


def _check_length(key: str | None, setting: str) -> None:
    if key and len(key) < MIN_KEY_CHARACTERS:
        raise SecretKeyError(
            f"{setting}: has fewer than {MIN_KEY_CHARACTERS} characters; take a random one, as of: openssl rand -hex 32"
        )
