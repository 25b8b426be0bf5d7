"""The whole way from records to clusters, links and the list for human eyes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from govbiz_assets.linkage.clusters import CLUSTER, HUMAN, MODEL, RULE, components, guarded
from govbiz_assets.linkage.keys import ID, LEFT, RIGHT, crowds, has_shared_keys, prepared, without_crowds
from govbiz_assets.linkage.levels import scored, with_levels
from govbiz_assets.linkage.model import LinkageModel, fitted, untrained
from govbiz_assets.linkage.pairs import (
    block_pairs,
    decided,
    differs,
    refuse_contradicting_decisions,
    rule_pairs,
    with_records,
)
from govbiz_assets.linkage.params import LinkageParams
from govbiz_assets.linkage.workspace import Workspace

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

_FEW_RECORDS = 100_000


@dataclass(frozen=True)
class Resolution:
    """What was found; its tables last as long as the block that asked for them.

    Attributes:
        clusters: `record_id` and `cluster_id`, the smallest id of the cluster; one row per record.
        links: Pairs within a cluster that are linked: `record_id_l`, `record_id_r`, `method` (human, model, or the
            rule's name), `probability` and `match_weight` by the model, `evidence` in words.
        review: Pairs a person should look at, with `reason` and the same evidence, the likeliest first.
        crowds: Keys too common to compare by: `key`, `block_count`, `record_count`.
        model: The model that scored them.
        pair_count: Pairs that were compared (count).
    """

    clusters: ibis.Table
    links: ibis.Table
    review: ibis.Table
    crowds: ibis.Table
    model: LinkageModel
    pair_count: int


@contextlib.contextmanager
def resolved(
    backend: Backend,
    records: ibis.Table,
    params: LinkageParams,
    *,
    decisions: ibis.Table | None = None,
    model: LinkageModel | None = None,
) -> Iterator[Resolution]:
    """Resolves records to entities.

    Neither the order of the rows nor the number of threads shows in the result.

    Args:
        backend: The engine; tables are made in it and fall when the block ends.
        records: Rows with a unique text `record_id` and the columns that the parameters name; null is unknown.
        params: The linkage.
        decisions: Human decisions: `record_id_l`, `record_id_r`, `is_same`; those of unknown records wait.
        model: A model learnt before; by default it is learnt from the records.

    Raises:
        DecisionError: Two decisions contradict each other.
    """
    workspace = Workspace(backend)
    try:
        yield _resolve(workspace, records, params, decisions, model)
    finally:
        workspace.drop()


def _resolve(
    workspace: Workspace,
    records: ibis.Table,
    params: LinkageParams,
    decisions: ibis.Table | None,
    model: LinkageModel | None,
) -> Resolution:
    crowded = workspace.keep("crowded", prepared(records, params))
    human = workspace.keep("decisions", _decisions(decisions, crowded))
    refuse_contradicting_decisions(human)
    if _is_without_pairs(crowded, human, params):
        return _apart(crowded, model or untrained(params, _count(crowded)))
    said = workspace.keep("crowds", crowds(crowded, params))
    rows = workspace.keep("records", without_crowds(crowded, params))
    ruled = workspace.keep("ruled", rule_pairs(rows, params))
    if model is None:
        sure = ruled.filter(ruled.is_supported)
        first = components(workspace, "first", rows, sure)
        distinct = rows.semi_join(first.filter(first[ID] == first[CLUSTER]), ID)
        model = fitted(workspace, rows, distinct, _count(sure), params)
    every = ibis.union(block_pairs(rows, params), ruled[[LEFT, RIGHT]], human[[LEFT, RIGHT]], distinct=True)
    # Levels are kept before they are weighed: the engine would otherwise compare texts anew for every use of a level.
    pairs = workspace.keep("pairs", with_levels(every, rows, params))
    scores = scored(pairs, model, params)
    judged = workspace.keep("judged", _judged(scores, ruled, human, rows, params))
    links = judged.filter(judged.tier.notnull())
    found = components(workspace, "components", rows, links)
    clusters = guarded(workspace, rows, found, links, human.filter(~human.is_same), params)
    ends = with_records(judged, clusters, [CLUSTER])
    ends = ends.mutate(_is_inside=ends[f"{CLUSTER}_l"] == ends[f"{CLUSTER}_r"])
    shown = (LEFT, RIGHT, "probability", "match_weight", "evidence")
    linked = ends.filter(ends.tier.notnull(), ends._is_inside).select(*shown, "method").order_by(LEFT, RIGHT)
    asked = ends.filter(~ends._is_inside, ends.is_same.isnull(), ends.reason.notnull() | ends.tier.notnull())
    asked = asked.select(*shown, reason=ibis.coalesce(asked.reason, "would join what cannot be one"))
    return Resolution(
        clusters=clusters.order_by(ID),
        links=workspace.keep("links", linked),
        review=workspace.keep("review", asked.order_by(ibis.desc("probability"), LEFT, RIGHT)),
        crowds=said,
        model=model,
        pair_count=_count(pairs),
    )


def _is_without_pairs(rows: ibis.Table, human: ibis.Table, params: LinkageParams) -> bool:
    """True where nobody has to be compared, as in most small deliveries: a second is then spent on compiling alone."""
    return _count(rows) <= _FEW_RECORDS and not _count(human) and not has_shared_keys(rows, params)


def _apart(rows: ibis.Table, model: LinkageModel) -> Resolution:
    """Every record for itself."""
    pair = {LEFT: "string", RIGHT: "string", "probability": "float64", "match_weight": "float64", "evidence": "string"}
    return Resolution(
        clusters=rows.select(ID, **{CLUSTER: rows[ID]}).order_by(ID),
        links=ibis.memtable([], schema={**pair, "method": "string"}),
        review=ibis.memtable([], schema={**pair, "reason": "string"}),
        crowds=ibis.memtable([], schema={"key": "string", "block_count": "int64", "record_count": "int64"}),
        model=model,
        pair_count=0,
    )


def _count(rows: ibis.Table) -> int:
    return int(rows.count().to_pyarrow().as_py())


def _decisions(decisions: ibis.Table | None, rows: ibis.Table) -> ibis.Table:
    if decisions is None:
        return ibis.memtable([], schema={LEFT: "string", RIGHT: "string", "is_same": "boolean"})
    known = decided(decisions)
    return known.semi_join(rows, [(LEFT, ID)]).semi_join(rows, [(RIGHT, ID)])


def _judged(
    scores: ibis.Table, ruled: ibis.Table, human: ibis.Table, rows: ibis.Table, params: LinkageParams
) -> ibis.Table:
    """Returns the pairs that are linked (`tier`, `method`) or that raise a question (`reason`)."""
    pairs = scores.left_join(ruled, [LEFT, RIGHT]).drop(f"{LEFT}_right", f"{RIGHT}_right")
    pairs = pairs.left_join(human, [LEFT, RIGHT]).drop(f"{LEFT}_right", f"{RIGHT}_right")
    is_likely = pairs.probability >= params.link_probability
    pairs = pairs.filter(
        (pairs.probability >= params.review_probability) | pairs.rule.notnull() | pairs.is_same.notnull()
    )
    pairs = with_records(pairs, rows, (*params.exclusive, *params.doubtful))
    is_ruled = pairs.is_supported.fill_null(False)
    is_contradicting, is_doubtful = differs(pairs, params.exclusive), differs(pairs, params.doubtful)
    nothing = ibis.null("int64")
    tier = ibis.cases(
        (pairs.is_same.fill_null(False), HUMAN),
        (pairs.is_same.notnull() | is_contradicting, nothing),
        (is_ruled, RULE),
        (is_likely & pairs.is_enough & ~is_doubtful, MODEL),
        else_=nothing,
    )
    reason = ibis.cases(
        (pairs.is_same.notnull(), ibis.null("string")),
        (is_contradicting, f"differs in {', '.join(params.exclusive)}"),
        (tier.notnull(), ibis.null("string")),
        (pairs.rule.notnull(), pairs.rule + ", but nothing else agrees"),
        (is_doubtful, f"differs in {', '.join(params.doubtful)}"),
        (is_likely, f"unlike in {', '.join(params.required)}"),
        else_="uncertain",
    )
    pairs = pairs.mutate(tier=tier, reason=reason)
    method = ibis.cases(
        (pairs.tier == HUMAN, "human"), (pairs.tier == RULE, pairs.rule), (pairs.tier == MODEL, "model")
    )
    return pairs.select(
        LEFT, RIGHT, "tier", "rule_at", "reason", "is_same", "probability", "match_weight", "evidence", method=method
    )
