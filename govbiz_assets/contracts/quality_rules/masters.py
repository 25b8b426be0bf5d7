"""Customers and accounts."""

from __future__ import annotations

from govbiz_assets.contracts.quality_rules.defect import AT_SOURCE, QualityRule, fix, flag

MASTER_RULES: tuple[QualityRule, ...] = (
    QualityRule(
        "D23",
        "Accounts under new owners and numbers",
        (
            flag("owner_changed", "account", "the account went to another customer", "record the transfer, no churn"),
            flag(
                "account_renumbered",
                "account",
                "a new account in the place of one that the same customer just lost",
                "confirm the old number; no closing and no new customer",
            ),
        ),
    ),
    QualityRule(
        "D24",
        "Credit codes",
        (
            fix("code_repaired", "customer", "letters that look like digits stood in the credit code", AT_SOURCE),
            flag("code_check_failed", "customer", "the check character of the credit code is wrong", AT_SOURCE),
            flag("code_old_kind", "customer", "an old licence or organisation code", "ask for the credit code"),
            flag("code_shared", "customer", "one credit code under several customer numbers", "link or separate them"),
        ),
    ),
)
