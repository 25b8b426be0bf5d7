"""The web UI as a person uses it: look at the graph, make one month of a table, read its checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govbiz_assets.simulate import SimulationParams, simulate_province
from govbiz_assets_tests.automation.server import Server, fast_folder, serve
from govbiz_assets_tests.ui.browser import CHROMIUM, DRIVER, Page, open_browser

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="no chromium or chromedriver: apt-get install chromium chromium-driver"
    ),
]
TABLE = "/assets/quality/file_manifest"


@pytest.fixture
def data() -> Iterator[Path]:
    with fast_folder() as folder:
        simulate_province(SimulationParams(customers=10, months=1), folder / "landing" / "sample")
        yield folder


@pytest.fixture
def server(tmp_path: Path, data: Path) -> Iterator[Server]:
    # A day to settle: the landing sensor leaves the files to the person at the screen.
    with serve({"GOVBIZ_DATA_DIR": str(data), "GOVBIZ_SETTLE_SECONDS": "86400"}, tmp_path / "server.log") as server:
        yield server


def test_a_person_sees_the_graph_makes_a_month_and_reads_its_checks(server: Server, tmp_path: Path) -> None:
    with open_browser(tmp_path) as driver:
        page = Page(driver, server.url)
        try:
            use_the_ui(page, server)
        except BaseException:
            driver.save_screenshot(str(tmp_path / "failure.png"))
            print(f"screenshot: {tmp_path / 'failure.png'}", server.tail())  # noqa: T201 - shown where a test fails
            raise


def use_the_ui(page: Page, server: Server) -> None:
    page.open("/")
    page.click("//a[contains(., 'Lineage')]")
    for layer in ("raw", "cleaned", "features", "clusters", "rules", "churn", "forecasts"):
        page.see(layer)

    page.open(TABLE)
    page.see("Every delivered file with its hash")
    page.click("//button[contains(., 'Materialize')]")
    page.see("Launch runs to materialize quality / file_manifest")
    page.type_into("//input[starts-with(@placeholder, 'ex: 2024-01')]", "2024-01")
    page.click("//button[normalize-space(.)='Launch 1 run']")
    server.wait("the end of the run", 120, lambda: [run for run in server.runs() if run["status"] == "SUCCESS"])
    (run,) = server.runs()
    assert run["tags"]["dagster/partition"] == "2024-01"

    page.open(f"{TABLE}?view=partitions")
    page.see("Materialized (1)")
    page.open(f"{TABLE}?view=checks")
    page.see("contract_violations")
    page.see("Passed")
    page.see("2024-01")
