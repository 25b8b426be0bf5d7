"""Features and what is made of them: segments, association rules, churn scores, forecasts."""

from __future__ import annotations

from govbiz_assets.contracts.columns_feature import FEATURE_NAMES
from govbiz_assets.contracts.table import Rule, TableContract, table

_ANALYTICS = "team:govbiz-analytics"
_INTERVALS = "mean lo_80? hi_80? lo_95? hi_95?"


def _nullable(*names: str) -> str:
    return " ".join(f"{name}?" for name in names)


CUSTOMER_FEATURES = table(
    "features.customer_monthly",
    "What is known of each active customer as of the end of the month.",
    grain="month and customer active at its end",
    columns="month customer_id division_code? industry_code? enterprise_scale? is_government? credit_grade? "
    f"is_high_energy? contract_kva? run_kva? {_nullable(*FEATURE_NAMES)}",
    key="month customer_id",
    owner=_ANALYTICS,
)

CLUSTER_ASSIGNMENT = table(
    "clusters.assignment_monthly",
    "Segment of each customer.",
    grain="month, customer and method",
    columns="month customer_id method cluster_id cluster_name",
    key="month customer_id method",
    owner=_ANALYTICS,
)
CLUSTER_PROFILE = table(
    "clusters.profile_monthly",
    "What sets each segment apart.",
    grain="month, method, segment and feature",
    columns="month method cluster_id cluster_name feature mean? median? customer_count",
    key="month method cluster_id feature",
    owner=_ANALYTICS,
)
CLUSTER_METRIC = table(
    "clusters.metric_monthly",
    "Quality of the segments beside the naive split by usage.",
    grain="month, model and metric",
    columns="month model metric value? naive_value? n",
    key="month model metric",
    owner=_ANALYTICS,
)

BASKET = table(
    "rules.basket_monthly",
    "Products held and behaviours shown by each customer.",
    grain="month, customer and item",
    columns="month customer_id item",
    key="month customer_id item",
    owner=_ANALYTICS,
)
ITEMSET = table(
    "rules.itemset_monthly",
    "Frequent sets of products and behaviours.",
    grain="month, algorithm and itemset",
    columns="month algorithm itemset item_count support basket_count",
    key="month algorithm itemset",
    rules=(Rule("support", low=0, high=1),),
    owner=_ANALYTICS,
)
ASSOCIATION = table(
    "rules.association_monthly",
    "Association rules: who shows the antecedent tends to show the consequent.",
    grain="month, antecedent and consequent",
    columns="month antecedent consequent support confidence lift basket_count",
    key="month antecedent consequent",
    rules=(Rule("support", low=0, high=1), Rule("confidence", low=0, high=1), Rule("lift", low=0)),
    owner=_ANALYTICS,
)
RULE_METRIC = table(
    "rules.metric_monthly",
    "Value of last month's rules on this month's baskets beside recommending what is popular.",
    grain="month, model and metric",
    columns="month model metric value? naive_value? n",
    key="month model metric",
    owner=_ANALYTICS,
)

CHURN_LABEL = table(
    "churn.label_monthly",
    "Outcomes that became certain in the month, for customers as they stood at `as_of_month`.",
    grain="month of certainty, as-of month, customer, label and horizon",
    columns="month as_of_month customer_id label horizon_months is_event event_kind? event_month?",
    key="month as_of_month customer_id label horizon_months",
    owner=_ANALYTICS,
)
CHURN_SCORE = table(
    "churn.score_monthly",
    "Probability that a customer leaves or cuts capacity, with reasons.",
    grain="month, customer, label, horizon and model",
    columns="month customer_id label horizon_months model probability decile reason_1? reason_2? reason_3?",
    key="month customer_id label horizon_months model",
    rules=(Rule("probability", low=0, high=1), Rule("decile", low=1, high=10)),
    owner=_ANALYTICS,
)
CHURN_METRIC = table(
    "churn.metric_monthly",
    "Quality of the scores on outcomes that became certain in the month, beside the naive rule.",
    grain="month, label, horizon, model and metric",
    columns="month label horizon_months model metric value? naive_value? n n_events",
    key="month label horizon_months model metric",
    owner=_ANALYTICS,
)
CHURN_SELECTION = table(
    "churn.selection_monthly",
    "Model to act on: the best on outcomes known so far, the naive rule where none is better.",
    grain="month, label and horizon",
    columns="month label horizon_months model metric value? naive_value? n",
    key="month label horizon_months",
    owner=_ANALYTICS,
)

FORECAST_SERIES = table(
    "forecasts.series_monthly",
    "Monthly energy and money, three months ahead, from the origin month.",
    grain="origin month, level, series, measure, target month and model",
    columns=f"month level series_id measure target_month model {_INTERVALS}",
    key="month level series_id measure target_month model",
    rules=(Rule("lo_80", low="lo_95", high="mean"), Rule("hi_80", low="mean", high="hi_95")),
    owner=_ANALYTICS,
)
FORECAST_LOAD = table(
    "forecasts.load_daily",
    "Daily energy of the 31 days after the origin month.",
    grain="origin month, level, series, day and model",
    columns=f"month level series_id target_date model {_INTERVALS}",
    key="month level series_id target_date model",
    rules=(Rule("lo_80", low="lo_95", high="mean"), Rule("hi_80", low="mean", high="hi_95")),
    owner=_ANALYTICS,
)
FORECAST_ACCURACY = table(
    "forecasts.accuracy_monthly",
    "Accuracy of earlier forecasts of this month beside the naive rule.",
    grain="target month, level, measure, horizon, model and metric",
    columns="month level measure horizon model metric value? naive_value? n",
    key="month level measure horizon model metric",
    owner=_ANALYTICS,
)
FORECAST_SELECTION = table(
    "forecasts.selection_monthly",
    "Model to read for each level and measure: the most accurate so far, the naive one where none is better.",
    grain="month, level and measure",
    columns="month level measure model value? naive_value?",
    key="month level measure",
    owner=_ANALYTICS,
)
MODEL_TABLES: tuple[TableContract, ...] = (
    CUSTOMER_FEATURES,
    CLUSTER_ASSIGNMENT,
    CLUSTER_PROFILE,
    CLUSTER_METRIC,
    BASKET,
    ITEMSET,
    ASSOCIATION,
    RULE_METRIC,
    CHURN_LABEL,
    CHURN_SCORE,
    CHURN_METRIC,
    CHURN_SELECTION,
    FORECAST_SERIES,
    FORECAST_LOAD,
    FORECAST_ACCURACY,
    FORECAST_SELECTION,
)
