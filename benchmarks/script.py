"""The peer by hand: one DuckDB script that makes the cleaned tables and the features from the same raw tables.

`script_cleaned.sql` and `script_features.sql` hold the work; this runs them section by section and says what each took.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.house import PSEUDONYM_KEY
from benchmarks.measure import report_facts
from govbiz_assets.warehouse.engine import attach_file, open_engine
from govbiz_assets.warehouse.vault import VAULT_FILE, unlock_vault

FOLDER = Path(__file__).resolve().parent
SCRIPTS = {"cleaned": FOLDER / "script_cleaned.sql", "features": FOLDER / "script_features.sql"}
_SECTION = re.compile(r"^-- section: (\w+)(, each month)?$", re.MULTILINE)


def read_sections(path: Path) -> Iterator[tuple[str, bool, str]]:
    """Yields the name of each section of a script, whether it runs once per month, and its statements."""
    _, *parts = _SECTION.split(path.read_text(encoding="utf-8"))
    for name, monthly, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield name, bool(monthly), body


def run_script(data: Path, out: Path, memory_limit: str, threads: int) -> dict[str, dict[str, float]]:
    """Makes the tables of both layers and returns the seconds of each section.

    Args:
        data: Data folder of the house in which the raw layer is loaded; it is only read.
        out: Database file to make.
        memory_limit: Memory that DuckDB may use before it spills.
        threads: Threads that DuckDB uses.
    """
    out.unlink(missing_ok=True)
    config = {"memory_limit": memory_limit, "threads": threads}
    seconds: dict[str, dict[str, float]] = {}
    with open_engine(out.with_suffix(".spill"), config) as connection:
        connection.execute("SET preserve_insertion_order = false")
        attach_file(connection, data / VAULT_FILE, "vault", unlock_vault(data, None, print), read_only=True)
        connection.execute(f"ATTACH '{data / 'warehouse.duckdb'}' AS house (READ_ONLY)")
        connection.execute(f"ATTACH '{out}' AS out")
        connection.execute(_pseudonym_macro(PSEUDONYM_KEY.encode()))
        months = connection.execute("SELECT DISTINCT month FROM vault.raw.usage ORDER BY month").fetchall()
        for layer, path in SCRIPTS.items():
            seconds[layer] = {}
            for name, is_monthly, body in read_sections(path):
                started = time.perf_counter()
                for (month,) in months if is_monthly else [(None,)]:
                    connection.execute(body.replace("$month", f"DATE '{month}'"))
                seconds[layer][name] = round(time.perf_counter() - started, 3)
            started = time.perf_counter()
            connection.execute("CHECKPOINT out")
            seconds[layer]["checkpoint"] = round(time.perf_counter() - started, 3)
            _drop_temporary(connection)
    return seconds


def _drop_temporary(connection: duckdb.DuckDBPyConnection) -> None:
    for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall():
        connection.execute(f'DROP TABLE temp.main."{name}"')


def _pseudonym_macro(key: bytes) -> str:
    """HMAC-SHA256 over prefix and number, of which 20 hex digits are kept behind the prefix; keys of up to 64 bytes."""
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block).hex() for pad in (0x36, 0x5C))
    return (
        "CREATE MACRO pseudonym(prefix, number) AS CASE WHEN number IS NOT NULL THEN prefix || substr(sha256("
        f"unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(prefix || ':' || number)))), 1, 20) END"
    )


def main() -> None:
    """Runs the hand-written script over every loaded month."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--memory-limit", default="2500MB")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    started = time.perf_counter()
    sections = run_script(arguments.data, arguments.out, arguments.memory_limit, arguments.threads)
    seconds = time.perf_counter() - started
    parts = {layer: round(sum(parts.values()), 3) for layer, parts in sections.items()}
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    report_facts(seconds, parts=parts, sections=sections, cpu_seconds=round(cpu.ru_utime + cpu.ru_stime, 3))


if __name__ == "__main__":
    main()
