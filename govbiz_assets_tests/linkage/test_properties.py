"""What holds for any records: the result does not depend on order or threads, every record has one cluster."""

from __future__ import annotations

import ibis
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from govbiz_assets.linkage.model import untrained
from govbiz_assets.linkage.organisations import ORGANISATIONS
from govbiz_assets.linkage.resolve import resolved
from govbiz_assets.simulate.source_records import source_records
from govbiz_assets_tests.linkage.given import link, new_engine, organisations, prepare

SMALL = ORGANISATIONS.model_copy(update={"min_training_links": 30, "training_pairs": 50_000})
FIELDS = ("customer_name", "credit_code", "phone", "address", "division_code")


@pytest.fixture(scope="module")
def engine() -> Backend:
    return new_engine()


@pytest.fixture(scope="module")
def rows(engine: Backend) -> pl.DataFrame:
    return prepare(engine, source_records(1500, seed=3).records)


def test_order_of_rows_and_number_of_threads_do_not_show(engine: Backend, rows: pl.DataFrame) -> None:
    first = link(engine, rows, SMALL)
    again = link(new_engine(threads=1), rows.sample(fraction=1, shuffle=True, seed=1), SMALL)
    assert first.model.trained_on >= 30
    assert first == again  # probabilities and learnt shares to the last bit


def test_a_stored_model_gives_the_same_links(engine: Backend, rows: pl.DataFrame) -> None:
    first = link(engine, rows, SMALL)
    stored = type(first.model).model_validate_json(first.model.model_dump_json())
    assert link(engine, rows, SMALL, model=stored) == first


TEXT = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(("无锡市澄禾纺织厂", "13812340001", "澄清路1号", "'", '"'))
)
RECORDS = st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS, TEXT)), max_size=12)


@settings(max_examples=3, deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_any_text_can_be_linked_in_any_order(
    engine: Backend, texts: list[dict[str, str | None]], shuffle: object
) -> None:
    given_rows = {
        f"r{at:02d}": {name: value and value.replace("\x00", "") for name, value in text.items()}
        for at, text in enumerate(texts)
    }
    rows = organisations(engine, given_rows)
    found = link(engine, rows)
    assert set(found.clusters) == set(given_rows)
    assert all(found.clusters[cluster] == cluster <= record for record, cluster in found.clusters.items())
    order = list(range(len(texts)))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    assert link(engine, rows[order]) == found


def test_strata_are_linked_as_if_each_stood_alone(engine: Backend, rows: pl.DataFrame) -> None:
    """Shares of values are counted within a stratum, so that a window of months gives what single months give."""
    model = untrained(SMALL, 1500)
    halves = {"a": rows.head(300), "b": rows.slice(150, 500)}
    alone = {name: link(engine, half, SMALL, model=model) for name, half in halves.items()}
    parts = [
        half.with_columns(stratum=pl.lit(name), record_id=pl.lit(f"{name}|") + pl.col("record_id"))
        for name, half in halves.items()
    ]
    together = link(engine, pl.concat(parts), SMALL.model_copy(update={"strata": ("stratum",)}), model=model)
    assert together.clusters == {
        f"{name}|{record}": f"{name}|{cluster}"
        for name, found in alone.items()
        for record, cluster in found.clusters.items()
    }
    weights = {(pair["record_id_l"], pair["record_id_r"]): pair["match_weight"] for pair in together.links}
    assert weights == {
        (f"{name}|{pair['record_id_l']}", f"{name}|{pair['record_id_r']}"): pair["match_weight"]
        for name, found in alone.items()
        for pair in found.links
    }
    assert len(weights) > 5


def test_records_that_nothing_brings_together_stay_apart_without_a_comparison(engine: Backend) -> None:
    names = {f"r{at}": {"customer_name": f"{sign}{sign}禾纺织有限公司"} for at, sign in enumerate("甲乙丙丁")}
    with resolved(engine, ibis.memtable(organisations(engine, names)), ORGANISATIONS) as found:
        assert found.pair_count == 0
        assert engine.to_polars(found.clusters).rows() == [(name, name) for name in names]
        assert found.model.trained_on == 0
        assert engine.to_polars(found.links).height == engine.to_polars(found.review).height == 0
