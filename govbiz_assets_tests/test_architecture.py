"""Imports point one way, pure code stays pure, and a code location loads fast; read from the source by ast."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import govbiz_assets

ROOT = Path(govbiz_assets.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# What each inner part may import of the house. A part that is not listed belongs to the ring around them.
INNER: dict[str, set[str]] = {
    "contracts": set(),
    "analytics": set(),
    "settings": set(),
    "transforms": {"contracts"},
    "linkage": set(),
    "sources": {"contracts"},
    "partitions": {"contracts"},
    "warehouse": {"contracts", "settings"},
    "resources": {"contracts", "settings", "sources", "warehouse"},
}
# Who may import the parts that put the house together.
ASSEMBLY: dict[str, set[str]] = {
    "build": {"definitions", "pipeline", "maintenance", "cli"},
    "definitions": {"cli"},
    "pipeline": {"reports", "cli"},
    "maintenance": {"cli"},
    "cli": set(),
}
PURE = ("contracts", "analytics", "transforms")
IMPURE_MODULES = {
    *("dagster", "dagster_duckdb", "duckdb", "pydantic_settings", "sqlite3", "subprocess"),
    *("os", "pathlib", "io", "shutil", "tempfile", "glob", "socket", "urllib", "http", "requests", "httpx"),
    *("time", "logging", "random", "secrets", "threading", "csv", "pyarrow", "xlsxwriter", "fastexcel"),
}
CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "perf_counter"}
FILE_CALLS = ("read_", "scan_", "write_", "sink_")
HEAVY = {
    *("statsforecast", "mlxtend", "sklearn", "scipy", "matplotlib", "altair", "pandas"),
    *("chinese_calendar", "pyspark", "numba", "splink", "threadpoolctl"),
}
# Only the simulator, which no code location imports, reads the calendar when it is loaded.
HEAVY_ALLOWED = {"simulate/workdays.py": {"chinese_calendar"}}
ENVIRONMENT = ("environ", "environb", "getenv")
MAX_LINES = 400


def part_of(path: Path) -> str:
    """First folder below the package, or the module's own name."""
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imported_modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            if module == "govbiz_assets":
                yield from (f"govbiz_assets.{alias.name}" for alias in node.names)


def house_parts(tree: ast.AST) -> set[str]:
    """Parts of the house that a module imports."""
    names = (name.split(".") for name in imported_modules(tree))
    return {parts[1] for parts in names if parts[0] == "govbiz_assets" and len(parts) > 1}


def loaded_with_module(tree: ast.Module) -> set[str]:
    """Top-level names of what is imported when the module is, TYPE_CHECKING blocks left out."""
    found: set[str] = set()
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {name.split(".")[0] for name in imported_modules(node)}
        waiting.extend(ast.iter_child_nodes(node))
    return found


def may_import(importer: str, imported: str) -> bool:
    if importer == imported:
        return True
    if importer in INNER:
        return imported in INNER[importer]
    if imported in ASSEMBLY:
        return importer in ASSEMBLY[imported]
    return importer != "definitions"


