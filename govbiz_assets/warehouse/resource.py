"""The warehouse as a Dagster resource: one lock and one session per run, released however the run ends."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
from dagster_duckdb import DuckDBResource
from pydantic import Field, PrivateAttr

from govbiz_assets.settings import Settings, reveal
from govbiz_assets.warehouse.files import write_whole
from govbiz_assets.warehouse.history import history_kept_open
from govbiz_assets.warehouse.lock import hold_lock
from govbiz_assets.warehouse.pseudonym import load_key
from govbiz_assets.warehouse.publish import publish_views
from govbiz_assets.warehouse.session import Session, open_session

LOCK_FILE = "warehouse.lock"
PROFILE_FILE = "profile"


class ForeignFolderError(Exception):
    """The data folder belongs to another profile."""


class Warehouse(DuckDBResource):
    """Opens `warehouse.duckdb` and `vault.duckdb` of a data folder for one run.

    It takes its engine settings from `connection_config` as `DuckDBResource` does, but opens and closes connections
    itself: the stock resource leaks its connection, and with it an open transaction, when an asset fails.
    """

    profile: str = Field(description="Profile that the data folder belongs to.")
    lock_timeout_seconds: float = Field(default=900.0, description="How long to wait for another run.")
    publish: bool = Field(default=True, description="Write Parquet snapshots for readers.")

    _session: Session | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.database).parent

    @property
    def published_folder(self) -> Path:
        """Folder of the snapshots for readers."""
        return self.folder / "published"

    @property
    def session(self) -> Session:
        """The session of the run.

        Raises:
            RuntimeError: There is no run.
        """
        if self._session is None:
            raise RuntimeError("the warehouse is open only while a run lasts; use it from an asset or a check")
        return self._session

    @contextlib.contextmanager
    def open(self, owner: str, say: Callable[[str], None] | None = None) -> Iterator[Session]:
        """Takes the lock and opens a session.

        Args:
            owner: Who asks, shown to those who wait.
            say: Takes what is said: that another run is waited for, or that the vault was encrypted. It is logged
                where there is none.
        """
        say = say or logging.getLogger(__name__).info
        with hold_lock(self.folder / LOCK_FILE, owner, self.lock_timeout_seconds, on_wait=say):
            claim_folder(self.folder, self.profile)
            # Read here and not given to the resource: Dagster keeps the configuration of resources in its history.
            settings = Settings()
            key = load_key(self.folder, reveal(settings.pseudonym_key))
            vault_key = reveal(settings.vault_key)
            with open_session(self.folder, key, self.connection_config, vault_key=vault_key, say=say) as session:
                yield session

    @contextlib.contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Warehouse]:
        """Holds lock and session for the length of a run."""
        run_id = context.run_id or "in a notebook"
        log = context.log
        home = Path(context.instance.root_directory) if context.instance else self.folder
        with self.open(f"run {run_id}", log.info if log else None) as session, history_kept_open(home, run_id):
            self._session = session
            try:
                yield self
            finally:
                self._session = None
                if self.publish:
                    publish_views(self.published_folder)


def claim_folder(folder: Path, profile: str) -> None:
    """Refuses to mix the data of two profiles in one warehouse.

    Raises:
        ForeignFolderError: The folder holds another profile's data.
    """
    mark = folder / PROFILE_FILE
    if mark.exists():
        owner = mark.read_text(encoding="utf-8").strip()
        if owner != profile:
            raise ForeignFolderError(
                f"{folder}: holds the data of profile {owner}, not of {profile}; set GOVBIZ_DATA_DIR to another folder"
            )
    else:
        write_whole(mark, profile + "\n")
