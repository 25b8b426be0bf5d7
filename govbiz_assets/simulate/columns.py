"""Growing tables of numpy arrays: the state of the simulation, one array per attribute."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def appended(first: T, second: T) -> T:
    """Returns a table with the rows of both; every field of the dataclass is an array of one length."""
    names = [field.name for field in fields(first)]
    return replace(first, **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in names})
