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
    parts = [_feature_stability(features, name) for name in names]
    stacked = stack(parts)
    stacked = stacked.filter(stacked.month.isin(list(months)))
    return stacked.group_by("month").aggregate(value=stacked.value.max())


def _feature_stability(features: ibis.Table, name: str) -> ibis.Table:
    rows = features.select("month", at=month_index(features.month), value=features[name].cast("float64"))
    cuts = rows.group_by("at").aggregate(
        **{f"cut_{i}": rows.value.quantile(i / BINS) for i in range(1, BINS)}, before_count=rows.count()
    )
    cuts = cuts.mutate(next_at=cuts["at"] + 1)
    sides = []
    for side, key in (("now", "next_at"), ("before", "at")):
        joined = rows.join(cuts.drop("at") if key == "next_at" else cuts, rows["at"] == cuts[key])
        above = [(joined.value > joined[f"cut_{i}"]).ifelse(1, 0) for i in range(1, BINS)]
        total = above[0]
        for one in above[1:]:
            total = total + one
        binned = joined.select(
            cut_at=joined.next_at, bin=joined.value.isnull().ifelse(-1, total).cast("int64"), side=ibis.literal(side)
        )
        sides.append(binned)
    binned = stack(sides)
    counted = binned.group_by(["cut_at", "bin"]).aggregate(
        now=binned.count(where=binned.side == "now"), before=binned.count(where=binned.side == "before")
    )
    window = ibis.window(group_by="cut_at")
    shares = counted.mutate(now_total=counted.now.sum().over(window), before_total=counted.before.sum().over(window))
    shares = shares.filter(shares.now_total > 0)
    now = (shares.now / shares.now_total).cast("float64")
    before = (shares.before / shares.before_total).cast("float64")
    now, before = (now > FLOOR).ifelse(now, FLOOR), (before > FLOOR).ifelse(before, FLOOR)
    terms = shares.mutate(term=((now - before) * (now / before).ln()).cast("decimal(18, 12)"))
    index = terms.group_by("cut_at").aggregate(value=terms.term.sum().cast("float64"))
    month_of = rows.select("month", "at").distinct()
    return index.join(month_of, index.cut_at == month_of["at"]).select("month", "value")
