"""What all parts of a profile's model share."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict

# Parts never change, and a key that they do not know is an error.
STRICT = ConfigDict(frozen=True, extra="forbid")


def _to_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_to_tuple)]


def normalize_header(header: str) -> str:
    """The form in which headers are compared."""
    text = unicodedata.normalize("NFKC", header.replace("\ufeff", "").replace("\u200b", ""))
    return "".join(text.split())
