"""How well organisations are resolved, on simulated source records whose truth was planted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Column, Table

from govbiz_assets.linkage.evaluation import PairQuality


@dataclass(frozen=True)
class IdentityQuality:
    """What came out of the resolution.

    Attributes:
        records: Source records (count).
        organisations: Organisations in truth (count).
        clusters: Organisations found (count).
        pairs: Pairs of records against truth.
        compared: Pairs that were compared (count).
        review: Pairs that a person is asked about (count).
        trained_on: Certain links that the model was learnt from (count).
    """

    records: int
    organisations: int
    clusters: int
    pairs: PairQuality
    compared: int
    review: int
    trained_on: int


def evaluate_identity(records: int, duplicates: float, seed: int, divisions: Path) -> IdentityQuality:
    """Simulates source records of three systems, resolves them and compares with the planted truth.

    Args:
        records: Source records (count).
        duplicates: Share of the records whose organisation has an earlier one (ratio).
        seed: Seed of every choice.
        divisions: Reference table of divisions.
    """
    import ibis

    from govbiz_assets.linkage.evaluation import pairwise
    from govbiz_assets.linkage.organisations import ORGANISATIONS
    from govbiz_assets.linkage.resolve import resolved
    from govbiz_assets.simulate.source_records import source_records
    from govbiz_assets.transforms.identity.division import Divisions
    from govbiz_assets.transforms.organisation import with_identity_columns

    made = source_records(records, seed, duplicates)
    known = Divisions.of_list(pl.read_csv(divisions, infer_schema=False))
    backend = ibis.duckdb.connect()
    identified = with_identity_columns(ibis.memtable(made.records), known)
    prepared = backend.create_table("identity_columns", identified, temp=True)
    with resolved(backend, prepared, ORGANISATIONS) as found:
        clusters = backend.to_polars(found.clusters)
        return IdentityQuality(
            records=records,
            organisations=made.truth["entity"].n_unique(),
            clusters=clusters["cluster_id"].n_unique(),
            pairs=pairwise(found.clusters, ibis.memtable(made.truth)),
            compared=found.pair_count,
            review=backend.to_polars(found.review).height,
            trained_on=found.model.trained_on,
        )


def render_identity_quality(quality: IdentityQuality, console: Console) -> None:
    """Prints the figures."""
    table = Table("figure", Column("value", justify="right"), title="Identity on planted truth", title_justify="left")
    rows = {
        "source records": f"{quality.records:,}",
        "organisations in truth": f"{quality.organisations:,}",
        "organisations found": f"{quality.clusters:,}",
        "true pairs": f"{quality.pairs.true:,}",
        "pairs found": f"{quality.pairs.found:,}",
        "pairs right": f"{quality.pairs.right:,}",
        "precision": f"{quality.pairs.precision:.4f}",
        "recall": f"{quality.pairs.recall:.4f}",
        "F1": f"{quality.pairs.f1:.4f}",
        "pairs compared": f"{quality.compared:,}",
        "review list": f"{quality.review:,}",
        "links learnt from": f"{quality.trained_on:,}",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
