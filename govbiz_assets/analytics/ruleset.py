"""What rules are: the parameters, the tables and the joined names that mining and its evaluation share.

What belongs here: definitions. What does not: any computation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

JOINER: Final = " + "
"""Stands between the items of an itemset, which are in sorted order."""

ITEMSETS: Final = {
    "itemset": pl.String,
    "item_count": pl.Int64,
    "support": pl.Float64,
    "basket_count": pl.Int64,
}
ASSOCIATIONS: Final = {
    "antecedent": pl.String,
    "consequent": pl.String,
    "support": pl.Float64,
    "confidence": pl.Float64,
    "lift": pl.Float64,
    "basket_count": pl.Int64,
}


class RuleParams(BaseModel):
    """Which itemsets are frequent and which rules are worth showing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_support: float = Field(default=0.01, gt=0, le=1, description="share of baskets that hold the itemset")
    min_confidence: float = Field(
        default=0.3, ge=0, le=1, description="share of the antecedent's baskets with the consequent"
    )
    min_lift: float = Field(default=1.0, ge=0, description="confidence over the consequent's own support")
    max_length: int = Field(default=4, ge=1, description="most items in an itemset, and so in a rule")
    max_consequent: int = Field(default=1, ge=1, description="most items after the arrow")
    min_baskets: int = Field(default=20, ge=1, description="with fewer baskets nothing is mined")
    algorithm: Literal["fpgrowth", "apriori"] = Field(default="fpgrowth", description="both give the same result")


@dataclass(frozen=True)
class RuleSet:
    """Result of `mine_rules`.

    Attributes:
        itemsets: itemset, item_count, support (0..1), basket_count (baskets that hold it); most frequent first.
        associations: antecedent, consequent, support, confidence (0..1), lift, basket_count (baskets that hold both);
            highest confidence first.
        reason: Why there is nothing, or None.
    """

    itemsets: pl.DataFrame
    associations: pl.DataFrame
    reason: str | None
