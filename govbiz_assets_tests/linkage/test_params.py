"""Parameters that cannot work are refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from govbiz_assets.linkage.organisations import ORGANISATIONS
from govbiz_assets.linkage.params import Comparison, LinkageParams

EXACT: dict[str, Any] = {
    "name": "x",
    "columns": ("x",),
    "kind": "exact",
    "agreement": (0.9, 0.1),
    "coincidence": (0.1, 0.9),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"agreement": (1.0,)}, "need 2 values"),
        ({"kind": "edits", "bounds": (1,)}, "need 3 values"),
        ({"columns": ("x", "y"), "is_frequency_adjusted": True}, "frequencies belong to one column"),
        ({"columns": ()}, "at least 1"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_comparison_that_cannot_work_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Comparison(**(EXACT | change))


def test_thresholds_are_ordered() -> None:
    data = ORGANISATIONS.model_dump() | {"review_probability": 0.95}
    with pytest.raises(ValidationError, match="review_probability <= link_probability"):
        LinkageParams(**data)


def test_shares_of_a_comparison_add_up_to_one() -> None:
    for part in ORGANISATIONS.comparisons:
        assert sum(part.agreement) == pytest.approx(1, abs=1e-6), part.name
        assert sum(part.coincidence) == pytest.approx(1, abs=1e-3), part.name
