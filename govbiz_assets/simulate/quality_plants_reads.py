"""Planted defects of meter readings."""

from __future__ import annotations

from datetime import date

from govbiz_assets.simulate.planting import Landing, Row

BAND = " 总"
_SCALE = 1_000_000
_DAY_ZERO = date(1899, 12, 30)


def plant_reads(landing: Landing) -> None:
    """Plants a reading of each defect in the last month; estimates begin in the month before."""
    last, before = landing.last, landing.months[-2]
    for defect, estimated in (("single_estimate", (before,)), ("repeated_estimate", (before, last))):
        account = landing.take()["户号"]
        guessed, actual = (landing.of("meter_read", month, account)[0] for month in (before, last))
        guess = f"{float(guessed['本次示数']) + 1:.2f}"
        guessed["本次示数"] = actual["上次示数"] = guess
        for month in estimated:
            landing.of("meter_read", month, account)[0]["抄表方式"] = "估抄"
        for row in (guessed, actual):
            _state(row)
        landing.plant(defect, "meter_read", f"m:{actual['电能表资产号']}", suffix=BAND)
    row = _read(landing)
    step = (float(row["本次示数"]) - float(row["上次示数"])) % _SCALE
    row["上次示数"], row["本次示数"] = f"{_SCALE - step / 2:.2f}", f"{step / 2:.2f}"
    landing.plant("roll_over", "meter_read", f"m:{row['电能表资产号']}", suffix=BAND)
    _plant_backward(landing)
    row = _read(landing)
    row["抄见电量"] = f"{float(row['抄见电量']) * 1.5 + 10:.2f}"
    landing.plant("stated_kwh", "meter_read", f"m:{row['电能表资产号']}", suffix=BAND)
    _plant_splits(landing)


def plant_day_numbers(landing: Landing) -> None:
    """Writes the days of the last month's readings as a spreadsheet numbers them."""
    for row in landing.rows("meter_read", landing.last):
        row["抄表日期"] = str((date.fromisoformat(row["抄表日期"]) - _DAY_ZERO).days)
        landing.plant("date_style", "meter_read")


def _plant_backward(landing: Landing) -> None:
    row = _read(landing)
    row["上次示数"], row["本次示数"] = "500000.00", "499000.00"
    row["抄见电量"] = "0.00"
    landing.plant("backward_reading", "meter_read", f"m:{row['电能表资产号']}", suffix=BAND)


def _plant_splits(landing: Landing) -> None:
    """A meter is changed in the middle of the month; a multiplier is changed with and without a reading then."""
    rows = landing.rows("meter_read", landing.last)
    row = _read(landing)
    first, second = _halves(row, landing)
    first["抄表异常"] = "换表"
    step = float(second["本次示数"]) - float(second["上次示数"])
    second |= {"电能表资产号": f"{row['电能表资产号']}9", "上次示数": "0.00", "本次示数": f"{step:.2f}"}
    for half in (first, second):
        landing.plant("meter_changed", "meter_read", f"m:{half['电能表资产号']}", suffix=BAND)
    rows.append(second)
    row = _read(landing)
    _, second = _halves(row, landing)
    second["综合倍率"] = str(int(row["综合倍率"]) * 2)
    _state(second)
    rows.append(second)
    landing.plant("multiplier_split", "meter_read", f"m:{row['电能表资产号']}", suffix=BAND)
    row = _read(landing)
    row["综合倍率"] = str(int(row["综合倍率"]) * 2)
    _state(row)
    landing.plant("multiplier_unsplit", "meter_read", f"m:{row['电能表资产号']}", suffix=BAND)


def _read(landing: Landing) -> Row:
    """The only reading of a fresh account, whose register does not roll over in the month."""
    while True:
        row = landing.of("meter_read", landing.last, landing.take()["户号"])[0]
        if float(row["本次示数"]) > float(row["上次示数"]):
            return row


def _halves(row: Row, landing: Landing) -> tuple[Row, Row]:
    """Divides a reading in place: the row keeps the first half of the month, the second is returned beside it."""
    second = dict(row)
    middle = f"{(float(row['上次示数']) + float(row['本次示数'])) / 2:.2f}"
    row["抄表日期"] = f"{landing.last:%Y-%m}-15"
    row["本次示数"] = second["上次示数"] = middle
    for half in (row, second):
        _state(half)
    return row, second


def _state(row: Row) -> None:
    step = float(row["本次示数"]) - float(row["上次示数"])
    row["抄见电量"] = f"{step * int(row['综合倍率']):.2f}"
