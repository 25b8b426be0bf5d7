"""The public code lists that the sample province is made of, read from `seeds/reference`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SEEDS = Path(__file__).parents[2] / "seeds"
BANDS = ("sharp", "peak", "flat", "valley", "deep")
COUNTY_SHARE = 0.35


@dataclass(frozen=True)
class Reference:
    """Code lists as parallel tuples and arrays, addressed by position.

    Attributes:
        division_codes: GB/T 2260 codes of cities and counties, without the province.
        division_names: Names of the divisions.
        division_parents: Position of the city that a division belongs to (its own for a city).
        division_weights: Share of the customers.
        industry_codes: GB/T 4754 divisions, 2 digits.
        industry_names: Names of the industries.
        price_codes: Tariff codes.
        price_systems: 单一制 or 两部制.
        band_cny_kwh: Energy price by tariff and band (CNY/kWh).
        basic_cny_kva: Basic price by tariff (CNY per kVA and month).
        product_codes: Product codes.
        product_names: Product names.
        product_fees: List price (CNY per month).
    """

    division_codes: tuple[str, ...]
    division_names: tuple[str, ...]
    division_parents: np.ndarray
    division_weights: np.ndarray
    industry_codes: tuple[str, ...]
    industry_names: tuple[str, ...]
    price_codes: tuple[str, ...]
    price_systems: tuple[str, ...]
    band_cny_kwh: np.ndarray
    basic_cny_kva: np.ndarray
    product_codes: tuple[str, ...]
    product_names: tuple[str, ...]
    product_fees: np.ndarray


def load_reference(seeds: Path = SEEDS) -> Reference:
    """Reads the code lists.

    Args:
        seeds: Folder that holds `reference/*.csv`.

    Returns:
        The code lists.
    """
    divisions = [row for row in _rows(seeds, "division") if row["division_level"] in ("市", "县")]
    divisions = [row for row in divisions if not row.get("valid_to")]
    industries = [row for row in _rows(seeds, "industry") if not row.get("valid_to")]
    tariffs = _rows(seeds, "tariff")
    products = _rows(seeds, "product")
    codes = [row["division_code"] for row in divisions]
    is_city = np.array([row["division_level"] == "市" for row in divisions])
    parents = [
        position if row["division_level"] == "市" else codes.index(row["parent_code"])
        for position, row in enumerate(divisions)
    ]
    return Reference(
        division_codes=tuple(codes),
        division_names=tuple(row["division_name"] for row in divisions),
        division_parents=np.array(parents),
        division_weights=np.where(is_city, (1 - COUNTY_SHARE) / is_city.sum(), COUNTY_SHARE / max((~is_city).sum(), 1)),
        industry_codes=tuple(row["industry_code"] for row in industries),
        industry_names=tuple(row["industry_name"] for row in industries),
        price_codes=tuple(row["price_code"] for row in tariffs),
        price_systems=tuple(row["tariff_system"] for row in tariffs),
        band_cny_kwh=np.array([[float(row[f"energy_{band}_cny_kwh"]) for band in BANDS] for row in tariffs]),
        basic_cny_kva=np.array([float(row["basic_cny_kva"]) for row in tariffs]),
        product_codes=tuple(row["product_code"] for row in products),
        product_names=tuple(row["product_name"] for row in products),
        product_fees=np.array([float(row["fee_cny"]) for row in products]),
    )


def _rows(seeds: Path, name: str) -> list[dict[str, str]]:
    with (seeds / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
