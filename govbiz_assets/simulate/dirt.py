"""Spoiled records: what real exports do to records, done on purpose and written down.

Whatever is spoiled is logged with file and record number, so that an account of the rows can be checked.
Kinds that lose a record (QUARANTINED) stay below one percent of any block of any file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation

import numpy as np

from govbiz_assets.simulate.params import SimulationParams, month_start, stream, whole

QUARANTINED = ("unparsable_number", "blank_required", "impossible_date", "wrong_month", "negative_kwh")
MOST_QUARANTINED = 0.008
"""Largest share of a block that may be lost (ratio)."""
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
DIRT_COLUMNS = ("month", "channel", "file", "row_no", "kind", "detail")


@dataclass(frozen=True)
class Target:
    """Where a channel can be hurt; columns are counted from 0.

    Attributes:
        number: Number that must be readable.
        required: Columns of which one is left empty.
        day: Column that holds the date or month.
        bad_days: What an impossible date looks like in this channel.
        corrected: Columns that differ between a superseded record and the right one, by the same amount.
        serial: Column of a running number that begins with the month as YYYYMM, None if there is none.
        kinds: Kinds of dirt that suit the channel.
        factor: Multiplier of the rates; small files need more to show anything.
    """

    number: int
    required: tuple[int, ...]
    day: int
    bad_days: tuple[str, ...]
    corrected: tuple[int, ...]
    serial: int | None
    kinds: tuple[str, ...]
    factor: float = 1.0


_RECORD = ("exact_duplicate", "triple_duplicate", "superseded")
_LOST = ("unparsable_number", "blank_required", "impossible_date")
_KEPT = ("full_width", "thousands")
_ALL = (*_RECORD, *_LOST, "wrong_month", *_KEPT)
_TIMES = ("2024-02-30 09:15:00", "2024-06-31 16:40:00")
TARGETS: dict[str, Target] = {
    "customer": Target(9, (), 11, (), (9,), None, _RECORD),
    "account": Target(8, (), 9, (), (8,), None, _RECORD),
    "usage": Target(2, (0, 2), 1, ("2024-02-30", "2023-13-05"), (2, 5), None, (*_ALL, "negative_kwh")),
    "bill": Target(11, (0, 11), 2, ("202413", "202400"), (10, 11), 0, _ALL, 1.5),
    "payment": Target(4, (0, 4), 3, ("20240230", "20231131"), (4,), 0, _ALL, 1.5),
    "ticket": Target(6, (3,), 2, _TIMES, (6,), 0, (*_RECORD, *_LOST, "wrong_month", "full_width"), 4.0),
    "subscription": Target(4, (1,), 2, ("2023-02-29", "2022-11-31"), (4,), None, (*_RECORD, *_LOST, "full_width"), 2.0),
}


@dataclass
class Spoiled:
    """Changes to one block of records.

    Attributes:
        edits: New cells by row of the block.
        inserts: Additional records, each behind a row of the block, in the order of the file.
    """

    edits: dict[int, list[str]] = field(default_factory=dict)
    inserts: list[tuple[int, list[str]]] = field(default_factory=list)


@dataclass(frozen=True)
class _Change:
    """What happens to one record: new cells in its place, or an additional record behind row `behind`, or both."""

    kind: str
    row: int
    detail: str
    edit: list[str] | None = None
    behind: int = 0
    added: list[str] | None = None


class Spoiler:
    """Spoils the records of one channel in one month and logs what it did.

    Attributes:
        log: Rows for the truth file, see DIRT_COLUMNS.
        counts: Spoiled records by kind.
    """

    def __init__(self, params: SimulationParams, channel: str, index: int) -> None:
        self._params = params
        self._channel = channel
        self._index = index
        self._target = TARGETS[channel]
        self.log: list[tuple[str, ...]] = []
        self.counts: Counter[str] = Counter()

    def block(self, file: str, number: int, rows: int, before: int, record: Callable[[int], list[str]]) -> Spoiled:
        """Decides what happens to a block of records.

        Args:
            file: Name of the file.
            number: Number of the block in the file.
            rows: Records in the block.
            before: Records of the file that stand before the block, additional ones included.
            record: Returns the cells of a record of the block.

        Returns:
            The changes.
        """
        rng = stream(self._params.seed, f"dirt {self._channel}", self._index, number)
        kinds = self._kinds(rows, rng)
        chosen = rng.choice(rows, len(kinds), replace=False).tolist() if kinds else []
        changes: list[_Change] = []
        for kind, row in zip(kinds, chosen, strict=True):
            changes += self._changes(kind, row, rows, record(row), rng)
        inserted = sorted((change for change in changes if change.added), key=lambda change: change.behind)
        behind = np.array([change.behind for change in inserted])
        places = {id(change): place for place, change in enumerate(inserted)}
        for change in changes:
            own = before + change.row + 1 + int(np.searchsorted(behind, change.row, side="left"))
            self._note(file, change, own, before + change.behind + 2 + places.get(id(change), 0))
        return Spoiled(
            {change.row: change.edit for change in changes if change.edit},
            [(change.behind, change.added) for change in inserted if change.added],
        )

    def _note(self, file: str, change: _Change, own: int, added: int) -> None:
        number, detail = own, change.detail
        if change.kind == "superseded":
            detail = f"corrected by record {added}"
        elif change.added:
            number, detail = added, detail or f"copy of record {own}"
        month = month_start(self._index).isoformat()
        self.log.append((month, self._channel, file, str(number), change.kind, detail))
        self.counts[change.kind] += 1

    def _kinds(self, rows: int, rng: np.random.Generator) -> list[str]:
        """Draws how many records are spoiled in which way."""
        kinds: list[str] = []
        for kind, rate in asdict(self._params.dirt).items():
            count = whole(rate * self._target.factor * rows, rng)
            kinds += [kind] * (count if kind in self._target.kinds else 0)
        lost = [kind for kind in kinds if kind in QUARANTINED]
        some = rng.permutation(len(lost))[: int(rows * MOST_QUARANTINED)]
        return ([kind for kind in kinds if kind not in QUARANTINED] + [lost[place] for place in some])[:rows]

    def _changes(self, kind: str, row: int, rows: int, cells: list[str], rng: np.random.Generator) -> list[_Change]:
        """Spoils one record; nothing happens where the kind does not suit its values."""
        behind = int(rng.integers(row, min(row + 200, rows)))
        if kind in ("exact_duplicate", "triple_duplicate"):
            times = 2 if kind == "triple_duplicate" else 1
            return [_Change(kind, row, "", None, behind, cells) for _ in range(times)]
        if kind == "superseded":
            wrong = self._wrong_value(cells)
            return [_Change(kind, row, "", wrong, behind, cells)] if wrong else []
        if kind == "wrong_month":
            stray, day = self._in_previous_month(cells)
            return [_Change(kind, row, f"{cells[self._target.day]} -> {day}", None, behind, stray)]
        column, value = self._bad_cell(kind, cells, rng)
        if value == cells[column]:
            return []
        spoiled = [*cells[:column], value, *cells[column + 1 :]]
        return [_Change(kind, row, f"column {column}: {cells[column]} -> {value}", spoiled)]

    def _bad_cell(self, kind: str, cells: list[str], rng: np.random.Generator) -> tuple[int, str]:
        target = self._target
        choice = int(rng.integers(0, 2))
        number = cells[target.number]
        if kind == "unparsable_number":
            return target.number, ("--", "N/A")[choice]
        if kind == "blank_required":
            return target.required[choice % len(target.required)], ""
        if kind == "impossible_date":
            return target.day, target.bad_days[choice]
        if kind == "negative_kwh":
            return target.number, f"-{number}" if _number(number) else number
        value = _number(number)
        if kind == "thousands" and value is not None and abs(value) >= 1000:
            return target.number, f"{value:,}"
        return target.number, number.translate(FULL_WIDTH) if kind == "full_width" else number

    def _wrong_value(self, cells: list[str]) -> list[str] | None:
        target = self._target
        value = _number(cells[target.number])
        if value is None:
            return None
        unit = Decimal((0, (1,), int(value.as_tuple().exponent)))
        step = unit if self._channel == "customer" else max((abs(value) / 20).quantize(unit), unit)
        wrong = list(cells)
        for column in target.corrected:
            wrong[column] = str((_number(cells[column]) or Decimal(0)) + step)
        return wrong

    def _in_previous_month(self, cells: list[str]) -> tuple[list[str], str]:
        target, stray = self._target, list(cells)
        month = month_start(self._index - 1)
        day = cells[target.day]
        if "-" in day:
            stray[target.day] = f"{month:%Y-%m}-{min(int(day[8:10]), 28):02d}{day[10:]}"
        else:
            stray[target.day] = f"{month:%Y%m}" + (f"{min(int(day[6:8]), 28):02d}" if len(day) == 8 else "")
        if target.serial is not None:
            stray[target.serial] = f"{month:%Y%m}" + cells[target.serial][6:]
        return stray, stray[target.day]


def _number(cell: str) -> Decimal | None:
    try:
        return Decimal(cell.lstrip("￥").replace(",", ""))
    except InvalidOperation:
        return None
