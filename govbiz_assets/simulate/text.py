"""Numbers and dates as the exports spell them."""

from __future__ import annotations

import numpy as np
import polars as pl


def fixed(values: np.ndarray, digits: int) -> pl.Series:
    """Spells whole numbers of small units as decimals: 12345 with two digits is 123.45.

    Args:
        values: Whole numbers.
        digits: Digits behind the point, at least 1.

    Returns:
        Text.
    """
    size = np.abs(values.astype(np.int64))
    frame = pl.DataFrame({"sign": values < 0, "whole": size // 10**digits, "part": size % 10**digits})
    return frame.select(
        text=pl.when("sign").then(pl.lit("-")).otherwise(pl.lit(""))
        + pl.col("whole").cast(pl.String)
        + "."
        + pl.col("part").cast(pl.String).str.zfill(digits)
    )["text"]


def spelled(dates: np.ndarray, style: str) -> pl.Series:
    """Spells dates in a strftime style; a missing date is empty."""
    return pl.Series(dates.astype("datetime64[D]")).cast(pl.Date).dt.strftime(style).fill_null("")


def pick(choices: tuple[str, ...] | np.ndarray, positions: np.ndarray) -> pl.Series:
    """Looks texts up by position."""
    return pl.Series(list(choices), dtype=pl.String).gather(positions.astype(np.uint32))
