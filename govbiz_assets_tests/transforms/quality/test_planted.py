"""Every planted defect is found by its rule, and what is clean is left alone."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from govbiz_assets.contracts.quality_rules import DEFECTS, RULE_BY_DEFECT
from govbiz_assets.contracts.tables_source import FLAG, RULE_COUNT
from govbiz_assets.reports.quality_evaluation import FALSE_ALARM_HIGH, DefectScore, score_defects
from govbiz_assets_tests.transforms.quality.house import QualityHouse, build_house
from govbiz_assets_tests.transforms.tables import PSEUDONYM_KEY

Tables = tuple[pl.DataFrame, pl.DataFrame]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> QualityHouse:
    return build_house(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def whole(house: QualityHouse) -> Tables:
    return house.judge(house.months[0], house.months[-1])


@pytest.fixture(scope="module")
def scores(house: QualityHouse, whole: Tables) -> dict[str, DefectScore]:
    found = score_defects(house.planted, house.explained, *whole, PSEUDONYM_KEY)
    return {score.defect: score for score in found}


def test_every_planted_defect_is_found(scores: dict[str, DefectScore]) -> None:
    assert {name: (score.found, score.planted) for name, score in scores.items() if score.found < score.planted} == {}
    assert len(scores) >= 30
    assert len({RULE_BY_DEFECT[name] for name in scores}) == 28, "each rule has a defect planted"


def test_clean_rows_raise_at_most_one_alarm_in_two_hundred(scores: dict[str, DefectScore]) -> None:
    loud = {name: score for name, score in scores.items() if score.false_alarm_ratio > FALSE_ALARM_HIGH}
    assert loud == {}
    # Every file of the four channels in GBK was decoded; all other rules had clean rows to be wrong about.
    assert {name for name, score in scores.items() if score.clean_rows == 0} == {"decoded_file"}


def test_defects_that_were_not_planted_are_rare(house: QualityHouse, whole: Tables) -> None:
    planted = {item.defect for item in house.planted}
    others = whole[1].filter(~pl.col("defect").is_in(planted))
    assert others["found_count"].sum() == 0


def test_a_month_alone_says_what_it_says_within_all_months(house: QualityHouse, whole: Tables) -> None:
    """As-of truth: a run over one month sees nothing later, and no more of the past than is declared."""
    for month in house.months[-2:]:
        for contract, wide, alone in zip((FLAG, RULE_COUNT), whole, house.judge(month, month), strict=True):
            expected = wide.filter(pl.col("month") == month)
            assert len(expected) > 0
            columns = list(contract.column_names)
            assert_frame_equal(alone.select(columns), expected.select(columns), check_row_order=False, check_exact=True)


def test_each_declared_defect_is_looked_for_where_it_is_declared(house: QualityHouse, whole: Tables) -> None:
    counts = whole[1]
    looked_for = set(counts.select("defect", "channel").iter_rows())
    declared = {(defect.name, channel) for defect in DEFECTS for channel in defect.channels}
    assert looked_for <= declared
    # Not every channel has dates, numbers or bills; but each defect is looked for somewhere.
    assert {name for name, _ in looked_for} == {defect.name for defect in DEFECTS}
    flagged = {(defect.name, name) for defect in DEFECTS if len(defect.channels) < 3 for name in defect.channels}
    assert flagged <= looked_for


def test_counts_have_a_row_for_each_defect_that_was_looked_for(whole: Tables) -> None:
    counts = whole[1]
    assert counts.select("month", "channel", "defect").is_duplicated().sum() == 0
    assert (counts["found_count"] <= counts["checked_count"]).all()
    key = ["month", "rule_id", "defect", "channel", "subject_id", "subject_date"]
    assert whole[0].select(key).is_duplicated().sum() == 0
