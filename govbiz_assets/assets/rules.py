"""Association rules over the products that customers hold and the behaviours they show."""

from dataclasses import dataclass
from datetime import date

import dagster as dg
import ibis
import polars as pl

from govbiz_assets.analytics.association import RuleParams, RuleSet, mine_rules
from govbiz_assets.analytics.rule_evaluation import evaluate_rules
from govbiz_assets.assets.monthly import concat_months
from govbiz_assets.assets.table_asset import same_month, table_asset, trailing
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts.month import add_months
from govbiz_assets.contracts.tables_cleaned import PRODUCT, SUBSCRIPTION_MONTHLY
from govbiz_assets.contracts.tables_model import ASSOCIATION, BASKET, CUSTOMER_FEATURES, ITEMSET, RULE_METRIC
from govbiz_assets.transforms.baskets import BehaviourLimits, customer_baskets

RULES = RuleParams(min_support=0.01, min_confidence=0.4, min_lift=1.2, max_length=3)
LIMITS = BehaviourLimits()


@table_asset(
    BASKET,
    ins={
        "features": same_month(CUSTOMER_FEATURES),
        "subscriptions": same_month(SUBSCRIPTION_MONTHLY),
        "products": same_month(PRODUCT),
    },
)
def basket_monthly(features: ibis.Table, subscriptions: ibis.Table, products: ibis.Table) -> ibis.Table:
    """Products held and behaviours shown by each customer."""
    return customer_baskets(features, subscriptions, products, LIMITS)


@table_asset(ITEMSET, ASSOCIATION, RULE_METRIC, ins={"baskets": trailing(BASKET, 2)})
def mined_rules(
    context: dg.AssetExecutionContext, baskets: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Rules by FP-Growth, the same itemsets by Apriori, and the value of last month's rules on this month's baskets."""
    results = {month: _month_rules(baskets, month) for month in run_months(context)}
    itemsets, associations, metrics = concat_months(
        context,
        results,
        (ITEMSET, lambda result: result.itemsets),
        (ASSOCIATION, lambda result: result.rules.associations),
        (RULE_METRIC, lambda result: result.metrics),
    )
    return itemsets, associations, metrics


@dataclass(frozen=True)
class _MonthRules:
    """What one month says: its rules, the itemsets of both algorithms, and the test of last month's rules."""

    rules: RuleSet
    itemsets: pl.DataFrame
    metrics: pl.DataFrame

    @property
    def reason(self) -> str | None:
        return self.rules.reason


def _month_rules(baskets: pl.DataFrame, month: date) -> _MonthRules:
    now, before = _baskets_of(baskets, month), _baskets_of(baskets, add_months(month, -1))
    rules = mine_rules(now, RULES)
    itemsets = [
        result.itemsets.with_columns(algorithm=pl.lit(name))
        for name, result in (
            ("fpgrowth", rules),
            ("apriori", mine_rules(now, RULES.model_copy(update={"algorithm": "apriori"}))),
        )
    ]
    return _MonthRules(rules, pl.concat(itemsets), evaluate_rules(mine_rules(before, RULES), now))


def _baskets_of(baskets: pl.DataFrame, month: date) -> pl.DataFrame:
    return baskets.filter(pl.col("month") == month).select(basket_id="customer_id", item="item")


RULE_ASSETS = (basket_monthly, mined_rules)
