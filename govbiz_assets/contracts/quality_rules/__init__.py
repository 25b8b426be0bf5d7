"""The quality rules D1 to D28: what each looks for, what is done about it, and what a person should do.

A rule has one or more defects; a defect is what is counted in `quality.rule_count_monthly` and, where it is flagged,
stands in `quality.flag_monthly`. Each is declared once, in the module of its theme; how it is found stands in
`transforms/quality`.
"""

from __future__ import annotations

from govbiz_assets.contracts.quality_rules.defect import Defect, QualityRule
from govbiz_assets.contracts.quality_rules.deliveries import DELIVERY_RULES
from govbiz_assets.contracts.quality_rules.masters import MASTER_RULES
from govbiz_assets.contracts.quality_rules.money import MONEY_RULES
from govbiz_assets.contracts.quality_rules.usage import USAGE_RULES

QUALITY_RULES: tuple[QualityRule, ...] = tuple(
    sorted((*DELIVERY_RULES, *USAGE_RULES, *MASTER_RULES, *MONEY_RULES), key=lambda rule: int(rule.rule_id[1:]))
)
DEFECTS: tuple[Defect, ...] = tuple(defect for rule in QUALITY_RULES for defect in rule.defects)
DEFECT_BY_NAME: dict[str, Defect] = {defect.name: defect for defect in DEFECTS}
RULE_BY_DEFECT: dict[str, str] = {defect.name: rule.rule_id for rule in QUALITY_RULES for defect in rule.defects}
