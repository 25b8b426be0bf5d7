"""The engine: connections that read and write encrypted files, and the one place where a database file is opened."""

from __future__ import annotations

import importlib.util
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis

from govbiz_assets.contracts.sql import quote_identifier, quote_literal
from govbiz_assets.warehouse.lock import WarehouseBusyError

if TYPE_CHECKING:
    # Ibis reads the SQL dialects of all its backends with the first of them; a code location loads without.
    from ibis.backends.duckdb import Backend

OPENSSL_PACKAGE = "duckdb_extension_httpfs"
# DuckDB leaves spilled rows readable unless told, also those that come out of an encrypted file (1.5.5).
CONFIG: dict[str, Any] = {
    "temp_file_encryption": True,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # The wheel is packed by others; a module without the signature of DuckDB's makers is not loaded.
    "allow_unsigned_extensions": False,
}


class EncryptionError(Exception):
    """A database file cannot be encrypted, or cannot be opened with the key that is there."""


class WrongKeyError(EncryptionError):
    """The file is encrypted with another key."""


def open_engine(spill: Path, config: Mapping[str, Any] | None = None) -> duckdb.DuckDBPyConnection:
    """Returns a connection to no file, with DuckDB's OpenSSL module loaded.

    Args:
        spill: Folder of temporary files; they are encrypted with a key that ends with the process.
        config: DuckDB settings such as `memory_limit` and `threads`.

    Raises:
        EncryptionError: The OpenSSL module is not there.
    """
    connection = duckdb.connect(":memory:", config={**CONFIG, "temp_directory": str(spill), **(config or {})})
    try:
        _load_openssl(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_backend(connection: duckdb.DuckDBPyConnection) -> Backend:
    """Returns an Ibis backend over a connection, set up for all of this process's statements."""
    # Ibis 12 calls a method that DuckDB 1.5 has renamed, once per query, and each call would print a warning.
    warnings.filterwarnings("ignore", message="fetch_arrow_table", category=DeprecationWarning)
    # To merge nested selects took up to a third of compiling, and DuckDB merges them itself: a run of four months of 12
    # customers takes 28 CPU s instead of 31, one of 24 months of 10,000 accounts the same time with and without.
    ibis.options.sql.fuse_selects = False
    return ibis.duckdb.from_connection(connection)


def _load_openssl(connection: duckdb.DuckDBPyConnection) -> None:
    """Loads the module from its wheel, else from where DuckDB keeps installed ones; never over a network.

    DuckDB itself has MbedTLS, which it uses to read encrypted files and refuses to write them with. Checking the
    module's signature takes 0.1 s.
    """
    path = _openssl_path()
    try:
        connection.execute(f"LOAD {quote_literal(str(path))}" if path else "LOAD httpfs")
    except duckdb.Error as error:
        version = duckdb.__version__
        raise EncryptionError(
            f"the vault cannot be encrypted: DuckDB {version} cannot load its OpenSSL module ({first_line(error)}); "
            f"install the package duckdb-extension-httpfs=={version}, or where there is none for this platform, let "
            "DuckDB fetch it once where there is a network: python -c \"import duckdb; duckdb.sql('INSTALL httpfs')\""
        ) from None


def _openssl_path() -> Path | None:
    spec = importlib.util.find_spec(OPENSSL_PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"
        if path.exists():
            return path
    return None


def attach_file(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    database: str,
    key: str | None = None,
    *,
    read_only: bool = False,
) -> None:
    """Opens a database file under a name; it is created where it does not exist.

    Args:
        connection: A connection of `open_engine`.
        path: The file.
        database: Name under which its tables are found.
        key: Key of the encryption (AES-256-GCM); None for a file that is not encrypted.
        read_only: Open it for reading only.

    Raises:
        WarehouseBusyError: Another program has the file open.
        WrongKeyError: The file is encrypted with another key.
        EncryptionError: The encrypted file cannot be opened for another reason.
    """
    # ATTACH takes no bound parameter. The statement holds the key, so no error that could quote it gets out of here.
    options = [f"ENCRYPTION_KEY {quote_literal(key)}", "ENCRYPTION_CIPHER 'GCM'"] if key is not None else []
    options += ["READ_ONLY"] if read_only else []
    statement = f"ATTACH {quote_literal(str(path))} AS {quote_identifier(database)}"
    try:
        connection.execute(f"{statement} ({', '.join(options)})" if options else statement)
    except duckdb.Error as error:
        holder = re.search(r"Conflicting lock is held in (.*\(PID \d+\))", str(error))
        if holder is not None:
            raise WarehouseBusyError(
                f"{path}: another program has the file open, {holder[1]}; close it there and read published/ instead"
            ) from None
        if key is None:
            raise
        if "Wrong encryption key" in str(error):
            raise WrongKeyError(
                f"{path}: is encrypted with another key than that of GOVBIZ_VAULT_KEY or {path.parent / 'vault.key'}; "
                "give the key that belongs to it - nothing was changed"
            ) from None
        raise EncryptionError(f"{path}: cannot be opened ({first_line(error).replace(key, '***')})") from None


def is_encrypted(path: Path) -> bool:
    """True where a database file says in its header that it is encrypted.

    The first header of DuckDB's format is never encrypted: a checksum (8 bytes), `DUCK`, the version (8 bytes), flags.
    """
    with path.open("rb") as file:
        header = file.read(21)
    return len(header) == 21 and header[8:12] == b"DUCK" and bool(header[20] & 1)


def first_line(error: Exception) -> str:
    """Returns what an error of the engine says, without the statement that it quotes below."""
    return str(error).strip().partition("\n")[0]
