"""Words for features, so that a group's name and a score's reason can be read by an account manager.

What belongs here: the phrase, unit and adjectives of a feature. What does not: arithmetic. A feature that nobody
described is named after its column, and its unit is read from the suffix that every column carries
(`_ratio`, `_kwh`, `_cny`, `_kva`, `_kw`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Unit = Literal["percent", "change", "kWh", "CNY", "kVA", "kW", "days", "months", "yes_no", ""]


class FeatureText(BaseModel):
    """How one feature is spoken of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str = Field(description="column name")
    phrase: str = Field(description="noun phrase that stands before the value")
    unit: Unit = Field(default="", description="percent: a ratio shown as 41%; change: a ratio shown as -45%")
    after: str = Field(default="", description="words after the value")
    high: str = Field(default="", description="adjective of a group that has much of it")
    low: str = Field(default="", description="adjective of a group that has little of it")

    def word(self, is_high: bool) -> str:
        """Return the adjective for a group above or below the typical customer."""
        return (self.high or f"high {self.phrase}") if is_high else (self.low or f"low {self.phrase}")

    def say(self, value: float) -> str:
        """Return the phrase with a value, such as `capacity in use 41% of contract`."""
        return " ".join(part for part in (self.phrase, self.show(value), self.after) if part)

    def show(self, value: float) -> str:
        """Return a value with its unit; whole numbers without decimals, large ones with thousands separators."""
        match self.unit:
            case "percent":
                return f"{value * 100:.0f}%"
            case "change":
                return f"{value * 100:+.0f}%"
            case "yes_no":
                return "yes" if value >= 0.5 else "no"
            case _:
                digits = 0 if abs(value) >= 100 or float(value).is_integer() else (1 if abs(value) >= 10 else 2)
                text = f"{value:,.{digits}f}"
                text = "0" if text.strip("-0.") == "" else text
                return f"{text} {self.unit}".strip()


_KNOWN: Final = {
    text.feature: text
    for text in (
        FeatureText(
            feature="run_contract_ratio",
            phrase="capacity in use",
            unit="percent",
            after="of contract",
            high="full capacity",
            low="idle capacity",
        ),
        FeatureText(
            feature="kwh_year_change_ratio",
            phrase="usage against last year",
            unit="change",
            high="growing",
            low="shrinking",
        ),
        FeatureText(
            feature="valley_ratio", phrase="valley share", unit="percent", high="valley-heavy", low="valley-light"
        ),
        FeatureText(feature="peak_ratio", phrase="peak share", unit="percent", high="peak-heavy", low="peak-light"),
        FeatureText(
            feature="load_factor_ratio", phrase="load factor", unit="percent", high="steady load", low="spiky load"
        ),
        FeatureText(
            feature="kwh_month_change_ratio",
            phrase="usage against last month",
            unit="change",
            high="rising",
            low="falling",
        ),
        FeatureText(feature="kwh_3m_year_change_ratio", phrase="three months' usage against last year", unit="change"),
        FeatureText(
            feature="kwh_variation_ratio",
            phrase="swing from month to month",
            unit="percent",
            high="unsteady months",
            low="steady months",
        ),
        FeatureText(
            feature="day_max_mean_ratio",
            phrase="highest day",
            unit="percent",
            after="of the mean day",
            high="uneven days",
            low="even days",
        ),
        FeatureText(
            feature="restday_workday_ratio",
            phrase="use on days off",
            unit="percent",
            after="of a working day",
            high="works on days off",
            low="rests on days off",
        ),
        FeatureText(
            feature="spring_festival_ratio",
            phrase="use at Spring Festival",
            unit="percent",
            after="of a working day",
            high="works through Spring Festival",
            low="shuts at Spring Festival",
        ),
        FeatureText(feature="flat_ratio", phrase="flat share", unit="percent", high="flat-heavy", low="flat-light"),
        FeatureText(
            feature="peak_valley_ratio",
            phrase="peak use",
            unit="percent",
            after="of valley use",
            high="peak over valley",
            low="valley over peak",
        ),
        FeatureText(feature="unit_price_cny_kwh", phrase="average price", after="CNY/kWh"),
        FeatureText(feature="ticket_age_days", phrase="last ticket", unit="days", after="ago"),
        FeatureText(feature="owed_ratio", phrase="owed", unit="percent", after="of a year's bills"),
        FeatureText(feature="days_to_pay", phrase="days to pay", high="slow payer", low="prompt payer"),
    )
}

_UNITS: Final[tuple[tuple[str, Unit], ...]] = (
    ("_change_ratio", "change"),
    ("_ratio", "percent"),
    ("_share", "percent"),
    ("_kwh", "kWh"),
    ("_cny", "CNY"),
    ("_kva", "kVA"),
    ("_kw", "kW"),
    ("_days", "days"),
    ("_months", "months"),
)


def feature_text(feature: str, texts: Mapping[str, FeatureText]) -> FeatureText:
    """Return the words for a feature: the caller's, else the built-in ones, else ones made from the column's name."""
    known = texts.get(feature) or _KNOWN.get(feature)
    if known is not None:
        return known
    if feature.startswith(("is_", "has_")):
        phrase = feature.split("_", 1)[1].replace("_", " ")
        return FeatureText(feature=feature, phrase=phrase, unit="yes_no", high=phrase, low=f"no {phrase}")
    for suffix, unit in _UNITS:
        if feature.endswith(suffix):
            phrase = feature.removesuffix(suffix).replace("_", " ")
            return FeatureText(feature=feature, phrase=phrase, unit=unit)
    return FeatureText(feature=feature, phrase=feature.replace("_", " "), unit="kWh", high="large", low="small")
    unit_of_name: Unit = "kWh" if "kwh" in feature.split("_") else ""
    return FeatureText(feature=feature, phrase=feature.replace("_", " "), unit=unit_of_name)
