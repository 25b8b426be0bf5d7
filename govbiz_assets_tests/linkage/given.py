"""Small sets of records whose clusters are known by hand, and what the linkage makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import ibis
import polars as pl
from ibis.backends.duckdb import Backend

from govbiz_assets.linkage.model import LinkageModel
from govbiz_assets.linkage.organisations import ORGANISATIONS
from govbiz_assets.linkage.params import LinkageParams
from govbiz_assets.linkage.resolve import resolved
from govbiz_assets.transforms.organisation import with_identity_columns
from govbiz_assets_tests.transforms.identity.given import COLUMNS, DIVISIONS

DECISIONS = {"record_id_l": pl.String, "record_id_r": pl.String, "is_same": pl.Boolean}


@dataclass(frozen=True)
class Found:
    """A resolution outside of the engine."""

    clusters: dict[str, str]
    links: list[dict[str, Any]]
    review: list[dict[str, Any]]
    crowds: list[dict[str, Any]]
    model: LinkageModel

    @property
    def groups(self) -> list[list[str]]:
        """Clusters of more than one record."""
        by_cluster: dict[str, list[str]] = {}
        for record, cluster in sorted(self.clusters.items()):
            by_cluster.setdefault(cluster, []).append(record)
        return sorted(group for group in by_cluster.values() if len(group) > 1)

    def reasons(self) -> dict[tuple[str, str], str]:
        """Why a person is asked, by pair."""
        return {(pair["record_id_l"], pair["record_id_r"]): pair["reason"] for pair in self.review}


def new_engine(threads: int = 2) -> Backend:
    return ibis.duckdb.from_connection(duckdb.connect(":memory:", config={"threads": threads}))


def link(
    engine: Backend,
    rows: pl.DataFrame,
    params: LinkageParams = ORGANISATIONS,
    decisions: Sequence[tuple[str, str, bool]] | None = None,
    model: LinkageModel | None = None,
) -> Found:
    """Links prepared records and takes the result out of the engine."""
    said = None if decisions is None else ibis.memtable(pl.DataFrame(decisions, schema=DECISIONS, orient="row"))
    with resolved(engine, ibis.memtable(rows), params, decisions=said, model=model) as found:
        tables = (found.clusters, found.links, found.review, found.crowds)
        clusters, links, review, crowds = (engine.to_polars(table).to_dicts() for table in tables)
        ids = {row["record_id"]: row["cluster_id"] for row in clusters}
        return Found(ids, links, review, crowds, found.model)


def prepare(engine: Backend, rows: pl.DataFrame) -> pl.DataFrame:
    """Returns delivered organisations with their identity columns."""
    return engine.to_polars(with_identity_columns(ibis.memtable(rows), DIVISIONS))


def organisations(engine: Backend, rows: dict[str, dict[str, str | None]]) -> pl.DataFrame:
    """Returns hand-written organisations, by id, with their identity columns."""
    complete = [{"record_id": name} | {column: row.get(column) for column in COLUMNS} for name, row in rows.items()]
    return prepare(engine, pl.DataFrame(complete, schema=dict.fromkeys(("record_id", *COLUMNS), pl.String)))
