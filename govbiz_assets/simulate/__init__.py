"""The sample province: a seeded landing folder that looks like real exports, with the planted truth beside it."""

from govbiz_assets.simulate.params import DirtRates, SimulationParams, SimulationSummary
from govbiz_assets.simulate.province import simulate_province

__all__ = ["DirtRates", "SimulationParams", "SimulationSummary", "simulate_province"]
