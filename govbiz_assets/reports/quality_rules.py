"""The quality rules on one page, generated from the contracts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govbiz_assets.contracts.quality_rules import QUALITY_RULES
from govbiz_assets.contracts.quality_rules.defect import EVERY, Defect, QualityRule
from govbiz_assets.reports.markdown import table_lines

_HEAD = """# Quality rules

Generated from `govbiz_assets/contracts/quality_rules` by `govbiz dictionary`; do not edit.

`quality.rule_count_monthly` says for every month, channel and defect how many cases were looked at and how many have
the defect; `quality.flag_monthly` names the flagged ones by pseudonym, with the reason below. What an action means:

- **fix**: put right on the way; the raw record keeps what came
- **flag**: kept as it came, and pointed out
- **quarantine**: kept out of the cleaned tables; the record lies in `quality.quarantine` or, a whole file, in
  `quality.file_manifest`

A rule of month M looks at nothing after M. Limits are those of `QualityParams` in `transforms/quality/params.py`.
"""


def render_quality_rules() -> str:
    """Returns the page as Markdown."""
    return "\n".join([_HEAD, *(line for rule in QUALITY_RULES for line in _rule(rule))])


def _rule(rule: QualityRule) -> Iterator[str]:
    yield f"## {rule.rule_id} {rule.title}"
    yield ""
    columns = ("defect", "action", "channel", "what is wrong", "what to do")
    yield from table_lines(columns, (_cells(defect) for defect in rule.defects))


def _cells(defect: Defect) -> Sequence[str]:
    channels = "every" if defect.channels == EVERY else ", ".join(defect.channels)
    return f"`{defect.name}`", defect.action, channels, defect.meaning, defect.remedy
