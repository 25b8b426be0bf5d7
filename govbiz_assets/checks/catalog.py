"""All checks of the house."""

from __future__ import annotations

from govbiz_assets.checks.contract_checks import CONTRACT_CHECKS
from govbiz_assets.checks.delivery_checks import DELIVERY_CHECKS
from govbiz_assets.checks.model_checks import MODEL_CHECKS
from govbiz_assets.checks.relation_checks import RELATION_CHECKS
from govbiz_assets.checks.table_check import TableCheck

TABLE_CHECKS: tuple[TableCheck, ...] = (*CONTRACT_CHECKS, *DELIVERY_CHECKS, *RELATION_CHECKS, *MODEL_CHECKS)
