"""The monthly brief over a province that was really made, and over one of which nothing is known."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from govbiz_assets.contracts.tables_model import ASSOCIATION, CHURN_SCORE
from govbiz_assets.pipeline import RunReport
from govbiz_assets.reports.brief import CALL_LIST_ROWS, write_brief
from govbiz_assets.settings import Settings
from govbiz_assets_tests.scenario import House

MONTH = date(2024, 4, 1)


@pytest.fixture
def brief(made: tuple[House, RunReport]) -> str:
    return write_brief(made[0].settings, MONTH).read_text(encoding="utf-8")


def published(folder: Path, layer: str, name: str, frame: pl.DataFrame) -> None:
    (folder / layer / name).mkdir(parents=True, exist_ok=True)
    frame.write_parquet(folder / layer / name / "2024-04.parquet")


def test_figures_are_those_of_the_tables_with_their_units(made: tuple[House, RunReport], brief: str) -> None:
    path = made[0].settings.published_folder / "features" / "customer_monthly" / "2024-04.parquet"
    features = pl.read_parquet(path)
    energy = float(features["kwh_month"].cast(pl.Float64).sum())
    assert f"<b>{features.height:,}</b>" in brief
    assert f"{energy / 1e6:,.2f} GWh" in brief
    assert "M CNY" in brief


def test_no_name_code_or_phone_of_the_vault_is_in_it(made: tuple[House, RunReport], brief: str) -> None:
    columns = ("customer_name", "credit_code", "contact_phone", "customer_no", "contact_name", "address")
    rows = made[0].read(
        "SELECT column_name FROM information_schema.columns WHERE table_catalog = 'vault' AND table_name = 'customer'"
    )
    present = [name for (name,) in rows if name in columns]
    assert present
    selected = ", ".join(present)
    secrets = {
        str(value)
        for row in made[0].read(f"SELECT {selected} FROM vault.raw.customer")
        for value in row
        if value is not None and len(str(value)) > 3
    }
    assert secrets
    assert not [secret for secret in secrets if secret in brief]


def test_the_call_list_is_short_and_gives_reasons(made: tuple[House, RunReport], brief: str) -> None:
    rows = re.findall(r'<td class="key" data-label="customer">(.*?)</td>', brief)
    assert 0 < len(rows) <= CALL_LIST_ROWS
    assert len(set(rows)) == len(rows)
    reasons = re.findall(r'<td data-label="reasons">(.*?)</td>', brief)
    assert len(reasons) == len(rows)
    assert any(text != "-" for text in reasons)


def test_forecasts_are_of_later_months_only(made: tuple[House, RunReport]) -> None:
    path = made[0].settings.published_folder / "forecasts" / "series_monthly" / "2024-04.parquet"
    assert pl.read_parquet(path)["target_month"].min() > MONTH


def test_nothing_later_than_its_month_changes_it(made: tuple[House, RunReport], tmp_path: Path) -> None:
    early = write_brief(made[0].settings, date(2024, 3, 1)).read_text(encoding="utf-8")
    copy = made[0].copy(tmp_path)
    for path in copy.settings.published_folder.glob("*/*/2024-04.parquet"):
        path.unlink()
    assert write_brief(copy.settings, date(2024, 3, 1)).read_text(encoding="utf-8") == early


def test_it_stands_alone_fits_a_phone_and_leaves_no_half_file(made: tuple[House, RunReport], brief: str) -> None:
    assert 'name="viewport"' in brief
    assert "@media print" in brief
    assert not re.findall(r'(?:src|href)="http', brief), "nothing is fetched when it is opened"
    assert not list((made[0].folder / "briefs").glob("*.tmp"))


def test_an_empty_house_names_what_is_not_there(tmp_path: Path) -> None:
    text = write_brief(Settings(data_dir=tmp_path), MONTH).read_text(encoding="utf-8")
    for said in ("not delivered", "No energy is known", "No forecast:", "No segments:", "No scores:", "No rule:"):
        assert said in text
    assert "<svg" not in text


def test_failed_checks_and_warnings_are_told_apart(tmp_path: Path) -> None:
    folder = Settings(data_dir=tmp_path).published_folder
    names = ["good", "bad", "thin"]
    results = pl.DataFrame(
        {
            "month": [MONTH] * 3,
            "table_name": ["cleaned.bill"] * 3,
            "check_name": names,
            "passed": [name == "good" for name in names],
            "is_warning": [name == "thin" for name in names],
        }
    )
    published(folder, "quality", "check_result", results)
    text = write_brief(Settings(data_dir=tmp_path), MONTH).read_text(encoding="utf-8")
    assert "1 of 3</b>" in text
    assert re.findall(r">(.*?: cleaned.bill .*?)</p>", text) == [
        "Failed check: cleaned.bill bad",
        "Warning: cleaned.bill thin",
    ]


def test_text_of_the_data_is_escaped_and_the_list_is_cut_at_twenty(tmp_path: Path) -> None:
    folder = Settings(data_dir=tmp_path).published_folder
    count = CALL_LIST_ROWS + 5
    scores = pl.DataFrame(
        {
            "month": [MONTH] * count,
            "customer_id": [f"c{index:02d}" for index in range(count)],
            "label": ["churn"] * count,
            "horizon_months": [3] * count,
            "model": ["naive_rule"] * count,
            "probability": [index / 100 for index in range(count)],
            "reason_1": ["<script>alert(1)</script>"] * count,
        }
    )
    blank = {name: pl.lit(None) for name in CHURN_SCORE.column_names if name not in scores.columns}
    published(folder, "churn", "score_monthly", scores.with_columns(**blank))
    rule = dict.fromkeys(ASSOCIATION.column_names, 1.0)
    rules = pl.DataFrame([{**rule, "month": MONTH, "antecedent": "a & b", "consequent": "<b>c</b>"}])
    published(folder, "rules", "association_monthly", rules)
    text = write_brief(Settings(data_dir=tmp_path), MONTH).read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "a &amp; b" in text
    assert text.count('data-label="reasons"') == CALL_LIST_ROWS
    assert "c24" in text, "the most probable one is first"
    assert "c04" not in text
