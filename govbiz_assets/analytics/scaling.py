"""Scaling shared by the models: signed logarithm for skewed sizes, and scales that a few giants cannot move.

What belongs here: functions on one numeric column, and the reading of a frame's columns into arrays. What does not:
anything that fits a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]

SKEWED = 2.0
"""Absolute sample skewness above which a column is taken to the signed log (normal 0, exponential 2)."""

IQR_OF_NORMAL = 1.3489795003921634
"""Interquartile range of the standard normal, so that a robust scale reads as a standard deviation."""


def signed_log(values: Floats) -> Floats:
    """Take sign(x) * log(1 + |x|): compresses sizes of either sign and keeps 0 at 0."""
    return np.sign(values) * np.log1p(np.abs(values))


def is_skewed(values: Floats) -> bool:
    """Tell whether known values (no NaN) are skewed beyond `SKEWED`; fewer than three or constant values are not."""
    if values.size < 3:
        return False
    largest = float(np.abs(values).max())
    if largest == 0.0:
        return False
    # Sorted before the sums, so that the order of the rows cannot decide a borderline case.
    unit = np.sort(values) / largest
    centred = unit - unit.mean()
    spread = float(np.sqrt((centred**2).mean()))
    return spread > 1e-12 and abs(float((centred**3).mean())) / spread**3 > SKEWED


def column_floats(frame: pl.DataFrame, name: str) -> Floats:
    """Read one numeric or boolean column as float64 of shape (rows,), unknown and infinite values as NaN."""
    values = frame.get_column(name).cast(pl.Float64, strict=False).to_numpy().astype(np.float64, copy=True)
    values[~np.isfinite(values)] = np.nan
    return values


def is_numeric(dtype: pl.DataType) -> bool:
    """Tell whether a column's type counts as numeric: numbers, decimals and booleans."""
    return dtype.is_numeric() or dtype == pl.Boolean


@dataclass(frozen=True)
class RobustScale:
    """Fitted scale of one column, learned from known values only.

    Attributes:
        use_log: Whether the signed log comes first.
        centre: Median, in the column's unit or its signed log.
        spread: Interquartile range over `IQR_OF_NORMAL`, or the standard deviation where that range is zero.
        limit: Scaled values are cut to [-limit, limit]; no unit.
    """

    use_log: bool
    centre: float
    spread: float
    limit: float

    @classmethod
    def fit(cls, values: Floats, limit: float) -> RobustScale | None:
        """Learn the scale from a column of shape (n,); None when nothing is known or all known values are equal."""
        known = np.sort(values[~np.isnan(values)])
        if not known.size or known[0] == known[-1]:
            return None
        use_log = is_skewed(known)
        scaled = signed_log(known) if use_log else known
        low, centre, high = (float(x) for x in np.quantile(scaled, (0.25, 0.5, 0.75)))
        spread = (high - low) / IQR_OF_NORMAL or float(scaled.std())
        return cls(use_log, centre, spread, limit) if spread > 0 and np.isfinite(spread) else None

    def apply(self, values: Floats) -> Floats:
        """Scale a column of shape (n,); unknown values become the median, which is 0."""
        scaled = signed_log(values) if self.use_log else values
        return np.nan_to_num(np.clip((scaled - self.centre) / self.spread, -self.limit, self.limit), nan=0.0)
