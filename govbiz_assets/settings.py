"""Every GOVBIZ_* variable of the environment, once. Besides, only Dagster's own DAGSTER_HOME is read, by `pipeline`."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[1]
DEFAULT_PROFILE = "sample"


class Settings(BaseSettings):
    """Settings of one data folder; see the table in the README."""

    model_config = SettingsConfigDict(env_prefix="GOVBIZ_", frozen=True, env_ignore_empty=True)

    profile: str = Field(
        default=DEFAULT_PROFILE, description="Source profile: a name in seeds/profiles or a path to a YAML file."
    )
    data_dir: Path | None = Field(
        default=None,
        description="Folder of all state. Default: ./data for the sample, ./data/<profile> for any other profile.",
    )
    landing: Path | None = Field(
        default=None, description="Folder of delivered files. Default: <data folder>/landing/<profile>."
    )
    seeds: Path = Field(default=PROJECT_ROOT / "seeds", description="Folder of reference data and profiles.")
    pseudonym_key: SecretStr | None = Field(
        default=None,
        description="Key of the pseudonyms. Default: a random one made on first use in the data folder, mode 0600.",
    )
    vault_key: SecretStr | None = Field(
        default=None,
        description="Key of the vault. Default: a random one made on first use in the data folder, mode 0600.",
    )
    vault_new_key: SecretStr | None = Field(
        default=None, description="The key that `govbiz vault rotate-key` changes to. Default: a random one."
    )
    memory_limit: str = Field(default="2500MB", description="Memory that DuckDB may use before it spills to disk.")
    threads: int = Field(default=2, ge=1, description="Threads that DuckDB uses.")
    lock_timeout_seconds: float = Field(
        default=900.0, gt=0, description="How long a run waits for another one that writes."
    )
    settle_seconds: float = Field(
        default=30.0, ge=0, description="Age at which the landing sensor takes a file as complete."
    )
    sensor_seconds: int = Field(
        default=30, ge=1, description="How often the sensors look at the landing folder and at failed runs."
    )
    database_connect_seconds: int = Field(
        default=10, ge=2, description="How long the server of a database channel may take to answer."
    )
    database_statement_seconds: int = Field(
        default=900, ge=1, description="How long reading a month of a database channel may take."
    )
    alert_url: SecretStr | None = Field(default=None, description="Webhook that gets a JSON message when a run fails.")

    @property
    def profile_name(self) -> str:
        """Name of the profile, without folder and suffix."""
        return Path(self.profile).stem

    @property
    def data_folder(self) -> Path:
        """Absolute path of the data folder.

        Data of two profiles never share a warehouse, so each further profile gets a folder of its own.
        """
        if self.data_dir is not None:
            return self.data_dir.expanduser().resolve()
        base = Path("data").resolve()
        return base if self.profile_name == DEFAULT_PROFILE else base / self.profile_name

    @property
    def landing_folder(self) -> Path:
        """Absolute path of the folder of delivered files."""
        if self.landing is not None:
            return self.landing.expanduser().resolve()
        return self.data_folder / "landing" / self.profile_name

    @property
    def profiles_folder(self) -> Path:
        """Folder of the shipped profiles."""
        return self.seeds / "profiles"

    @property
    def published_folder(self) -> Path:
        """Folder of the snapshots for readers."""
        return self.data_folder / "published"

    @property
    def alerts_folder(self) -> Path:
        """Folder of the alert files of failed runs."""
        return self.data_folder / "alerts"

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's own state where DAGSTER_HOME names no other."""
        return self.data_folder / "dagster"


def reveal(secret: SecretStr | None) -> str | None:
    """Returns the text of a secret setting, None where it is not set."""
    return secret.get_secret_value() if secret else None


def database_url(variable: str) -> SecretStr | None:
    """Connection URL of a database, from the variable that a profile names; None where it is not set.

    It is no field of the settings: those are shown, and handed to Dagster, which stores what it is given.
    """
    url = os.environ.get(variable)
    return SecretStr(url) if url else None
