"""Features turned into model columns by rules learned on training rows only.

What belongs here: imputation, signed log, standardising and one-hot levels, kept together with what they learned. What
does not: models. The typical customer (`baseline`) is kept in the same columns, because reasons are given against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from govbiz_assets.analytics.scaling import Floats, column_floats, is_numeric, is_skewed, signed_log

LIMIT = 5.0
"""Standardised values are cut to +-LIMIT standard deviations, so that a later giant cannot leave the training range."""


@dataclass(frozen=True)
class NumericEncoding:
    """One numeric or boolean feature: standardised value, and a 0/1 column for unknown when training had unknowns.

    Attributes:
        feature: Column name.
        use_log: Whether the signed log is taken before standardising.
        median: Typical value, in the feature's unit; stands in for unknown values.
        mean: Mean after imputation and log; no unit.
        spread: Standard deviation after imputation and log; 0 leaves the value column out.
        has_unknown: Whether training had unknown values.
    """

    feature: str
    use_log: bool
    median: float
    mean: float
    spread: float
    has_unknown: bool

    @classmethod
    def fit(cls, frame: pl.DataFrame, feature: str) -> NumericEncoding | None:
        """Learn from training rows; None when the feature is unknown everywhere, or constant and never unknown."""
        values = column_floats(frame, feature)
        unknown = np.isnan(values)
        if unknown.all():
            return None
        known = values[~unknown]
        median, use_log = float(np.median(known)), is_skewed(known)
        filled = np.where(unknown, median, values)
        scaled = signed_log(filled) if use_log else filled
        spread = float(scaled.std()) if scaled.min() < scaled.max() else 0.0
        if not spread and not unknown.any():
            return None
        return cls(feature, use_log, median, float(scaled.mean()), spread, bool(unknown.any()))

    def encode(self, frame: pl.DataFrame) -> list[Floats]:
        """Return the columns for rows of another frame; a column that is absent there is unknown."""
        values = column_floats(frame, self.feature) if self.feature in frame.columns else np.full(frame.height, np.nan)
        return self._columns(values)

    def baseline(self) -> list[float]:
        """Return the columns of the typical customer: known, and at the median."""
        return [float(column[0]) for column in self._columns(np.array([self.median]))]

    def _columns(self, values: Floats) -> list[Floats]:
        unknown = np.isnan(values)
        columns: list[Floats] = []
        if self.spread:
            filled = np.where(unknown, self.median, values)
            scaled = signed_log(filled) if self.use_log else filled
            columns.append(np.clip((scaled - self.mean) / self.spread, -LIMIT, LIMIT))
        if self.has_unknown:
            columns.append(unknown.astype(np.float64))
        return columns


@dataclass(frozen=True)
class LevelEncoding:
    """One text feature: a 0/1 column per frequent level; unknown is the level null, rarer levels are all zeros.

    Attributes:
        feature: Column name.
        levels: Most frequent levels of the training rows, by frequency and then by name.
    """

    feature: str
    levels: tuple[str | None, ...]

    @classmethod
    def fit(cls, frame: pl.DataFrame, feature: str, top_levels: int, min_rows: int) -> LevelEncoding | None:
        """Learn from training rows; None when fewer than two levels are left, or one beside rare ones."""
        counts = frame.get_column(feature).cast(pl.String).alias("level").value_counts(name="rows")
        counts = counts.sort("rows", "level", descending=[True, False])
        levels = counts.filter(pl.col("rows") >= min_rows).head(top_levels)["level"].to_list()
        return cls(feature, tuple(levels)) if levels and counts.height > 1 else None

    def encode(self, frame: pl.DataFrame) -> list[Floats]:
        """Return the columns for rows of another frame; a column that is absent there is unknown."""
        if self.feature in frame.columns:
            values = frame.get_column(self.feature).cast(pl.String)
        else:
            values = pl.Series(self.feature, [None] * frame.height, dtype=pl.String)
        return [
            values.eq_missing(pl.Series([level], dtype=pl.String)).cast(pl.Float64).to_numpy() for level in self.levels
        ]

    def baseline(self) -> list[float]:
        """Return the columns of the typical customer: the most frequent level."""
        return [1.0] + [0.0] * (len(self.levels) - 1)


Encoding = NumericEncoding | LevelEncoding


@dataclass(frozen=True)
class FeatureEncoder:
    """Everything learned from training rows about how features become model columns.

    Attributes:
        encodings: One per usable feature, in the order of their names.
    """

    encodings: tuple[Encoding, ...]

    @classmethod
    def fit(cls, train: pl.DataFrame, features: list[str], top_levels: int, min_rows: int) -> FeatureEncoder:
        """Learn the encodings from training rows, which the caller has put in a stated order.

        Args:
            train: Training rows.
            features: Columns to use; numeric and boolean ones are standardised, all others one-hot.
            top_levels: Most levels of a text feature.
            min_rows: A level needs this many training rows.
        """
        found: list[Encoding | None] = [
            NumericEncoding.fit(train, name)
            if is_numeric(train.schema[name])
            else LevelEncoding.fit(train, name, top_levels, min_rows)
            for name in sorted(features)
        ]
        return cls(tuple(encoding for encoding in found if encoding is not None))

    def encode(self, frame: pl.DataFrame) -> Floats:
        """Return the model columns, shape (rows, columns)."""
        columns = [column for encoding in self.encodings for column in encoding.encode(frame)]
        return np.column_stack(columns) if columns else np.empty((frame.height, 0))

    def baseline(self) -> Floats:
        """Return the model columns of the typical customer, shape (columns,)."""
        return np.array([value for encoding in self.encodings for value in encoding.baseline()])

    def spans(self) -> list[slice]:
        """Return where each encoding's columns lie."""
        spans, start = [], 0
        for encoding in self.encodings:
            width = len(encoding.baseline())
            spans.append(slice(start, start + width))
            start += width
        return spans