def environment_uses(tree: ast.AST) -> list[str]:
    """Uses of the environment as `read NAME` or `write NAME`; `?` where the name is not written out."""
    found, seen = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_environment(node.value):
            mode = "read" if isinstance(node.ctx, ast.Load) else "write"
            found.append(f"{mode} {_name(node.slice)}")
            seen.add(id(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            accessed = node.func if _is_environment(node.func) else node.func.value
            if _is_environment(accessed):
                mode = "write" if node.func.attr in ("setdefault", "update", "pop") else "read"
                found.append(f"{mode} {_name(*node.args[:1])}")
                seen.add(id(accessed))
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            found.extend("read ?" for alias in node.names if alias.name in ENVIRONMENT)
    others = [node for node in ast.walk(tree) if _is_environment(node) and id(node) not in seen]
    return [*found, *("read ?" for _ in others)]


def _is_environment(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT


def _name(*argument: ast.expr) -> str:
    return str(argument[0].value) if argument and isinstance(argument[0], ast.Constant) else "?"


def impurities(tree: ast.AST) -> set[str]:
    """Clocks, files and engine calls that a pure module uses."""
    found = {name for name in imported_modules(tree) if name.split(".")[0] in IMPURE_MODULES}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("open", "print", "input")
        ):
            found.add(node.func.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner, name = ast.unparse(node.func.value), node.func.attr
            is_clock = name in CLOCKS and owner.split(".")[-1] in ("ibis", "date", "datetime", "dt", "time")
            is_file = owner in ("pl", "polars", "ibis") and name.startswith(FILE_CALLS)
            if is_clock or is_file or name.startswith(("write_", "sink_")):
                found.add(f"{owner}.{name}()")
    return found


@pytest.fixture(params=FILES, ids=lambda path: str(path.relative_to(ROOT)))
def source(request: pytest.FixtureRequest) -> tuple[Path, ast.Module]:
    return request.param, ast.parse(request.param.read_text(encoding="utf-8"))


def test_imports_point_one_way(source: tuple[Path, ast.Module]) -> None:
    path, tree = source
    importer = part_of(path)
    assert not {part for part in house_parts(tree) if not may_import(importer, part)}
    assert not [name for name in imported_modules(tree) if name.startswith(".")], "one import path per symbol"


def test_no_part_imports_itself_through_others() -> None:
    graph: dict[str, set[str]] = {}
    for path in FILES:
        part = part_of(path)
        graph.setdefault(part, set()).update(house_parts(ast.parse(path.read_text(encoding="utf-8"))) - {part})
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError with the cycle
    assert order.index("contracts") < order.index("warehouse") < order.index("build") < order.index("definitions")


def test_pure_parts_touch_no_engine_file_clock_or_settings() -> None:
    found = {
        str(path.relative_to(ROOT)): impurities(ast.parse(path.read_text(encoding="utf-8")))
        for path in FILES
        if part_of(path) in PURE
    }
    assert len(found) > len(PURE)
    assert {path: names for path, names in found.items() if names} == {}


def test_the_linkage_knows_its_engine_and_nothing_around_it() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in FILES if part_of(path) == "linkage"]
    assert trees
    # Its caller opens the engine; the type of the backend is all that it imports of it.
    foreign = IMPURE_MODULES - {"logging"}
    assert not {name for tree in trees for name in imported_modules(tree) if name.split(".")[0] in foreign}
    assert not [use for tree in trees for use in impurities(tree) if use.endswith("()") or use == "open"]


def test_heavy_libraries_are_imported_where_they_are_used(source: tuple[Path, ast.Module]) -> None:
    path, tree = source
    allowed = HEAVY_ALLOWED.get(path.relative_to(ROOT).as_posix(), set())
    assert not (loaded_with_module(tree) & HEAVY) - allowed


def test_loading_the_code_location_loads_no_heavy_library() -> None:
    # Dagster, ibis and polars load none of them either, so nothing has to be excepted.
    heavy = HEAVY | {"ibis.backends.duckdb"}
    code = f"import sys, govbiz_assets.definitions; print(*sorted({heavy!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_files_stay_short_enough_to_read(source: tuple[Path, ast.Module]) -> None:
    assert len(source[0].read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_only_the_settings_read_the_environment(source: tuple[Path, ast.Module]) -> None:
    path, tree = source
    part = part_of(path)
    if part == "settings":
        return
    uses = set(environment_uses(tree))
    # Child processes and Dagster itself get what they need through the environment; DAGSTER_HOME is Dagster's own.
    exported = {use for use in uses if use.startswith("write ")} if part in ("cli", "pipeline") else set()
    own = {"read DAGSTER_HOME"} if part in ("cli", "pipeline") else set()
    assert not uses - exported - own


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("contracts", "settings"),
        ("analytics", "contracts"),
        ("transforms", "analytics"),
        ("transforms", "linkage"),
        ("linkage", "transforms"),
        ("linkage", "warehouse"),
        ("warehouse", "transforms"),
        ("sources", "warehouse"),
        ("checks", "build"),
        ("assets", "cli"),
        ("definitions", "assets"),
    ],
)
def test_an_import_against_the_direction_is_seen(importer: str, imported: str) -> None:
    assert not may_import(importer, imported)
    assert house_parts(ast.parse(f"def f():\n    from govbiz_assets.{imported}.x import y")) == {imported}
    assert house_parts(ast.parse(f"from govbiz_assets import {imported}")) == {imported}


def test_the_readers_see_what_they_look_for() -> None:
    nested = "try:\n    import pandas\nexcept ImportError:\n    pass\nclass A:\n    import scipy.stats"
    assert loaded_with_module(ast.parse(nested)) == {"pandas", "scipy"}
    later = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\ndef f():\n    import scipy"
    assert loaded_with_module(ast.parse(later)) == {"typing"}
    uses = "os.environ['A'] = '1'\nos.environ.get('B')\nos.getenv('C')\nos.environ[name]\ndict(os.environ)"
    assert environment_uses(ast.parse(uses)) == ["write A", "read B", "read C", "read ?", "read ?"]
    assert environment_uses(ast.parse("from os import getenv")) == ["read ?"]
    assert impurities(ast.parse("import os.path\ndate.today()\npl.read_csv('x')\nopen('x')")) == {
        *("os.path", "date.today()", "pl.read_csv()", "open")
    }
