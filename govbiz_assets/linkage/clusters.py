"""From links to clusters: connected components, taken apart where they hold what cannot be one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ibis

from govbiz_assets.linkage.keys import ID, LEFT, RIGHT
from govbiz_assets.linkage.params import LinkageParams
from govbiz_assets.linkage.workspace import Workspace

CLUSTER = "cluster_id"
HUMAN, RULE, MODEL = 0, 1, 2
"""Tiers of links, strongest first."""


def components(workspace: Workspace, name: str, rows: ibis.Table, links: ibis.Table) -> ibis.Table:
    """Returns `record_id` and `cluster_id`, the smallest id that links lead to; kept under the name."""
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    nodes_name, edges_name = f"{name}_nodes", f"{name}_edges"
    workspace.keep(nodes_name, rows.select(ID))
    workspace.keep(edges_name, links.select(LEFT, RIGHT))
    api = DuckDBAPI(workspace.backend.con)
    nodes, edges = (api.register(workspace.full_name(table)) for table in (nodes_name, edges_name))
    found = cluster_pairwise_predictions_at_threshold(nodes, edges, api, ID)
    kept = workspace.keep(name, workspace.backend.table(found.physical_name).select(ID, CLUSTER))
    api.delete_tables_created_by_splink_from_db()  # type: ignore[no-untyped-call]
    return kept


def guarded(
    workspace: Workspace,
    rows: ibis.Table,
    found: ibis.Table,
    links: ibis.Table,
    apart: ibis.Table,
    params: LinkageParams,
) -> ibis.Table:
    """Takes components apart that a chain of links made of records which cannot be one.

    A component is suspect where it holds two values of an exclusive column, or two records that a person declared
    different. Only those leave the engine: they are joined again link by link, the strongest first, and a link that
    would break a rule is left out. Human decisions come first and are bound by nothing
    but each other; the model is bound by doubtful columns as well.

    Args:
        workspace: Where tables are kept.
        rows: Prepared records.
        found: Components.
        links: Links with `tier` (0 human, 1 rule, 2 model), `rule_at` and `match_weight`.
        apart: Pairs that a person declared different.
        params: The linkage.

    Returns:
        `record_id` and `cluster_id`, as `components` does.
    """
    single = (*params.exclusive, *params.doubtful)
    members = found.join(rows.select(ID, *single), ID)
    torn = apart.join(found.rename({LEFT: ID, "_left": CLUSTER}), LEFT)
    torn = torn.join(found.rename({RIGHT: ID, "_right": CLUSTER}), RIGHT)
    suspects = [torn.filter(torn._left == torn._right).select(**{CLUSTER: torn._left})]
    for name in single:
        counted = members.group_by(CLUSTER).agg(_values=members[name].nunique())
        suspects.append(counted.filter(counted._values > 1).select(CLUSTER))
    suspect = workspace.keep("suspect", ibis.union(*suspects, distinct=True) if len(suspects) > 1 else suspects[0])
    inside = members.semi_join(suspect, CLUSTER)
    edges = links.semi_join(inside, [(LEFT, ID)])
    # The rule first named is the strongest; ids decide between equals, so that the order of rows never does.
    order = ("tier", ibis.coalesce(edges.rule_at, 0), ibis.desc("match_weight"), LEFT, RIGHT)
    joined = _joined(
        inside.select(ID, *single).order_by(ID).to_pyarrow().to_pylist(),
        edges.order_by(*order).select(LEFT, RIGHT, "tier").to_pyarrow().to_pylist(),
        [(pair[LEFT], pair[RIGHT]) for pair in apart.to_pyarrow().to_pylist()],
        {HUMAN: (), RULE: params.exclusive, MODEL: single},
    )
    schema = {ID: "string", CLUSTER: "string"}
    table = ibis.memtable([{ID: record, CLUSTER: cluster} for record, cluster in joined.items()], schema=schema)
    new = workspace.keep("rejoined", table)
    both = found.left_join(new.rename({"_new": CLUSTER}), ID)
    return workspace.keep("clusters", both.select(ID, **{CLUSTER: ibis.coalesce(both._new, both[CLUSTER])}))


def _joined(
    records: Sequence[dict[str, Any]],
    edges: Iterable[dict[str, Any]],
    apart: Iterable[tuple[str, str]],
    bound: Mapping[int, Sequence[str]],
) -> dict[str, str]:
    """Returns the cluster of each record; a cluster's id is its smallest record's."""
    cluster = {record[ID]: record[ID] for record in records}
    members = {record[ID]: [record[ID]] for record in records}
    values = {
        record[ID]: {(name, record[name]) for name in bound[MODEL] if record[name] is not None} for record in records
    }
    enemies: dict[str, set[str]] = {record: set() for record in cluster}
    for left, right in apart:
        if left in cluster and right in cluster:
            enemies[left].add(right)
            enemies[right].add(left)
    for edge in edges:
        low, high = sorted((cluster[edge[LEFT]], cluster[edge[RIGHT]]))
        is_torn = any(member in enemies[low] for member in members[high])
        is_mixed = any(_mixes(values[low], values[high], name) for name in bound[edge["tier"]])
        if low == high or is_torn or is_mixed:
            continue
        for member in members[high]:
            cluster[member] = low
        members[low] += members.pop(high)
        values[low] |= values[high]
        enemies[low] |= enemies[high]
    return cluster


def _mixes(left: set[tuple[str, Any]], right: set[tuple[str, Any]], name: str) -> bool:
    """Whether joining brings values together that neither side already holds together."""
    known, other = ({value for key, value in side if key == name} for side in (left, right))
    return not (known <= other or other <= known)
