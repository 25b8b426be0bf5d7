"""Meters and their readings: one register per account, which rolls over, is estimated, and is changed with its meter.

Registers count whole hundredths of a unit, so that a reading times the multiplier is the stated energy to the digit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from govbiz_assets.simulate.params import SimulationParams, month_start, stream
from govbiz_assets.simulate.text import fixed, pick, spelled

DIGITS = 6
SCALE = 10**DIGITS * 100
MULTIPLIERS = np.array([1, 20, 60, 200, 1000, 4000, 20000])
FILLED_RATIO = 0.05
"""Largest share of a register's range that an ordinary month fills (ratio)."""
CHANGE_DAY = 15


@dataclass(frozen=True)
class Meters:
    """The meters by position of their accounts.

    Attributes:
        serial: Number of the meter within its account.
        multiplier: Ratio of the instrument transformers.
        register: What the register has counted since it was made (hundredths of a unit).
        read: Reading that was last reported (hundredths of a unit, before rolling over).
        rest_wh: Energy that is less than a hundredth of a unit (Wh times multiplier).
    """

    serial: np.ndarray
    multiplier: np.ndarray
    register: np.ndarray
    read: np.ndarray
    rest_wh: np.ndarray


def install(seed: int, index: int, base_kwh: np.ndarray, offset: int) -> Meters:
    """Hangs meters of fitting multipliers at new accounts; their registers stand anywhere.

    Args:
        seed: Seed of the simulation.
        index: Number of the month, see `population.join`.
        base_kwh: Energy of an ordinary workday of each account (kWh).
        offset: Position of the first of the accounts.
    """
    rng = stream(seed, "meters", index, offset)
    need = base_kwh * 31 / (FILLED_RATIO * 10**DIGITS)
    multiplier = MULTIPLIERS[np.minimum(np.searchsorted(MULTIPLIERS, need), len(MULTIPLIERS) - 1)]
    register = rng.integers(0, SCALE, len(base_kwh))
    none = np.zeros(len(base_kwh), dtype=np.int64)
    return Meters(none.copy(), multiplier.astype(np.int64), register, register.copy(), none)


def read_meters(
    params: SimulationParams,
    index: int,
    meters: Meters,
    wh: np.ndarray,
    is_supplied: np.ndarray,
    account_numbers: pl.Series,
) -> tuple[pl.DataFrame, Meters]:
    """Lets the meters count a month and lays their readings out as the export does.

    Args:
        params: The simulation.
        index: Number of the month.
        meters: The meters at the end of the month before.
        wh: Energy of each account in the month (Wh).
        is_supplied: Accounts that were supplied in the month.
        account_numbers: Account numbers of all accounts.

    Returns:
        One text row per reading, and the meters at the end of the month.
    """
    rng, count = stream(params.seed, "readings", index), len(wh)
    is_changed = is_supplied & (rng.random(count) < params.meter_change_rate)
    is_estimated = is_supplied & ~is_changed & (rng.random(count) < params.estimate_rate)
    miss = rng.uniform(0.85, 1.15, count)
    per_unit = meters.multiplier * 10
    used, rest = np.divmod(wh + meters.rest_wh, per_unit)
    before = np.where(is_changed, used * CHANGE_DAY // 30, 0)
    register = meters.register + used
    guessed = meters.read + np.rint(used * miss).astype(np.int64)
    # A new meter begins at nothing; the old one is read when it is taken down.
    final = meters.register + before
    fresh = used - before
    read = np.select([is_changed, is_estimated], [fresh, guessed], register)
    who, changed = np.flatnonzero(is_supplied), np.flatnonzero(is_changed)
    after = replace(
        meters,
        serial=meters.serial + is_changed,
        register=np.where(is_changed, fresh, register),
        read=np.where(is_supplied, read, meters.read),
        rest_wh=np.where(is_supplied, rest, meters.rest_wh),
    )
    last = np.where(is_changed, 0, meters.read)
    end = np.datetime64(month_start(index + 1)) - 1
    taken_down = np.datetime64(month_start(index)) + (CHANGE_DAY - 1)
    frames = [
        _frame(meters, changed, meters.read, final, taken_down, np.full(count, 0), account_numbers, "换表"),
        _frame(after, who, last, read, end, is_estimated.astype(int), account_numbers, ""),
    ]
    return pl.concat(frames), after


def _frame(
    meters: Meters,
    who: np.ndarray,
    last: np.ndarray,
    read: np.ndarray,
    day: np.datetime64,
    kind: np.ndarray,
    account_numbers: pl.Series,
    exception: str,
) -> pl.DataFrame:
    numbers = account_numbers.gather(who)
    serials = pl.Series(meters.serial[who]).cast(pl.String)
    return pl.DataFrame(
        {
            "户号": numbers,
            "电能表资产号": pl.select("M" + numbers + "-" + serials).to_series(),
            "抄表日期": spelled(np.full(len(who), day), "%Y-%m-%d"),
            "示数类型": pl.repeat("总", len(who), eager=True),
            "上次示数": fixed(last[who] % SCALE, 2),
            "本次示数": fixed(read[who] % SCALE, 2),
            "表位数": pl.repeat(str(DIGITS), len(who), eager=True),
            "综合倍率": pl.Series(meters.multiplier[who]).cast(pl.String),
            "抄见电量": fixed((read - last)[who] * meters.multiplier[who], 2),
            "抄表方式": pick(("实抄", "估抄"), kind[who]),
            "抄表异常": pl.repeat(exception, len(who), eager=True),
        }
    )
