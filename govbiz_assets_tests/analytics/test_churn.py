"""Churn scores: a planted cause is found and said, nothing is learned from the scored month, bits do not change."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from govbiz_assets.analytics import churn
from govbiz_assets.analytics.churn import ChurnParams, cross_validate, evaluate_scores, score_customers
from govbiz_assets.analytics.churn_models import LOGISTIC, NAIVE, fit_naive, naive_risk

PARAMS = ChurnParams(label="capacity_reduction", horizon_months=3, seed=11, trees=30)


def planted(customers: int, months: int, seed: int) -> pl.DataFrame:
    """Customers who leave when they use little of their capacity; the sector adds some, the size does nothing."""
    rng = np.random.default_rng(seed)
    n = customers * months
    run = np.clip(rng.normal(0.85, 0.2, n), 0.05, 1.0)
    sector = rng.choice(["steel", "retail", "school"], n)
    risk = 1 / (1 + np.exp(-(-1.0 - 9 * (run - 0.5) + 1.0 * (sector == "steel"))))
    return pl.DataFrame(
        {
            "customer_id": [f"c{i % customers:05d}" for i in range(n)],
            "as_of_month": [date(2024, 1 + i // customers, 1) for i in range(n)],
            "is_event": rng.random(n) < risk,
            "run_contract_ratio": run,
            "kwh_year_change_ratio": rng.normal(0, 0.2, n),
            "sector": sector,
            "kwh": np.exp(rng.normal(9, 2, n)),
            "tenure_months": [None if rng.random() < 0.2 else int(rng.integers(1, 200)) for _ in range(n)],
        }
    )


@pytest.fixture(scope="module")
def train() -> pl.DataFrame:
    return planted(600, 4, seed=1)


@pytest.fixture(scope="module")
def current() -> pl.DataFrame:
    return planted(500, 1, seed=2)


@pytest.fixture(scope="module")
def scores(train: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    result = score_customers(train, current.drop("is_event", "as_of_month"), PARAMS)
    assert result.reason is None
    return result.scores


def test_every_customer_has_a_row_per_model_in_the_contracts_columns(scores: pl.DataFrame) -> None:
    assert scores.schema == pl.Schema(churn.SCORES)
    assert dict(scores.group_by("model").len().iter_rows()) == {
        "logistic_regression": 500,
        "random_forest": 500,
        "naive_rule": 500,
    }
    assert scores["probability"].is_between(0, 1).all()
    assert scores.drop("reason_1", "reason_2", "reason_3").null_count().sum_horizontal().item() == 0


def test_planted_cause_is_found_later_and_beats_chance(scores: pl.DataFrame, current: pl.DataFrame) -> None:
    metrics = evaluate_scores(scores, current.select("customer_id", "is_event"))
    found = {(r["model"], r["metric"]): r for r in metrics.iter_rows(named=True)}
    assert found["logistic_regression", "auc"]["value"] > 0.8
    assert found["random_forest", "auc"]["value"] > 0.78
    # The rule reads the planted cause as well, beside noise.
    assert 0.6 < found["naive_rule", "auc"]["value"] < found["logistic_regression", "auc"]["value"]
    assert found["logistic_regression", "brier"]["naive_value"] == found["naive_rule", "brier"]["value"]
    assert found["random_forest", "auc"]["n_events"] == current["is_event"].sum()


def test_deciles_are_equal_parts_from_the_riskiest_down(scores: pl.DataFrame) -> None:
    for _, part in scores.group_by("model"):
        assert part["decile"].value_counts().sort("decile")["count"].to_list() == [50] * 10
        by_decile = part.group_by("decile").agg(low=pl.col("probability").min(), high=pl.col("probability").max())
        by_decile = by_decile.sort("decile")
        assert (by_decile["low"][:-1] >= by_decile["high"][1:]).all()


def test_ties_in_probability_are_cut_by_customer_id(train: pl.DataFrame) -> None:
    same = pl.DataFrame({"customer_id": [f"x{i}" for i in range(10)], "run_contract_ratio": [0.5] * 10})
    part = score_customers(train, same.sample(fraction=1, shuffle=True, seed=1), PARAMS).scores
    for _, rows in part.group_by("model"):
        assert rows.sort("customer_id")["decile"].to_list() == list(range(1, 11))


def test_reasons_name_the_planted_cause_for_the_top_two_deciles(scores: pl.DataFrame) -> None:
    top = scores.filter(pl.col("decile") <= 2)
    assert top["reason_1"].null_count() == 0
    share = top.group_by("model").agg(pl.col("reason_1").str.starts_with("capacity in use ").mean())
    assert all(found > 0.8 for _, found in share.iter_rows())
    said = pl.col("reason_1").filter(pl.col("reason_1").str.starts_with("capacity")).str
    assert top.select(said.contains(r"^capacity in use \d+% of contract \(typical 8\d%\)$").all()).item()
    rest = scores.filter(pl.col("decile") > 2)
    assert rest.select("reason_1", "reason_2", "reason_3").null_count().row(0) == (rest.height,) * 3


def test_steel_is_said_as_a_reason_where_it_is_one(scores: pl.DataFrame, current: pl.DataFrame) -> None:
    said = scores.filter(pl.col("model") == "logistic_regression", pl.col("decile") <= 2)
    said = said.join(current.select("customer_id", "sector"), on="customer_id")
    reasons = pl.concat_str("reason_1", "reason_2", "reason_3", separator="|", ignore_nulls=True)
    assert set(said.filter(reasons.str.contains("sector steel"))["sector"]) == {"steel"}


def test_order_repetition_and_threads_change_no_bit(train: pl.DataFrame, current: pl.DataFrame) -> None:
    first = score_customers(train, current, PARAMS).scores
    shuffled = score_customers(
        train.sample(fraction=1, shuffle=True, seed=3).select(reversed(train.columns)),
        current.sample(fraction=1, shuffle=True, seed=4),
        PARAMS.model_copy(update={"jobs": 1}),
    ).scores
    assert_frame_equal(first, shuffled, check_exact=True)


def test_a_customers_score_does_not_depend_on_who_else_is_scored(train: pl.DataFrame, current: pl.DataFrame) -> None:
    whole, part = (score_customers(train, frame, PARAMS).scores for frame in (current, current.head(100)))
    models = pl.col("model") != "naive_rule"
    joined = part.filter(models).join(whole.filter(models), on=["customer_id", "model"])
    assert (joined["probability"] == joined["probability_right"]).all()


def test_logistic_probabilities_agree_with_a_pipeline_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(400, 3))
    event = rng.random(400) < 1 / (1 + np.exp(-2 * x[:, 0]))
    names = [f"x{i}" for i in range(3)]
    frame = pl.DataFrame(x, schema=names).with_columns(
        customer_id=pl.Series([f"{i:04d}" for i in range(400)]), as_of_month=date(2024, 1, 1), is_event=event
    )
    ours = score_customers(frame, frame, PARAMS).scores.filter(pl.col("model") == LOGISTIC)["probability"].to_numpy()
    oracle = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)).fit(x, event).predict_proba(x)[:, 1]
    np.testing.assert_allclose(ours, oracle, atol=1e-5)


def small(rows: list[tuple[Any, ...]], columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["customer_id", *columns], orient="row")


def test_naive_rule_by_hand() -> None:
    frame = small(
        [("a", 1.0, 0.1), ("b", 0.4, -0.3), ("c", None, None), ("d", 0.5, 9.0)],
        ["run_contract_ratio", "kwh_year_change_ratio"],
    )
    # 1.0 + 0.1, 0.4 - 0.3, unknown counts as 1 + 0, a ninefold rise is cut to +1.
    source = ("run_contract_ratio", "kwh_year_change_ratio")
    np.testing.assert_allclose(naive_risk(frame, source, PARAMS), [-1.1, -0.1, -1.0, -1.5])
    result = score_customers(frame.clear().with_columns(as_of_month=None, is_event=None), frame, PARAMS)
    assert result.reason == "no_training_rows: no label has matured; naive probabilities assume 0.20% a month"
    assert result.scores["model"].unique().to_list() == [NAIVE]
    assert result.scores.sort("decile")["customer_id"].to_list() == ["b", "c", "a", "d"]
    assert result.scores.sort("decile")["reason_1"][0] == "capacity in use 40% of contract (typical 50%)"
    assert result.scores.sort("decile")["reason_2"][0] == "usage against last year -30% (typical +10%)"


def test_naive_probability_is_the_training_rate_of_its_tenth(train: pl.DataFrame, current: pl.DataFrame) -> None:
    rule = fit_naive(train, current, PARAMS)
    assert (np.diff(rule.bin_rates) <= 0).all()
    base = train["is_event"].mean()
    assert rule.bin_rates[0] > 2 * base > rule.bin_rates[-1] * 4  # type: ignore[operator]
    probability = rule.probability(naive_risk(current, rule.source, PARAMS))
    assert probability.mean() == pytest.approx(base, abs=0.01)


def test_naive_rule_falls_back_to_the_stated_feature_and_then_to_the_base_rate(train: pl.DataFrame) -> None:
    plain = small([("a", 5.0), ("b", 90.0), ("c", None)], ["tenure_months"])
    fallback = PARAMS.model_copy(update={"fallback_feature": "tenure_months"})
    naive = score_customers(train, plain, fallback).scores.filter(pl.col("model") == NAIVE)
    assert naive.sort("decile")["customer_id"].to_list() == ["a", "c", "b"]
    high = fallback.model_copy(update={"fallback_direction": "high"})
    naive = score_customers(train, plain, high).scores.filter(pl.col("model") == NAIVE)
    assert naive.sort("decile")["customer_id"].to_list() == ["b", "c", "a"]
    naive = score_customers(train, plain, PARAMS).scores.filter(pl.col("model") == NAIVE)
    assert naive["probability"].n_unique() == 1
    assert naive["probability"][0] == pytest.approx(train["is_event"].mean(), abs=0.02)


def test_too_few_events_leave_the_naive_rule_and_a_reason(train: pl.DataFrame, current: pl.DataFrame) -> None:
    few = train.with_columns(is_event=pl.int_range(pl.len()) < 12)
    result = score_customers(few, current, PARAMS)
    assert result.reason == "too_few_events: 12 < 20"
    assert result.scores["model"].unique().to_list() == [NAIVE]
    everyone = score_customers(train.with_columns(is_event=True), current, PARAMS)
    assert everyone.reason == "too_few_non_events: 0 < 20"
    assert score_customers(train, current.clear(), PARAMS).reason == "no_customers: 0 rows to score"
    nothing = score_customers(train.select("customer_id", "as_of_month", "is_event"), current, PARAMS)
    assert (nothing.reason or "").startswith("no_usable_feature")


def test_labels_that_have_not_matured_are_not_training_rows(train: pl.DataFrame, current: pl.DataFrame) -> None:
    later = planted(600, 1, seed=9).with_columns(as_of_month=date(2024, 9, 1), is_event=None).select(train.columns)
    more = pl.concat([train, later.cast(train.schema)])
    assert_frame_equal(
        score_customers(train, current, PARAMS).scores, score_customers(more, current, PARAMS).scores, check_exact=True
    )


def test_unusable_input_is_refused(train: pl.DataFrame, current: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="unique by customer_id"):
        score_customers(train, pl.concat([current, current]), PARAMS)
    with pytest.raises(ValueError, match="not in the training frame: nowhere"):
        score_customers(train, current, PARAMS.model_copy(update={"features": ("nowhere",)}))


def test_levels_and_columns_unseen_in_training_do_no_harm(train: pl.DataFrame, current: pl.DataFrame) -> None:
    odd = current.with_columns(sector=pl.lit("moon base"), kwh=pl.lit(float("inf"))).drop("tenure_months")
    scores = score_customers(train, odd, PARAMS).scores
    assert scores["probability"].is_finite().all()


def test_evaluation_by_hand() -> None:
    scores = pl.DataFrame(
        {
            "customer_id": ["a", "b", "c", "a", "b", "c"],
            "model": ["random_forest"] * 3 + ["naive_rule"] * 3,
            "probability": [0.9, 0.2, 0.1, 0.3, 0.4, 0.2],
        }
    )
    labels = pl.DataFrame({"customer_id": ["a", "b", "c", "z"], "is_event": [True, False, None, True]})
    metrics = evaluate_scores(scores, labels)
    auc = metrics.row(by_predicate=(pl.col("model") == "random_forest") & (pl.col("metric") == "auc"), named=True)
    assert (auc["value"], auc["naive_value"], auc["n"], auc["n_events"]) == (1.0, 0.0, 2, 1)
    brier = metrics.row(by_predicate=(pl.col("model") == "naive_rule") & (pl.col("metric") == "brier"), named=True)
    assert brier["value"] == pytest.approx((0.49 + 0.16) / 2)
    assert evaluate_scores(scores, labels.clear()).is_empty()
    with pytest.raises(ValueError, match="one month and one label"):
        evaluate_scores(pl.concat([scores, scores]), labels)


def test_grouped_folds_keep_siblings_together_and_lower_a_leaked_score() -> None:
    # Companies of five sites leave together for no visible reason; only a company mark gives them away.
    rng = np.random.default_rng(5)
    company = np.repeat(np.arange(120), 5)
    leaves = rng.random(120) < 0.4
    frame = pl.DataFrame(
        {
            "customer_id": [f"s{i:04d}" for i in range(600)],
            "as_of_month": [date(2024, 1, 1)] * 600,
            "is_event": leaves[company],
            "group_id": [f"g{c}" for c in company],
            "company_total": rng.random(120)[company],
        }
    )
    params = PARAMS.model_copy(update={"min_leaf": 2, "max_depth": 20})
    plain, grouped = cross_validate(frame, params), cross_validate(frame, params, groups="group_id")

    def forest(result: churn.CrossValidation, metric: str) -> float:
        rows = result.metrics.filter(pl.col("model") == "random_forest", pl.col("metric") == metric)
        return float(rows["value"].item())

    assert forest(plain, "auc_cv") > 0.9
    assert forest(grouped, "auc_cv_grouped") < 0.65
    folds = grouped.scores.join(frame.select("customer_id", "group_id"), on="customer_id")
    assert folds.group_by("group_id").agg(pl.col("fold").n_unique())["fold"].max() == 1


def test_cross_validation_scores_each_row_once_and_repeats(train: pl.DataFrame) -> None:
    some = train.filter(pl.col("customer_id") < "c00200")
    result = cross_validate(some, PARAMS)
    again = cross_validate(some.sample(fraction=1, shuffle=True, seed=8), PARAMS)
    assert result.scores.group_by("model").len()["len"].to_list() == [some.height] * 3
    assert result.scores.group_by("customer_id").agg(pl.col("fold").n_unique())["fold"].max() == 1
    assert_frame_equal(result.scores, again.scores, check_exact=True)
    assert_frame_equal(result.metrics, again.metrics, check_exact=True)
    assert cross_validate(some.head(10), PARAMS).reason is not None
