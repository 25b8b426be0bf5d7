"""The shape of a table: columns, key, grain, rules, owner, and the database file it lives in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from govbiz_assets.contracts.column import Column, index_columns
from govbiz_assets.contracts.columns_derived import DERIVED_COLUMNS
from govbiz_assets.contracts.columns_feature import FEATURE_COLUMNS
from govbiz_assets.contracts.columns_hierarchy import HIERARCHY_COLUMNS
from govbiz_assets.contracts.columns_identity import IDENTITY_COLUMNS
from govbiz_assets.contracts.columns_source import SOURCE_COLUMNS

COLUMNS: dict[str, Column] = index_columns(
    *SOURCE_COLUMNS, *IDENTITY_COLUMNS, *DERIVED_COLUMNS, *HIERARCHY_COLUMNS, *FEATURE_COLUMNS
)

Database = Literal["warehouse", "vault"]


@dataclass(frozen=True)
class Rule:
    """A row rule that is refused inside the write's transaction when a row breaks it; null passes.

    Attributes:
        column: Column that is looked at.
        low: Smallest accepted value, or the name of the column that holds it.
        high: Largest accepted value, or the name of the column that holds it.
        values: Accepted values of a code.
    """

    column: str
    low: float | str | None = None
    high: float | str | None = None
    values: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the rule looks at, bounds included."""
        return (self.column, *(bound for bound in (self.low, self.high) if isinstance(bound, str)))

    @property
    def name(self) -> str:
        """Name of the rule; it does not carry the limit, so a tightened limit keeps its history."""
        return f"{self.column}_{'known' if self.values else 'in_range'}"

    @property
    def words(self) -> str:
        """The rule in words."""
        if self.values:
            return f"{self.column} is one of {', '.join(self.values)}"
        low = f"{self.low} <= " if self.low is not None else ""
        high = f" <= {self.high}" if self.high is not None else ""
        return f"{low}{self.column}{high}"


@dataclass(frozen=True)
class TableContract:
    """What a table promises.

    Attributes:
        layer: Schema of the table and first part of the asset key.
        name: Name of the table and second part of the asset key.
        meaning: One sentence.
        grain: What one row stands for.
        columns: The columns in their order.
        required: Names of the columns that are never null.
        key: Columns that are unique together; empty where rows have no key.
        rules: Row rules.
        owner: Team that answers for the table.
        database: File that the table lives in.
        is_monthly: The table is partitioned by its `month` column.
        withheld: Names of columns that may not stand in the stored table either, because they can name someone.
    """

    layer: str
    name: str
    meaning: str
    grain: str
    columns: tuple[Column, ...]
    required: frozenset[str]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    owner: str = "team:govbiz-data"
    database: Database = "warehouse"
    is_monthly: bool = True
    withheld: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Checks that the contract is consistent.

        Raises:
            ValueError: A column stands twice, a key or rule names no column, a key column or the month may be null, or
                an identifying column stands outside the vault.
        """
        names = Counter(self.column_names)
        repeated = sorted(name for name, count in names.items() if count > 1)
        if repeated:
            raise ValueError(f"{self.full_name}: {', '.join(repeated)} stands twice among the columns")
        month = ("month",) if self.is_monthly else ()
        rule_columns = [name for rule in self.rules for name in rule.columns]
        for name in (*month, *self.key, *self.required, *rule_columns):
            if name not in names:
                raise ValueError(f"{self.full_name}: {name!r} is no column of the table")
        for name in (*month, *self.key):
            if name not in self.required:
                raise ValueError(f"{self.full_name}: {name!r} identifies rows and may not be null")
        leaked = [c.name for c in self.columns if c.sensitivity == "identifying" and self.database != "vault"]
        if leaked:
            raise ValueError(f"{self.full_name}: {', '.join(leaked)} can name someone; such columns live in the vault")

    @property
    def full_name(self) -> str:
        """`layer.table`."""
        return f"{self.layer}.{self.name}"

    @property
    def asset_key(self) -> tuple[str, str]:
        """Asset key of the table."""
        return (self.layer, self.name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in their order."""
        return tuple(column.name for column in self.columns)

    def with_columns(self, *extra: Column) -> TableContract:
        """Returns the contract with further nullable columns at its end, for example a profile's attributes."""
        return replace(self, columns=(*self.columns, *extra))


def table(
    full_name: str,
    meaning: str,
    *,
    grain: str,
    columns: str,
    key: str = "",
    rules: tuple[Rule, ...] = (),
    owner: str = "team:govbiz-data",
    database: Database = "warehouse",
    is_monthly: bool = True,
) -> TableContract:
    """Declares a table by the names of its columns.

    Args:
        full_name: `layer.table`.
        meaning: One sentence.
        grain: What one row stands for.
        columns: Column names divided by blanks; a trailing `?` marks a column that may be null.
        key: Names of the key columns divided by blanks.
        rules: Row rules.
        owner: Team that answers for the table.
        database: File that the table lives in.
        is_monthly: The table is partitioned by its `month` column.

    Raises:
        ValueError: A name is no column of the dictionary, or the contract is not consistent.
    """
    layer, name = full_name.split(".")
    names = columns.split()
    unknown = [name.rstrip("?") for name in names if name.rstrip("?") not in COLUMNS]
    if unknown:
        raise ValueError(
            f"{full_name}: {', '.join(unknown)} is no column of the dictionary; declare it in columns_*.py"
        )
    return TableContract(
        layer=layer,
        name=name,
        meaning=meaning,
        grain=grain,
        columns=tuple(COLUMNS[name.rstrip("?")] for name in names),
        required=frozenset(name for name in names if not name.endswith("?")),
        key=tuple(key.split()),
        rules=rules,
        owner=owner,
        database=database,
        is_monthly=is_monthly,
    )
