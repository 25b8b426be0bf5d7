"""Groups are planted: some of two to six organisations, one over two levels, one organisation that changes over."""

from __future__ import annotations

from collections import Counter

import pytest

from govbiz_assets.simulate.groups import CHANGE_MONTH, found_groups
from govbiz_assets.simulate.params import SimulationParams
from govbiz_assets.simulate.population import join
from govbiz_assets.simulate.reference import load_reference
from govbiz_assets_tests.simulate.delivered import Landing


def test_groups_are_of_two_to_six_and_one_goes_over_two_levels(broad: Landing) -> None:
    rows = broad.truth("groups")
    sizes = Counter(row["group_customer_no"] for row in rows)
    assert {size + 1 for size in sizes.values()} == {2, 3, 4, 5, 6}
    assert 0.08 < (sum(sizes.values()) + len(sizes)) / 2500 < 0.11
    deep = [row for row in rows if row["parent_customer_no"] != row["group_customer_no"]]
    (leaf,) = deep
    assert {row["customer_no"]: row["parent_customer_no"] for row in rows}[leaf["parent_customer_no"]] == leaf[
        "group_customer_no"
    ]
    assert not set(sizes) & {row["customer_no"] for row in rows}, "a head names nobody"


def test_the_customer_master_names_the_superiors_and_newcomers_none(long: Landing) -> None:
    above: dict[str, str] = {}
    for month in ("2024-01", "2024-02", "2024-03", "2024-12"):
        rows = [row for row in long.truth("groups") if row["month"][:7] == month]
        above |= {row["customer_no"]: row["parent_customer_no"] for row in rows}
        delivered = long.clean("customer", month)
        assert len(delivered) > 200
        assert {row["客户编号"]: row["上级客户编号"] for row in delivered} == {
            row["客户编号"]: above.get(row["客户编号"], "") for row in delivered
        }


def test_one_organisation_changes_its_group_in_the_third_month(long: Landing) -> None:
    first, last = (
        {row["customer_no"]: row["group_customer_no"] for row in long.truth("groups") if row["month"] == month}
        for month in ("2024-01-01", "2024-03-01")
    )
    assert CHANGE_MONTH == 2
    ((mover, group),) = last.items()
    assert first[mover] != group
    assert {row["month"] for row in long.truth("groups")} == {"2024-01-01", "2024-03-01"}


@pytest.mark.parametrize("count", [1, 5, 6])
def test_a_province_too_small_for_groups_has_none(count: int) -> None:
    params = SimulationParams(customers=count, months=1, duplicate_customer_rate=0)
    customers, _ = join(params, load_reference(), params.first - 1, count, 0, 0)
    assert (found_groups(params, customers).superior >= 0).sum() == (4 if count == 6 else 0)
