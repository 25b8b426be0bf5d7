"""Small landing folders for the tests: files written by hand, scanned and read back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pytest

from govbiz_assets.sources.landing import LandingFile, find_files
from govbiz_assets.sources.profile import ChannelSource, Profile
from govbiz_assets.sources.read import read_file
from govbiz_assets.sources.scan import FileScan, scan_channel, scan_file

MONTH = date(2024, 1, 1)
REPOSITORY = Path(__file__).resolve().parents[2]
PROFILES = REPOSITORY / "seeds" / "profiles"
USAGE_HEADER = "户号,数据日期,总电量,尖,峰,平,谷,深谷,抄表方式"
USAGE_ROW = "3201,2024-01-01,10.5,1,2,3,4,0.5,实抄"


def make_profile(channels: Mapping[str, Mapping[str, Any]], **changes: Any) -> Profile:
    """A profile of January 2024 and later with these channels."""
    document = {
        "name": "trial",
        "description": "Files of a test.",
        "origin": "Written by the test.",
        "obtain": "Written by the test.",
        "months": {"first": "2024-01", "last": None},
        "channels": channels,
    }
    return Profile.model_validate(document | changes)


@dataclass
class Landscape:
    """A landing folder with one channel."""

    landing: Path
    work: Path
    channel: str
    profile: Profile

    @property
    def source(self) -> ChannelSource:
        return self.profile.channels[self.channel]

    def files(self) -> list[LandingFile]:
        return find_files(self.profile, self.channel, self.landing, [MONTH])

    def scans(self) -> list[FileScan]:
        return scan_channel(self.profile, self.channel, self.landing, [MONTH], self.work)

    def scan(self) -> FileScan:
        (file,) = self.files()
        return scan_file(file, self.source, self.profile, self.work)

    def rows(self, scan: FileScan | None = None) -> list[dict[str, Any]]:
        scan = scan or self.scan()
        file = next(file for file in self.files() if file.source_file == scan.source_file)
        backend = ibis.duckdb.connect(threads=2)
        try:
            table = read_file(backend, scan, file, self.source, self.profile, self.work)
            return table.order_by("row_no").to_pyarrow().to_pylist()
        finally:
            backend.disconnect()


def usage_landscape(folder: Path, content: bytes | str, name: str = "usage.csv", **source: Any) -> Landscape:
    """A landing folder with one usage file."""
    return channel_landscape(folder, "usage", content, name, **source)


def channel_landscape(folder: Path, channel: str, content: bytes | str, name: str, **source: Any) -> Landscape:
    """A landing folder with one file of January 2024."""
    landing = folder / "landing"
    path = landing / "2024-01" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    settings = {"path": "{month}/*", "format": "csv"} | source
    return Landscape(landing, folder / "work", channel, make_profile({channel: settings}))


def usage_text(rows: Sequence[str] = (USAGE_ROW,), header: str = USAGE_HEADER, end: str = "\n") -> str:
    """A usage file as text."""
    return end.join([header, *rows, ""])


def real_data(name: str) -> Path:
    """Folder of real data, or a skipped test where it is absent."""
    folder = Path(os.environ.get("GOVBIZ_REAL_DATA", REPOSITORY.parent / "shared" / "data")) / name
    if not folder.is_dir():
        pytest.skip(f"real data {name} is not at {folder}; set GOVBIZ_REAL_DATA to the folder that holds it")
    return folder
