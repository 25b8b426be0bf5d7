"""Factors from a delivered unit to the unit of the contract, exact."""

from __future__ import annotations

from decimal import Decimal

from govbiz_assets.contracts.column import Column

_FACTORS: dict[str, dict[str, str]] = {
    "kWh": {"Wh": "0.001", "kWh": "1", "度": "1", "千瓦时": "1", "MWh": "1000", "兆瓦时": "1000"}
    | {"万kWh": "10000", "万千瓦时": "10000", "GWh": "1000000"},
    "CNY": {"分": "0.01", "fen": "0.01", "CNY": "1", "元": "1", "千元": "1000", "万元": "10000", "亿元": "100000000"},
    "kVA": {"VA": "0.001", "kVA": "1", "千伏安": "1", "MVA": "1000", "兆伏安": "1000"},
    "kW": {"W": "0.001", "kW": "1", "千瓦": "1", "MW": "1000", "兆瓦": "1000", "万千瓦": "10000"},
    "kV": {"V": "0.001", "伏": "0.001", "kV": "1", "千伏": "1"},
    "min": {"min": "1", "分钟": "1", "h": "60", "小时": "60", "d": "1440", "天": "1440"},
    "h": {"h": "1", "小时": "1", "d": "24", "天": "24"},
    "s": {"ms": "0.001", "s": "1", "秒": "1", "min": "60", "分钟": "60", "h": "3600", "小时": "3600"},
}


def unit_factor(column: Column, delivered: str) -> Decimal:
    """Number that a delivered value is multiplied by to reach the contract's unit.

    Args:
        column: Column of a channel's field.
        delivered: Unit that the source delivers.

    Raises:
        ValueError: The field has no unit, or the two units have no known factor.
    """
    factors = _FACTORS.get(column.unit, {})
    if delivered not in factors:
        known = ", ".join(factors) if factors else f"none: the field's unit is {column.unit!r}"
        raise ValueError(f"{delivered!r} is no unit that {column.name} can be scaled from; known units: {known}")
    return Decimal(factors[delivered])
