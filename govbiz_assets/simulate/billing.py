"""Bills: the energy of the month before, priced by band, with its other parts; and the corrections of earlier bills.

Money is counted in whole fen, so that the parts add up to the total to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from govbiz_assets.simulate.params import month_start, stream, whole
from govbiz_assets.simulate.population import Accounts
from govbiz_assets.simulate.reference import Reference
from govbiz_assets.simulate.text import fixed, pick, spelled

KINDS = ("正常", "退补", "追补", "红冲")
NORMAL, REFUND, SURCHARGE, REVERSAL = range(4)
FUND_CNY_KWH = 0.0291
CORRECTION_RATE = 0.0006
"""Share of last month's bills that get a correction, for each kind."""
PARTS = ("energy", "basic", "power_factor", "fund", "other")


@dataclass(frozen=True)
class Bills:
    """Bills of one month of issue; one array per attribute.

    Attributes:
        number: Bill number.
        account: Position of the account.
        charge_month: Number of the month in which the energy was used.
        kind: Position in KINDS.
        wh: Energy (Wh).
        energy: Energy charge (fen).
        basic: Basic charge (fen).
        power_factor: Power factor adjustment (fen).
        fund: Funds and surcharges (fen).
        other: Other parts (fen).
        issued: Date of issue.
        due: Last day to pay.
        original: Number of the bill that this one corrects, 0 for none.
    """

    number: np.ndarray
    account: np.ndarray
    charge_month: np.ndarray
    kind: np.ndarray
    wh: np.ndarray
    energy: np.ndarray
    basic: np.ndarray
    power_factor: np.ndarray
    fund: np.ndarray
    other: np.ndarray
    issued: np.ndarray
    due: np.ndarray
    original: np.ndarray

    def __len__(self) -> int:
        """Returns the number of bills."""
        return len(self.number)

    @property
    def total(self) -> np.ndarray:
        """All parts together (fen)."""
        return np.asarray(sum(getattr(self, part) for part in PARTS))

    def at(self, positions: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the attributes of some bills."""
        return {field.name: getattr(self, field.name)[positions] for field in fields(self)}


def month_bills(
    seed: int,
    index: int,
    band_wh: np.ndarray,
    is_supplied: np.ndarray,
    run_kva: np.ndarray,
    accounts: Accounts,
    reference: Reference,
    earlier: Bills | None,
) -> Bills:
    """Issues the bills of a month.

    Args:
        seed: Seed of the simulation.
        index: Number of the month of issue.
        band_wh: Energy of the month before by account and band (Wh).
        is_supplied: Accounts that were supplied in the month before.
        run_kva: Capacity that ran in the month before (kVA).
        accounts: The accounts.
        reference: The code lists.
        earlier: Bills issued in the month before, None for the first month.

    Returns:
        The bills, corrections last.
    """
    rng = stream(seed, "bills", index)
    who = np.flatnonzero(is_supplied)
    price = accounts.price[who]
    energy = np.rint((band_wh[who] / 1000 * reference.band_cny_kwh[price]).sum(axis=1) * 100).astype(np.int64)
    wh = band_wh[who].sum(axis=1)
    has_other = rng.random(len(who)) < 0.04
    issued = np.datetime64(month_start(index)) + (2 + who * 7919 % 6)
    normal = Bills(
        number=_number(index, who, NORMAL),
        account=who,
        charge_month=np.full(len(who), index - 1),
        kind=np.zeros(len(who), dtype=np.int64),
        wh=wh,
        energy=energy,
        basic=np.rint(run_kva[who] * reference.basic_cny_kva[price] * 100).astype(np.int64),
        power_factor=np.rint(energy * accounts.power_factor[who]).astype(np.int64),
        fund=np.rint(wh / 1000 * FUND_CNY_KWH * 100).astype(np.int64),
        other=np.where(has_other, rng.integers(1, 60, len(who)) * 1000, 0),
        issued=issued,
        due=np.datetime64(month_start(index)) + (19 + who * 104729 % 6),
        original=np.zeros(len(who), dtype=np.int64),
    )
    if earlier is None:
        return normal
    parts = [normal, *_corrections(index, earlier, rng)]
    names = [field.name for field in fields(Bills)]
    return Bills(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _corrections(index: int, earlier: Bills, rng: np.random.Generator) -> list[Bills]:
    """Corrects some ordinary bills of the month before: money back, money added, cancelled and issued again."""
    ordinary = rng.permutation(np.flatnonzero((earlier.kind == NORMAL) & (earlier.total > 0)))
    counts = [whole(CORRECTION_RATE * len(ordinary), rng) for _ in range(3)]
    refund, surcharge, reversal = np.split(ordinary[: sum(counts)], np.cumsum(counts)[:2])
    again = rng.uniform(0.92, 1.04, len(reversal))
    return [
        _scaled(index, earlier, refund, -rng.uniform(0.01, 0.08, len(refund)), REFUND),
        _scaled(index, earlier, surcharge, rng.uniform(0.01, 0.08, len(surcharge)), SURCHARGE),
        _scaled(index, earlier, reversal, np.full(len(reversal), -1.0), REVERSAL),
        _scaled(index, earlier, reversal, again, SURCHARGE),
    ]


def _scaled(index: int, earlier: Bills, positions: np.ndarray, share: np.ndarray, kind: int) -> Bills:
    values = earlier.at(positions)
    for name in ("wh", *PARTS):
        values[name] = np.rint(values[name] * share).astype(np.int64)
    values["original"] = values["number"]
    values["number"] = _number(index, values["account"], kind)
    values["kind"] = np.full(len(positions), kind)
    values["issued"] = np.full(len(positions), np.datetime64(month_start(index)) + 11)
    values["due"] = values["issued"] + 14
    return Bills(**values)


def _number(index: int, account: np.ndarray, kind: int) -> np.ndarray:
    return (int(f"{month_start(index):%Y%m}") * 10**8 + account.astype(np.int64)) * 10 + kind


def bill_frame(index: int, bills: Bills, account_numbers: pl.Series) -> pl.DataFrame:
    """Lays bills out as the export does.

    Args:
        index: Number of the month of issue.
        bills: The bills.
        account_numbers: Account numbers of all accounts.

    Returns:
        One text row per bill.
    """
    months = [f"{month_start(month):%Y%m}" for month in bills.charge_month.tolist()]
    return pl.DataFrame(
        {
            "账单号": pl.Series(bills.number).cast(pl.String),
            "户号": account_numbers.gather(bills.account),
            "应收年月": pl.repeat(f"{month_start(index):%Y%m}", len(bills), eager=True),
            "量费年月": pl.Series(months, dtype=pl.String),
            "账单类型": pick(KINDS, bills.kind),
            "电量": fixed(bills.wh, 3),
            "电度电费": fixed(bills.energy, 2),
            "基本电费": fixed(bills.basic, 2),
            "力调电费": fixed(bills.power_factor, 2),
            "代征基金": fixed(bills.fund, 2),
            "其他费用": fixed(bills.other, 2),
            "应收合计": fixed(bills.total, 2),
            "发行日期": spelled(bills.issued, "%Y/%-m/%-d"),
            "到期日": spelled(bills.due, "%Y/%-m/%-d"),
            "原账单号": pl.Series(bills.original).cast(pl.String).replace("0", ""),
        }
    )
