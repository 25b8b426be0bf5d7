"""A channel of a profile that lies in a database: what may stand there, and that no secret may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from govbiz_assets.sources.database.query import month_parameters, query_relation
from govbiz_assets.sources.errors import SourceError
from govbiz_assets.sources.profile import Profile, load_profile
from govbiz_assets_tests.sources.landscape import PROFILES

HIDDEN = "secret-word"
URL = f"postgresql://reader:{HIDDEN}@db.example/billing"
TABLE = {"url_env": "GOVBIZ_DB_BILLING", "table": "billing.bill", "month_column": "ym"}
QUERY = "SELECT * FROM bill WHERE issued >= :month_start AND issued < :month_end"
HEAD = {
    "name": "trial",
    "description": "A table of a test.",
    "origin": "Written by the test.",
    "obtain": "Ask the test.",
    "months": {"first": "2024-01"},
}


def load(folder: Path, channel: Any) -> Profile:
    path = folder / "trial.yaml"
    path.write_text(yaml.safe_dump(HEAD | {"channels": {"bill": channel}}, allow_unicode=True), encoding="utf-8")
    return load_profile(str(path), PROFILES)


def database(**changes: Any) -> dict[str, Any]:
    return {"database": {name: value for name, value in (TABLE | changes).items() if value is not None}}


def query(text: str, **changes: Any) -> dict[str, Any]:
    return database(table=None, month_column=None, query=text, **changes)


@pytest.mark.parametrize("channel", [database(), database(table="bill", month_style="yyyymm"), query(QUERY)])
def test_a_table_or_a_query_is_accepted(tmp_path: Path, channel: dict[str, Any]) -> None:
    profile = load(tmp_path, channel)
    assert profile.database_channels == ("bill",)
    assert profile.required_files == ()


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ({}, ["channels.bill.path", "missing or empty", "channels.bill.database"]),
        ({"path": "{month}/b.csv"}, ["channels.bill.format", "missing"]),
        (database() | {"path": "b.csv"}, ["channels.bill.path", "drop one of the two"]),
        (database() | {"format": "csv"}, ["channels.bill.format", "drop one of the two"]),
        (database() | {"month": "2024-01"}, ["channels.bill.month", "drop one of the two"]),
        (database() | {"encoding": "gbk"}, ["channels.bill.encoding", "only csv files"]),
        (database(url_env=None), ["channels.bill.database.url_env", "is missing"]),
        (database(url_env="BILLING"), ["channels.bill.database.url_env", "GOVBIZ_DB_BILLING"]),
        (database(table=None, month_column=None), ["channels.bill.database", "keep one", "table", "query"]),
        (database(query=QUERY), ["channels.bill.database", "keep one"]),
        (database(month_column=None), ["channels.bill.database", "month_column is missing"]),
        (database(month_style="mm"), ["channels.bill.database.month_style", "yyyymm"]),
        (database(table="a.b.c"), ["channels.bill.database", "'a.b.c'", "schema.name"]),
        (query(QUERY, month_style="yyyymm"), ["channels.bill.database", "go with table"]),
        (query("SELECT * FROM bill"), ["channels.bill.database", "has no month", ":month_start"]),
        (query("SELECT ':month_start' FROM bill -- :month_end"), ["has no month"]),
        (query(QUERY + " AND kind = :kind"), ["unknown parameter :kind"]),
        (database(tabel="x"), ["channels.bill.database.tabel", "unknown key"]),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, channel: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(SourceError) as error:
        load(tmp_path, channel)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    "channel",
    [
        {"database": URL},
        {"database": f"host=db password={HIDDEN}"},
        {"database": [URL]},
        {"path": URL, "format": "csv"},
        {"format": URL},
        database(url_env=URL),
        database(url_env=f"host=db.example user=reader password={HIDDEN}"),
        database(url=URL),
        database(password=HIDDEN),
        database(user="reader", password=HIDDEN),
        database(table=URL),
        query(f"SELECT * FROM dblink('{URL}', 'SELECT :month_start')"),
    ],
)
def test_a_profile_that_holds_a_secret_is_refused_and_does_not_repeat_it(
    tmp_path: Path, channel: dict[str, Any]
) -> None:
    with pytest.raises(SourceError) as error:
        load(tmp_path, channel)
    said = str(error.value)
    assert "channels.bill" in said
    assert "GOVBIZ_DB_" in said
    assert HIDDEN not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a >= :month_start", {"month_start"}),
        ("a >= :month_start::date AND a < (:month_end)", {"month_start", "month_end"}),
        ("a::date >= :month_end", {"month_end"}),
        (
            """a = 'it''s :x' AND "b:x" = E'\\':x' AND /* :x */ c = $$ :x $$ AND $t$ :x $t$ < :month_end""",
            {"month_end"},
        ),
    ],
)
def test_parameters_are_told_from_texts_casts_and_comments(text: str, found: set[str]) -> None:
    assert month_parameters(text) == found
    relation = query_relation(text + ";")
    assert relation.count("current_setting('govbiz.month_") == len(found)
    assert not relation.endswith(";")
