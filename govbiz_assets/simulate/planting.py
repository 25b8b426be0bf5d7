"""Delivered files of the sample, open for planting: rows by header, written back in the same format."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from govbiz_assets.simulate.files import FORMATS

Row = dict[str, str]


@dataclass(frozen=True)
class Planted:
    """A defect that was planted, as the quality tables should name it.

    Attributes:
        defect: Name of the defect.
        channel: Channel of the file.
        month: Month of the delivery, first day.
        subject: Prefix of the pseudonym and the number, for example `b:202401000000000`; a name of a file or a
            division; empty for a defect that is counted and not flagged.
        suffix: What stands behind the pseudonym in the flag's subject.
    """

    defect: str
    channel: str
    month: date
    subject: str = ""
    suffix: str = ""


class Landing:
    """The landing folder of a sample province without dirt, and the defects that were planted in it so far.

    Args:
        folder: The landing folder.
        months: Its months.
    """

    def __init__(self, folder: Path, months: list[date]) -> None:
        self.folder = folder
        self.months = months
        self.planted: list[Planted] = []
        self.explained: list[Planted] = []
        self._files: dict[tuple[str, date], list[Row]] = {}
        self._lines: dict[tuple[str, date], list[str]] = {}
        self._fresh = self._steady_accounts()

    @property
    def last(self) -> date:
        """The last month."""
        return self.months[-1]

    def path(self, channel: str, month: date) -> Path:
        """Path of a delivery."""
        return self.folder / f"{month:%Y-%m}" / f"{FORMATS[channel].name}_{month:%Y%m}.csv"

    def rows(self, channel: str, month: date) -> list[Row]:
        """Records of a delivery; changing the list or a record changes what is written."""
        key = (channel, month)
        if key not in self._files:
            form = FORMATS[channel]
            encoding = "utf-8-sig" if form.has_bom else form.encoding
            header, *lines = self.path(*key).read_bytes().decode(encoding).splitlines()
            names = header.split(form.delimiter)
            self._files[key] = [dict(zip(names, line.split(form.delimiter), strict=True)) for line in lines]
        return self._files[key]

    def of(self, channel: str, month: date, account: str) -> list[Row]:
        """Records of an account in a delivery."""
        return [row for row in self.rows(channel, month) if row["户号"] == account]

    def add_line(self, channel: str, month: date, line: str) -> None:
        """Adds a line as it stands, below the records."""
        self._lines.setdefault((channel, month), []).append(line)

    def take(self, fits: Callable[[Row], bool] = lambda _: True) -> Row:
        """Returns the archive record of an account in the last month that no other defect is planted in.

        Raises:
            LookupError: No account is left that fits.
        """
        for place, row in enumerate(self._fresh):
            if fits(row):
                return self._fresh.pop(place)
        raise LookupError("too few customers: no account is left for this defect")

    def plant(self, defect: str, channel: str, subject: str = "", month: date | None = None, suffix: str = "") -> None:
        """Notes a planted defect."""
        self.planted.append(Planted(defect, channel, month or self.last, subject, suffix))

    def explain(
        self, defect: str, channel: str, subject: str = "", month: date | None = None, suffix: str = ""
    ) -> None:
        """Notes what another planted defect rightly brings with it; it is no false alarm."""
        self.explained.append(Planted(defect, channel, month or self.last, subject, suffix))

    def write(self) -> None:
        """Writes every changed delivery; the files seem to have landed when they did."""
        for channel, month in {*self._files, *self._lines}:
            form, path = FORMATS[channel], self.path(channel, month)
            landed = path.stat().st_mtime
            rows = self.rows(channel, month)
            lines = [form.delimiter.join(rows[0]), *(form.delimiter.join(row.values()) for row in rows)]
            text = form.newline.join([*lines, *self._lines.get((channel, month), []), ""])
            path.write_bytes((("\ufeff" if form.has_bom else "") + text).encode(form.encoding))
            os.utime(path, (landed, landed))

    def _steady_accounts(self) -> list[Row]:
        """Accounts that are there, and billed, in every month."""
        present = [{row["户号"] for row in self.rows("account", month)} for month in self.months]
        billed = [{row["户号"] for row in self.rows("bill", month)} for month in self.months]
        steady = set.intersection(*present, *billed)
        return [row for row in self.rows("account", self.last) if row["户号"] in steady]
