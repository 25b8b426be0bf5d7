"""Which decisions hold in a month, and which cannot."""

from __future__ import annotations

from datetime import date

import pytest

from govbiz_assets.linkage.decisions import Decision, decisions_in_force
from govbiz_assets.linkage.pairs import DecisionError

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def said(left: str, right: str, word: str, month: date = JANUARY, row: int = 1) -> Decision:
    return Decision(month, left, right, word, f"{month:%Y-%m}/review.xlsx row {row}")


def test_a_decision_holds_from_its_month_on_and_a_later_one_replaces_it() -> None:
    decisions = [said("b", "a", "是"), said("a", "b", "否", FEBRUARY)]
    assert decisions_in_force(decisions, date(2023, 12, 1)) == {}
    assert decisions_in_force(decisions, JANUARY) == {("a", "b"): True}
    assert decisions_in_force(decisions, FEBRUARY) == {("a", "b"): False}


def test_an_open_question_and_a_number_beside_itself_decide_nothing() -> None:
    assert decisions_in_force([said("a", "b", "待定"), said("a", "a", "否")], JANUARY) == {}
    assert decisions_in_force([said("a", "b", "是"), said("a", "b", "待定", FEBRUARY)], FEBRUARY) == {("a", "b"): True}


def test_two_lines_that_contradict_each_other_are_both_named() -> None:
    with pytest.raises(DecisionError, match=r"review\.xlsx row 1 and .* row 2: .*keep one"):
        decisions_in_force([said("a", "b", "是"), said("b", "a", "否", row=2)], JANUARY)


def test_decisions_that_cannot_all_hold_are_refused() -> None:
    chain = [said("a", "b", "是"), said("b", "c", "是"), said("c", "a", "否", FEBRUARY, row=7)]
    assert len(decisions_in_force(chain, JANUARY)) == 2
    with pytest.raises(DecisionError, match="row 7: says two customers"):
        decisions_in_force(chain, FEBRUARY)


def test_a_word_that_decides_nothing_is_an_error_with_its_place() -> None:
    with pytest.raises(DecisionError, match="row 1: 'maybe' is no decision"):
        decisions_in_force([said("a", "b", "maybe")], JANUARY)
