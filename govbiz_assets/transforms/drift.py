"""Drift of a population between two months: the population stability index, computed in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis

from govbiz_assets.transforms.features.panel import month_index
from govbiz_assets.transforms.stack import stack

BINS = 10
# A bin without anyone would make the index infinite.
FLOOR = 1e-4


def population_stability(features: ibis.Table, names: Sequence[str], months: Sequence[date]) -> ibis.Table:
    """Returns by month the largest population stability index of the named features against the month before.

    The index is the sum over bins of (now - before) * ln(now / before), with the shares of customers in each bin;
    bins are cut at the deciles of the month before. Unknown values have a bin of their own.

    Args:
        features: `features.customer_monthly` over the months and the month before the first.
        names: Features to compare.
        months: Months to report.

    Returns:
        `month`, `value`; a month without a month before it has no row.
    """
    at = month_index(features.month)
    parts = [features.select("month", at=at, feature=ibis.literal(n), value=features[n].cast("float64")) for n in names]
    indexes = _stability(stack(parts))
    indexes = indexes.filter(indexes.month.isin(list(months)))
    return indexes.group_by("month").aggregate(value=indexes.value.max())


def _stability(rows: ibis.Table) -> ibis.Table:
    """Returns the index by `month` and `feature`, of rows with `month`, `at` (the number of the month), `value`."""
    cuts = rows.group_by("at", "feature").aggregate(
        **{f"cut_{i}": rows.value.quantile(i / BINS) for i in range(1, BINS)}
    )
    cuts = cuts.select("feature", *(f"cut_{i}" for i in range(1, BINS)), cut_at=cuts["at"], next_at=cuts["at"] + 1)
    sides = []
    for side, key in (("now", "next_at"), ("before", "cut_at")):
        joined = rows.join(cuts, [rows["at"] == cuts[key], "feature"])
        total = ibis.literal(0)
        for i in range(1, BINS):
            total = total + (joined.value > joined[f"cut_{i}"]).ifelse(1, 0)
        binned = joined.select(
            "feature", "cut_at", bin=joined.value.isnull().ifelse(-1, total).cast("int64"), side=ibis.literal(side)
        )
        sides.append(binned)
    binned = stack(sides)
    counted = binned.group_by("feature", "cut_at", "bin").aggregate(
        now=binned.count(where=binned.side == "now"), before=binned.count(where=binned.side == "before")
    )
    window = ibis.window(group_by=["feature", "cut_at"])
    shares = counted.mutate(now_total=counted.now.sum().over(window), before_total=counted.before.sum().over(window))
    shares = shares.filter(shares.now_total > 0)
    now = (shares.now / shares.now_total).cast("float64")
    before = (shares.before / shares.before_total).cast("float64")
    now, before = (now > FLOOR).ifelse(now, FLOOR), (before > FLOOR).ifelse(before, FLOOR)
    terms = shares.mutate(term=((now - before) * (now / before).ln()).cast("decimal(18, 12)"))
    indexes = terms.group_by("feature", "cut_at").aggregate(value=terms.term.sum().cast("float64"))
    months = rows.select("month", next_at=rows["at"] - 1).distinct()
    return indexes.join(months, indexes.cut_at == months.next_at).select("month", "feature", "value")
