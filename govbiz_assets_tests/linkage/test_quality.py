"""Links against truth: planted in simulated records, and known of febrl4. Figures, not impressions."""

from __future__ import annotations

import ibis
import polars as pl
import pytest

from govbiz_assets.linkage.evaluation import PairQuality, pairwise
from govbiz_assets.linkage.organisations import ORGANISATIONS
from govbiz_assets.linkage.params import LinkageParams
from govbiz_assets.linkage.resolve import resolved
from govbiz_assets.simulate.source_records import source_records
from govbiz_assets_tests.linkage.given import new_engine, prepare
from govbiz_assets_tests.linkage.persons import PERSONS
from govbiz_assets_tests.sources.landscape import real_data

RECORDS, DUPLICATE_RATIO = 20_000, 0.12


def quality(rows: pl.DataFrame, truth: pl.DataFrame, params: LinkageParams) -> PairQuality:
    engine = new_engine()
    with resolved(engine, ibis.memtable(rows), params) as found:
        assert found.model.trained_on > 0
        return pairwise(found.clusters, ibis.memtable(truth))


@pytest.fixture(scope="module")
def simulated() -> tuple[pl.DataFrame, pl.DataFrame]:
    made = source_records(RECORDS, seed=20240101, duplicate_ratio=DUPLICATE_RATIO)
    return made.records, made.truth


def test_the_planted_duplicates_are_as_many_and_as_dirty_as_promised(
    simulated: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    records, truth = simulated
    assert records.height == truth.height == RECORDS
    assert truth["entity"].n_unique() == round(RECORDS * (1 - DUPLICATE_RATIO))
    assert records["source"].n_unique() == 3
    # No field alone finds them: of the pairs of one organisation, few agree in any.
    both = records.join(truth, on="record_id")
    pairs = both.join(both, on="entity").filter(pl.col("record_id") < pl.col("record_id_right"))
    agree = {
        name: pairs.select((pl.col(name) == pl.col(f"{name}_right")).mean()).item() for name in records.columns[2:6]
    }
    assert all(share < 0.75 for share in agree.values()), agree


def test_organisations_are_found_and_kept_apart(simulated: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    records, truth = simulated
    found = quality(prepare(new_engine(), records), truth, ORGANISATIONS)
    assert found.precision >= 0.995, found
    assert found.recall >= 0.97, found


def test_persons_of_febrl4_are_found_by_the_same_code() -> None:
    folder = real_data("febrl4")
    frames = [pl.read_csv(folder / f"febrl_dataset4{part}.csv", infer_schema_length=0) for part in "ab"]
    rows = pl.concat(frames).rename(str.strip).with_columns(pl.all().str.strip_chars().replace("", None))
    rows = rows.rename({"rec_id": "record_id"})
    truth = rows.select("record_id", entity=pl.col("record_id").str.extract(r"rec-(\d+)-"))
    assert quality(rows, truth, PERSONS).f1 >= 0.99


def test_pairs_are_counted_by_hand() -> None:
    clusters = ibis.memtable({"record_id": list("abcdef"), "cluster_id": list("aaadde")})
    truth = ibis.memtable({"record_id": list("abcdef"), "entity": [1, 1, 2, 2, 2, 3]})
    # Found ab, ac, bc, de; true ab, cd, ce, de; both: ab, de.
    found = pairwise(clusters, truth)
    assert found == PairQuality(found=4, true=4, right=2)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    assert PairQuality(0, 0, 0).f1 == 1.0
