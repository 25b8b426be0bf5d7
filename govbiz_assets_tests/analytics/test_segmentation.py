"""Groups: planted blobs are found, ids and names are stable, and too little data has a named reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from govbiz_assets.analytics import segmentation
from govbiz_assets.analytics.evaluation import adjusted_rand_index
from govbiz_assets.analytics.segmentation import SegmentationParams, segment_customers

PARAMS = SegmentationParams(
    features=("kwh_12_months", "valley_ratio", "run_contract_ratio"), size_feature="kwh_12_months", seed=7
)


def planted(each: int = 80) -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    """Four kinds of customer: (log size, valley share, capacity in use)."""
    centres = [(15, 0.6, 0.9), (12, 0.2, 0.9), (9, 0.2, 0.3), (9, 0.6, 0.9)]
    rng = np.random.default_rng(3)
    truth = np.repeat(range(len(centres)), each)
    noise = rng.normal(size=(truth.size, 3)) * (0.4, 0.03, 0.04)
    points = np.array(centres)[truth] + noise
    frame = pl.DataFrame(
        {
            "customer_id": [f"c{i:04d}" for i in range(truth.size)],
            "kwh_12_months": np.exp(points[:, 0]),
            "valley_ratio": points[:, 1],
            "run_contract_ratio": points[:, 2],
        }
    )
    return frame, truth


def kmeans(result: segmentation.Segmentation) -> pl.DataFrame:
    return result.assignments.filter(pl.col("method") == segmentation.KMEANS)


def test_planted_groups_are_found_and_beat_terciles() -> None:
    frame, truth = planted()
    result = segment_customers(frame, PARAMS)
    assert result.reason is None
    assert (adjusted_rand_index(truth, kmeans(result)["cluster_id"].to_numpy()) or 0) >= 0.9
    silhouette = result.metrics.row(by_predicate=pl.col("metric") == "silhouette", named=True)
    assert silhouette["value"] > silhouette["naive_value"] + 0.2
    assert silhouette["n"] == 320


def test_ids_follow_total_usage_and_names_say_what_distinguishes() -> None:
    frame, truth = planted()
    found = kmeans(segment_customers(frame, PARAMS)).with_columns(truth=pl.Series(truth))
    names = dict(found.select("cluster_id", "cluster_name").unique().iter_rows())
    first_of_kind = found.group_by("truth").agg(pl.col("cluster_id").mode().first()).sort("truth")
    assert first_of_kind["cluster_id"].to_list()[:2] == [1, 2]
    assert set(names[1].split(", ")) == {"large", "valley-heavy"}
    assert "idle capacity" in names[first_of_kind["cluster_id"][2]]
    assert len(set(names.values())) == len(names)


def test_profiles_are_means_and_medians_in_the_features_own_unit() -> None:
    frame, _ = planted()
    frame = frame.with_columns(valley_ratio=pl.when(pl.int_range(pl.len()) % 9 != 0).then("valley_ratio"))
    result = segment_customers(frame, PARAMS)
    joined = frame.join(kmeans(result), on="customer_id")
    for row in result.profiles.filter(pl.col("method") == segmentation.KMEANS).iter_rows(named=True):
        members = joined.filter(pl.col("cluster_id") == row["cluster_id"])
        assert row["customer_count"] == members.height
        assert row["mean"] == pytest.approx(members[row["feature"]].mean())
        assert row["median"] == pytest.approx(members[row["feature"]].median())


def test_terciles_split_usage_in_three_and_unknown_usage_is_small() -> None:
    frame, _ = planted(each=25)
    frame = frame.with_columns(kwh_12_months=pl.when(pl.col("customer_id") != "c0000").then("kwh_12_months"))
    result = segment_customers(frame, PARAMS).assignments.filter(pl.col("method") == segmentation.TERCILES)
    assert result["cluster_name"].value_counts().sort("cluster_name")["count"].to_list() == [34, 33, 33]
    assert result.row(by_predicate=pl.col("customer_id") == "c0000", named=True)["cluster_name"] == "small usage"


def test_row_order_repetition_and_extra_columns_change_no_bit() -> None:
    frame, _ = planted()
    first = segment_customers(frame, PARAMS)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=5).with_columns(note=pl.lit("x"))
    for other in (segment_customers(frame, PARAMS), segment_customers(shuffled, PARAMS)):
        assert_frame_equal(first.assignments, other.assignments, check_exact=True)
        assert_frame_equal(first.profiles, other.profiles, check_exact=True)
        assert_frame_equal(first.metrics, other.metrics, check_exact=True)


def test_unknown_and_constant_features_are_left_out() -> None:
    frame, truth = planted()
    frame = frame.with_columns(absent=pl.lit(None, dtype=pl.Float64), same=pl.lit(4.0), odd=pl.lit(float("inf")))
    params = PARAMS.model_copy(update={"features": (*PARAMS.features, "absent", "same", "odd")})
    found = kmeans(segment_customers(frame, params))
    assert (adjusted_rand_index(truth, found["cluster_id"].to_numpy()) or 0) >= 0.9


def test_without_a_size_groups_are_ordered_by_count_and_nothing_is_naive() -> None:
    frame, _ = planted()
    result = segment_customers(frame, PARAMS.model_copy(update={"size_feature": None}))
    counts = kmeans(result)["cluster_id"].value_counts().sort("cluster_id")["count"].to_list()
    assert counts == sorted(counts, reverse=True)
    assert result.metrics["naive_value"].null_count() == result.metrics.height


def test_too_little_data_has_a_named_reason() -> None:
    frame, _ = planted()
    few = segment_customers(frame.head(12), PARAMS)
    assert few.reason == "too_few_customers: 12 < 30"
    assert few.assignments.is_empty()
    assert few.assignments.schema == pl.Schema(segmentation.ASSIGNMENTS)
    flat = frame.with_columns(pl.lit(1.0).alias(name) for name in PARAMS.features)
    assert (segment_customers(flat, PARAMS).reason or "").startswith("no_usable_feature")
    two_kinds = frame.with_columns(
        kwh_12_months=pl.int_range(pl.len()) % 2, valley_ratio=pl.lit(0), run_contract_ratio=pl.lit(0)
    )
    assert (segment_customers(two_kinds, PARAMS).reason or "").startswith("too_few_distinct_customers: 2 <= 3")
    assert (segment_customers(frame.clear(), PARAMS).reason or "").startswith("too_few_customers: 0")


def test_repeated_customers_are_refused() -> None:
    frame, _ = planted()
    with pytest.raises(ValueError, match="unique"):
        segment_customers(pl.concat([frame, frame.head(1)]), PARAMS)
