"""The declared quality rules are whole."""

from __future__ import annotations

import re

import pytest

from govbiz_assets.contracts.channel import CHANNEL_BY_NAME
from govbiz_assets.contracts.quality_rules import DEFECT_BY_NAME, DEFECTS, QUALITY_RULES
from govbiz_assets.contracts.quality_rules.defect import ACTIONS, Defect
from govbiz_assets.reports.quality_rules import render_quality_rules


def test_there_are_the_rules_of_the_domain_in_their_order() -> None:
    assert [rule.rule_id for rule in QUALITY_RULES] == [f"D{number}" for number in range(1, 29)]
    assert all(rule.defects for rule in QUALITY_RULES)


def test_a_defect_belongs_to_one_rule() -> None:
    assert len(DEFECT_BY_NAME) == len(DEFECTS)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_says_what_is_wrong_where_and_what_to_do(defect: Defect) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*", defect.name)
    assert defect.action in ACTIONS
    assert defect.channels
    assert set(defect.channels) <= set(CHANNEL_BY_NAME)
    assert defect.meaning
    assert defect.remedy
    assert "\n" not in defect.reason


def test_the_page_names_every_rule_and_defect() -> None:
    page = render_quality_rules()
    for rule in QUALITY_RULES:
        assert f"\n## {rule.rule_id} {rule.title}\n" in page
    assert all(page.count(f"| `{defect.name}` |") == 1 for defect in DEFECTS)
