"""How good clusters are against known truth, counted in pairs and computed in the engine."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from govbiz_assets.linkage.clusters import CLUSTER
from govbiz_assets.linkage.keys import ID

ENTITY = "entity"


@dataclass(frozen=True)
class PairQuality:
    """Pairs of records in one cluster against pairs of one entity.

    Attributes:
        found: Pairs in one cluster (count).
        true: Pairs of one entity (count).
        right: Pairs that are both (count).
    """

    found: int
    true: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the found pairs that are right; 1 where none was found (ratio)."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found; 1 where there is none (ratio)."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both (ratio)."""
        return 2 * self.right / (self.found + self.true) if self.found + self.true else 1.0


def pairwise(clusters: ibis.Table, truth: ibis.Table) -> PairQuality:
    """Compares clusters with truth.

    Args:
        clusters: `record_id` and `cluster_id`.
        truth: `record_id` and `entity`; records without truth do not count.
    """
    both = clusters.join(truth, ID)
    return PairQuality(
        found=_pairs(both, (CLUSTER,)), true=_pairs(both, (ENTITY,)), right=_pairs(both, (CLUSTER, ENTITY))
    )


def _pairs(rows: ibis.Table, keys: tuple[str, ...]) -> int:
    sizes = rows.group_by(keys).agg(size=ibis._.count())
    pairs = (sizes.size * (sizes.size - 1) // 2).sum().fill_null(0)
    return int(pairs.to_pyarrow().as_py())
