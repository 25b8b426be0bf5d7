"""Two small provinces, simulated once: one lives for 14 months, one is broad and lives for one."""

from __future__ import annotations

import pytest

from govbiz_assets.simulate import DirtRates, SimulationParams, simulate_province
from govbiz_assets_tests.simulate.delivered import Landing

LONG = SimulationParams(customers=260, months=14, seed=7, event_rate=0.02, decoy_rate=0.02, chunk_accounts=200)
NO_DIRT = DirtRates(*[0.0] * 10)


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Landing:
    folder = tmp_path_factory.mktemp("long")
    simulate_province(LONG, folder)
    return Landing(folder)


@pytest.fixture(scope="session")
def broad(tmp_path_factory: pytest.TempPathFactory) -> Landing:
    folder = tmp_path_factory.mktemp("broad")
    simulate_province(SimulationParams(customers=2500, months=1, seed=11, dirt=NO_DIRT), folder)
    return Landing(folder)
