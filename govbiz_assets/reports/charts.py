"""Charts of the documents, as SVG text."""

from __future__ import annotations

from typing import Any

import polars as pl

_WIDTH, _HEIGHT = 640, 220
_BLUE, _GREY = "#1f5fa8", "#9db7d5"


def monthly_energy(history: pl.DataFrame, forecast: pl.DataFrame) -> str:
    """Draws monthly energy (`month`, `kwh`) and its forecast (`target_month`, `mean`, `lo_80`, `hi_80`), in GWh."""
    import altair as alt

    if not history.height or history["kwh"].sum() == 0:
        return ""
    past = alt.Chart(_rows(history.select(day="month", gwh=pl.col("kwh") / 1e6)))

    line = past.mark_line(color=_BLUE, point={"color": _BLUE}).encode(
        x=_time(alt, "%Y-%m"), y=alt.Y("gwh:Q", title="GWh")
    )
    ahead = _forecast(alt, forecast.rename({"target_month": "day"}), "%Y-%m") if forecast.height else None
    return _svg(line + ahead if ahead is not None else line)


def daily_load(forecast: pl.DataFrame) -> str:
    """Draws the forecast of the daily load (`target_date`, `mean`, `lo_80`, `hi_80`), in GWh."""
    import altair as alt

    return _svg(_forecast(alt, forecast.rename({"target_date": "day"}), "%m-%d")) if forecast.height else ""


def segment_sizes(assignments: pl.DataFrame) -> str:
    """Draws the number of customers of each segment (`cluster_name`)."""
    import altair as alt

    if not assignments.height:
        return ""
    sizes = assignments.group_by("cluster_name").len("customers").sort(["customers", "cluster_name"], descending=True)
    bars = alt.Chart(_rows(sizes)).mark_bar(color=_BLUE)
    return _svg(
        bars.encode(
            x=alt.X("customers:Q", title="customers"),
            y=alt.Y("cluster_name:N", title=None, sort="-x", axis=alt.Axis(labelLimit=320)),
        )
    )


def _forecast(alt: Any, forecast: pl.DataFrame, dates: str) -> Any:
    scaled = forecast.select("day", mean=pl.col("mean") / 1e6, low=pl.col("lo_80") / 1e6, high=pl.col("hi_80") / 1e6)
    chart = alt.Chart(_rows(scaled))
    band = chart.mark_area(color=_GREY, opacity=0.4).encode(
        x=_time(alt, dates), y=alt.Y("low:Q", title="GWh"), y2="high:Q"
    )
    mean = chart.mark_line(
        color=_BLUE, strokeDash=[4, 3], point={"color": _BLUE, "filled": False, "fill": "white"}
    ).encode(x=_time(alt, dates), y=alt.Y("mean:Q", title="GWh"))
    return band + mean


def _time(alt: Any, dates: str) -> Any:
    return alt.X("day:T", title=None, axis=alt.Axis(format=dates, tickCount=8, labelOverlap=True))


def _rows(frame: pl.DataFrame) -> Any:
    import altair as alt

    dated = frame.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d"))
    return alt.Data(values=dated.to_dicts())  # type: ignore[no-untyped-call]


def _svg(chart: Any) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.properties(width=_WIDTH, height=_HEIGHT).to_dict()))
