from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govbiz_assets.contracts.month import add_months, month_name, month_range, months_between, parse_month, parse_months

months = st.builds(date, st.integers(1900, 2200), st.integers(1, 12), st.just(1))
steps = st.integers(-600, 600)


@given(months, steps, steps)
def test_steps_add_up_and_can_be_taken_back(month: date, first: int, second: int) -> None:
    assert add_months(add_months(month, first), second) == add_months(month, first + second)
    assert add_months(add_months(month, first), -first) == month


@given(months)
def test_the_next_month_starts_the_day_after_the_last_day(month: date) -> None:
    following = add_months(month, 1)
    last_day = following - timedelta(days=1)
    assert (last_day.year, last_day.month) == (month.year, month.month)
    assert following.day == 1


@given(months, st.integers(0, 240))
def test_a_range_holds_every_month_once_both_ends_included(first: date, length: int) -> None:
    span = month_range(first, add_months(first, length))
    assert len(span) == length + 1
    assert span == sorted(set(span))
    assert (span[0], span[-1]) == (first, add_months(first, length))


@given(months, st.integers(0, 240))
def test_a_window_leaves_its_end_out(start: date, length: int) -> None:
    window = months_between(start, add_months(start, length))
    assert len(window) == length
    assert add_months(start, length) not in window


@given(months)
def test_a_month_is_read_as_it_is_written(month: date) -> None:
    assert parse_month(month_name(month)) == month


@given(st.lists(months, min_size=1, max_size=8))
def test_a_list_of_months_is_ascending_and_without_repetition(some: list[date]) -> None:
    assert parse_months(", ".join(map(month_name, some))) == sorted(set(some))


@given(months, st.integers(0, 60))
def test_a_span_is_read_as_all_its_months(first: date, length: int) -> None:
    last = add_months(first, length)
    assert parse_months(f"{month_name(first)}..{month_name(last)}") == month_range(first, last)


def test_single_months_and_spans_may_overlap() -> None:
    assert parse_months("2024-03, 2023-12 .. 2024-01,2024-01..2024-02") == [
        date(2023, 12, 1),
        date(2024, 1, 1),
        date(2024, 2, 1),
        date(2024, 3, 1),
    ]


@pytest.mark.parametrize("text", ["", "2024", "2024-13", "2024-00", "2024-01-01", "Jan 2024", "2024-01,", "2024/01"])
def test_what_is_no_month_is_refused_with_the_right_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no month; write it as 2024-03$"):
        parse_months(text)


@pytest.mark.parametrize("text", ["2024-01..", "..2024-01", "2024-01...2024-03", ".."])
def test_a_span_with_an_open_end_is_refused_and_not_taken_as_one_month(text: str) -> None:
    with pytest.raises(ValueError, match="is no month"):
        parse_months(text)


def test_a_span_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'2024-03..2024-01' runs backwards; write the earlier month first"):
        parse_months("2024-05,2024-03..2024-01")
