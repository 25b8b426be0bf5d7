"""From clusters of records to organisations: who a customer number is of, which links say so, who should be asked."""

from __future__ import annotations

import ibis

from govbiz_assets.transforms.pseudonym import pseudonym

ALONE = "alone"


def number_links(links: ibis.Table, versions: ibis.Table) -> ibis.Table:
    """Returns the best link between each two customer numbers: `identity.link_monthly`.

    Args:
        links: Links between records: `record_id_l`, `record_id_r`, `method`, `probability`, `match_weight`, `evidence`.
        versions: `known_versions`.
    """
    found = links.mutate(link_method=links.method, strength=_strength(links.method))
    best = _best_of_pair(_with_numbers(found, versions), "strength")
    return best.select(
        "month", "customer_no_l", "customer_no_r", "link_method", "match_probability", "match_weight", "evidence"
    )


def number_reviews(review: ibis.Table, versions: ibis.Table) -> ibis.Table:
    """Returns the pairs of customer numbers to look at, the likeliest question of each: `identity.review_monthly`.

    Args:
        review: Pairs of records with `reason`, `probability`, `match_weight`, `evidence`.
        versions: `known_versions`.
    """
    pairs = _with_numbers(review, versions)
    best = _best_of_pair(pairs.filter(pairs.is_present))
    return best.select(
        "month", "customer_no_l", "customer_no_r", "reason", "match_probability", "match_weight", "evidence"
    )


def memberships(clusters: ibis.Table, versions: ibis.Table, links: ibis.Table) -> ibis.Table:
    """Returns the organisation of every customer number: `identity.membership_monthly`.

    An organisation is named by the pseudonym of its eldest number: first delivered earliest, then the smallest. It
    keeps its name for as long as that number belongs to it; a number that nothing links is named by its own pseudonym.

    Args:
        clusters: `record_id` and `cluster_id`.
        versions: `known_versions`.
        links: `number_links` of the same records.
    """
    rows = versions.filter(versions.is_latest).join(clusters, "record_id")
    together = ibis.window(group_by=["month", "cluster_id"])
    by_age = ibis.window(group_by=["month", "cluster_id"], order_by=["first_month", "customer_no"])
    rows = rows.mutate(
        eldest=rows.customer_no.first().over(by_age), member_count=rows.customer_no.count().over(together)
    )
    names = rows.select("eldest").distinct()
    names = names.mutate(customer_id=pseudonym("c", names.eldest))
    rows = rows.join(names, "eldest")
    methods = _best_method(links)
    rows = rows.left_join(methods, ["month", "customer_no"])
    return rows.select(
        "month",
        "customer_no",
        "customer_id",
        "is_present",
        "first_month",
        "member_count",
        link_method=(rows.member_count > 1).ifelse(rows.link_method.fill_null(ALONE), ALONE),
    )


def lone_memberships(versions: ibis.Table) -> ibis.Table:
    """Returns the memberships where nothing links: every customer number is an organisation of its own."""
    rows = versions.filter(versions.is_latest)
    return rows.select(
        "month",
        "customer_no",
        "is_present",
        "first_month",
        customer_id=pseudonym("c", rows.customer_no),
        member_count=ibis.literal(1, "int64"),
        link_method=ibis.literal(ALONE),
    )


def _strength(method: ibis.ir.StringValue) -> ibis.ir.Value:
    return ibis.cases((method == "human", 0), (method == "model", 2), else_=1)


def _with_numbers(pairs: ibis.Table, versions: ibis.Table) -> ibis.Table:
    """Adds month and customer numbers to pairs of records, the smaller left; pairs of one number are left out."""
    left = versions.select(record_id_l="record_id", month="month", one="customer_no", has_one="is_present")
    right = versions.select(record_id_r="record_id", other="customer_no", has_other="is_present")
    rows = pairs.join(left, "record_id_l").join(right, "record_id_r")
    rows = rows.filter(rows.one != rows.other)
    return rows.mutate(
        customer_no_l=ibis.least(rows.one, rows.other),
        customer_no_r=ibis.greatest(rows.one, rows.other),
        is_present=rows.has_one | rows.has_other,
        match_probability=rows.probability,
    )


def _best_of_pair(rows: ibis.Table, *first: str) -> ibis.Table:
    order = [*first, ibis.desc("match_probability"), "record_id_l", "record_id_r"]
    best = ibis.window(group_by=["month", "customer_no_l", "customer_no_r"], order_by=order)
    return rows.mutate(turn=ibis.row_number().over(best)).filter(ibis._.turn == 0)


def _best_method(links: ibis.Table) -> ibis.Table:
    """Returns by month and number the method of its strongest link."""
    sides = [
        links.select("month", "link_method", "match_probability", customer_no=side)
        for side in ("customer_no_l", "customer_no_r")
    ]
    ends = ibis.union(*sides)
    ends = ends.mutate(strength=_strength(ends.link_method))
    best = ibis.window(
        group_by=["month", "customer_no"], order_by=["strength", ibis.desc("match_probability"), "link_method"]
    )
    return (
        ends.mutate(turn=ibis.row_number().over(best))
        .filter(ibis._.turn == 0)
        .select("month", "customer_no", "link_method")
    )
