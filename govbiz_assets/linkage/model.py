"""The probabilistic model: what each level of each comparison says, learnt without labels.

Chance (how often different records agree) is counted on random pairs of records that no rule links; agreement (how
often records of one organisation agree) is learnt by expectation maximisation. Splink does the latter; what
must not depend on threads or on the order of rows is arranged here.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

import ibis
from pydantic import BaseModel, ConfigDict, Field

from govbiz_assets.linkage.keys import ID, LEFT, RIGHT, block_key
from govbiz_assets.linkage.levels import conditions, unknown, with_levels
from govbiz_assets.linkage.params import Comparison, LinkageParams
from govbiz_assets.linkage.workspace import Workspace

if TYPE_CHECKING:
    from splink import Linker

_MIN_AGREEMENT = 1e-4
_EXPECTED_MATCHES_PER_RECORD = 0.01


class LinkageModel(BaseModel):
    """What was learnt; stored beside the links, it gives the same scores again."""

    model_config = ConfigDict(frozen=True)

    prior: float = Field(description="share of matches among all pairs of records (ratio)")
    agreement: dict[str, tuple[float, ...]] = Field(description="share of matches per level, by comparison")
    coincidence: dict[str, tuple[float, ...]] = Field(description="share of other pairs per level, by comparison")
    trained_on: int = Field(description="deterministic links among the records it was learnt from; 0: not learnt")


def untrained(params: LinkageParams, record_count: int) -> LinkageModel:
    """Returns the model of the parameters alone, for data too small to learn from."""
    return LinkageModel(
        prior=_prior(0, record_count),
        agreement={comparison.name: comparison.agreement for comparison in params.comparisons},
        coincidence={comparison.name: comparison.coincidence for comparison in params.comparisons},
        trained_on=0,
    )


def fitted(
    workspace: Workspace, rows: ibis.Table, distinct_rows: ibis.Table, link_count: int, params: LinkageParams
) -> LinkageModel:
    """Learns the model from the records themselves.

    Args:
        workspace: Where tables are kept.
        rows: Prepared records, kept as `records`.
        distinct_rows: One of each group of records that rules link.
        link_count: Pairs that rules link (count).
        params: The linkage.

    Returns:
        The model; the untrained one where rules link fewer than `min_training_links` pairs.
    """
    record_count = int(rows.count().to_pyarrow().as_py())
    start = untrained(params, record_count)
    if link_count < params.min_training_links or record_count < 2:
        return start
    sample = workspace.keep("sample", _sampled(distinct_rows, params))
    start = start.model_copy(update={"prior": _prior(link_count / params.rule_recall, record_count)})
    coincidence = _chance(workspace, sample, rows, params)
    learner = _linker(workspace, params, start.prior, coincidence)
    with workspace.one_thread():
        for at, block in enumerate(params.blocks):
            if block.is_training:
                _train(learner, (*block.columns, block_key(at)), params)
    agreement = _learnt(learner, params)
    learner.table_management.delete_tables_created_by_splink_from_db()  # type: ignore[no-untyped-call]
    return LinkageModel(prior=start.prior, agreement=agreement, coincidence=coincidence, trained_on=link_count)


def _prior(matches: float, record_count: int) -> float:
    pairs = max(record_count * (record_count - 1) / 2, 1.0)
    return min(max(matches, _EXPECTED_MATCHES_PER_RECORD * max(record_count, 1)) / pairs, 0.5)


def _sampled(rows: ibis.Table, params: LinkageParams) -> ibis.Table:
    """Returns records whose pairs are as many as asked, chosen by a hash of id and seed, not by their place."""
    count = math.ceil(math.sqrt(2 * params.training_pairs))
    chosen = (rows[ID] + f"\x1f{params.seed}").hash()
    return rows.order_by(chosen, ID).limit(count)


def _chance(
    workspace: Workspace, sample: ibis.Table, rows: ibis.Table, params: LinkageParams
) -> dict[str, tuple[float, ...]]:
    """Counts how often different records reach each level: whole numbers, so neither threads nor order show.

    Splink counts the same, but compares pair by pair anew for each comparison: 18 s against 11 s for a million pairs.
    """
    left, right = sample.select(**{LEFT: sample[ID]}), sample.select(**{RIGHT: sample[ID]})
    pairs = left.join(right, left[LEFT] < right[RIGHT])
    levels = workspace.keep("chance", with_levels(pairs, rows, params))
    shares = {}
    for comparison in params.comparisons:
        counted = levels.group_by(level=levels[comparison.name]).agg(size=ibis._.count()).to_pyarrow().to_pylist()
        sizes = {row["level"]: row["size"] for row in counted if row["level"] >= 0}
        total = max(sum(sizes.values()), 1)
        shares[comparison.name] = tuple(max(sizes.get(at, 0), 1) / total for at in range(len(comparison.level_labels)))
    return shares


def _train(linker: Linker, columns: tuple[str, ...], params: LinkageParams) -> None:
    from splink import block_on
    from splink.internals.exceptions import EMTrainingException

    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*columns), estimate_without_term_frequencies=True, max_pairs=params.em_pairs
        )
    except EMTrainingException:
        return  # no pair shares this block; the other blocks teach


def _linker(
    workspace: Workspace, params: LinkageParams, prior: float, coincidence: dict[str, tuple[float, ...]]
) -> Linker:
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)  # levels that were not observed are dealt with in `_learnt`
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": ID,
        "probability_two_random_records_match": prior,
        "comparisons": [_comparison(part, coincidence[part.name]) for part in params.comparisons],
    }
    api = DuckDBAPI(workspace.backend.con)
    return Linker(api.register(workspace.full_name("records")), settings, log_level=None, validate_settings=False)


def _comparison(comparison: Comparison, coincidence: tuple[float, ...]) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": unknown(comparison), "label_for_charts": "unknown", "is_null_level": True}
    ]
    for at, (label, condition) in enumerate(zip(comparison.level_labels, conditions(comparison), strict=True)):
        shares = {"m_probability": comparison.agreement[at], "u_probability": coincidence[at]}
        levels.append({"sql_condition": condition, "label_for_charts": label, **shares})
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _learnt(linker: Linker, params: LinkageParams) -> dict[str, tuple[float, ...]]:
    """Returns the learnt shares of matches per level; a level that was never observed is rare, not impossible."""
    found = {part["output_column_name"]: part for part in linker.misc.save_model_to_json()["comparisons"]}
    learnt = {}
    for comparison in params.comparisons:
        levels = [level for level in found[comparison.name]["comparison_levels"] if not level.get("is_null_level")]
        values = [level.get("m_probability") for level in levels]
        learnt[comparison.name] = tuple(
            max(float(value), _MIN_AGREEMENT) if isinstance(value, int | float) else _MIN_AGREEMENT for value in values
        )
    return learnt
