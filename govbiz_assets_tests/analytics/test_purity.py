"""The library stays a library: no Dagster, no database, no files, no clock, and light to import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import govbiz_assets.analytics

MODULES = sorted(Path(govbiz_assets.analytics.__file__).parent.glob("*.py"))
FORBIDDEN = {"dagster", "duckdb", "ibis", "os", "pathlib", "io", "sqlite3", "requests", "time", "logging", "random"}
HEAVY = {"sklearn", "mlxtend", "statsforecast", "pandas", "scipy", "numba"}


def _imports(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_imports_nothing_that_does_io_or_reads_a_clock(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not _imports(ast.parse(text)) & FORBIDDEN
    assert "today()" not in text
    assert ".now()" not in text


def test_importing_every_module_loads_no_heavy_library() -> None:
    names = ", ".join(f"govbiz_assets.analytics.{path.stem}" for path in MODULES if path.stem != "__init__")
    code = f"import sys, {names}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
