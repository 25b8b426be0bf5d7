"""All checks of the house."""

from __future__ import annotations

from collections.abc import Sequence

from govbiz_assets.checks.contract_checks import CONTRACT_CHECKS, own_channel_checks
from govbiz_assets.checks.coverage_checks import COVERAGE_CHECKS
from govbiz_assets.checks.delivery_checks import DELIVERY_CHECKS, unread_check
from govbiz_assets.checks.model_checks import MODEL_CHECKS
from govbiz_assets.checks.relation_checks import RELATION_CHECKS
from govbiz_assets.checks.rollup_checks import ROLLUP_CHECKS
from govbiz_assets.checks.table_check import TableCheck
from govbiz_assets.contracts.channel import CHANNELS, Channel


def table_checks(channels: Sequence[Channel] = CHANNELS) -> tuple[TableCheck, ...]:
    """Declares every check over the channels of a profile."""
    return (
        *CONTRACT_CHECKS,
        *own_channel_checks(channels),
        *DELIVERY_CHECKS,
        *(unread_check(channel) for channel in channels),
        *COVERAGE_CHECKS,
        *RELATION_CHECKS,
        *ROLLUP_CHECKS,
        *MODEL_CHECKS,
    )
