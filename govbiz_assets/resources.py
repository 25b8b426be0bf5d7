"""What a run reaches beside its tables: the delivered files of the profile, and the databases that it names."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import dagster as dg
from pydantic import Field, PrivateAttr

from govbiz_assets.contracts.cleaning import CleaningOptions
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.settings import database_url
from govbiz_assets.sources.contracts import profile_contracts
from govbiz_assets.sources.landing import LandingFile
from govbiz_assets.sources.profile import load_profile
from govbiz_assets.sources.profile_model import ChannelSource, Profile
from govbiz_assets.sources.scan import FileScan, scan_channel


class Deliveries(dg.ConfigurableResource[object]):
    """The landing folder, and the databases, as a profile describes them; connection URLs are no configuration."""

    profile_name: str = Field(description="Name of a shipped profile, or path to a profile file.")
    profiles_folder: str = Field(description="Folder of the shipped profiles.")
    landing_folder: str = Field(description="Folder of the delivered files.")
    work_folder: str = Field(description="Folder for transcoded copies of files, safe to delete.")
    reference_folder: str = Field(description="Folder of the reference tables.")

    database_connect_seconds: int = Field(default=10, description="How long a database may take to answer.")
    database_statement_seconds: int = Field(default=900, description="How long reading a month of one may take.")

    _profile: Profile | None = PrivateAttr(default=None)
    _contracts: dict[str, TableContract] | None = PrivateAttr(default=None)
    _scans: dict[tuple[str, tuple[date, ...]], list[FileScan]] = PrivateAttr(default_factory=dict)

    @property
    def profile(self) -> Profile:
        """The profile, read once."""
        if self._profile is None:
            self._profile = load_profile(self.profile_name, Path(self.profiles_folder))
        return self._profile

    @property
    def delivered(self) -> frozenset[str]:
        """Channels that the profile delivers."""
        return frozenset(self.profile.channels)

    @property
    def landing(self) -> Path:
        """Folder of the delivered files."""
        return Path(self.landing_folder)

    @property
    def work(self) -> Path:
        """Folder for transcoded copies of files."""
        return Path(self.work_folder)

    def contract(self, contract: TableContract) -> TableContract:
        """The contract with the columns that the profile passes through."""
        if self._contracts is None:
            self._contracts = profile_contracts(self.profile)
        return self._contracts[contract.full_name]

    def source(self, channel: str) -> ChannelSource | None:
        """How a channel is delivered; None where it is not."""
        return self.profile.channels.get(channel)

    def file(self, scan: FileScan) -> LandingFile:
        """The delivered file that was scanned."""
        return LandingFile(self.landing / scan.source_file, scan.source_file, scan.channel, scan.month)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002 - Dagster passes it
        """Removes the readable copies of delivered files."""
        shutil.rmtree(self.work, ignore_errors=True)

    def scan(self, channel: str, months: Sequence[date]) -> list[FileScan]:
        """Scans the files of a channel, or reads its rows from its database, once per run."""
        key = (channel, tuple(months))
        if key not in self._scans:
            self._scans[key] = self._scan(channel, months)
        return self._scans[key]

    def _scan(self, channel: str, months: Sequence[date]) -> list[FileScan]:
        if channel not in self.profile.database_channels:
            return scan_channel(self.profile, channel, self.landing, months, self.work)
        # Only who reads a database loads its library.
        from govbiz_assets.sources.database.scan import scan_months
        from govbiz_assets.sources.database.session import DatabaseAccess

        access = DatabaseAccess(database_url, self.database_connect_seconds, self.database_statement_seconds)
        return scan_months(self.profile, channel, months, access, self.work)


def cleaning_options(source: ChannelSource) -> CleaningOptions:
    """Returns what a profile says about the values of a channel, for the cleaning step."""
    return CleaningOptions(
        nulls=source.nulls,
        placeholders={name: source.placeholder_texts(name) for name in source.placeholders},
        codes={name: source.code_map(name) for name in source.codes},
        scales={name: float(source.scale(name)) for name in source.units},
        attributes={name: attribute.dtype for name, attribute in source.attributes.items()},
    )
