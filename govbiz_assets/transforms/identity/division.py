"""Names of administrative divisions as they stand at the front of company names and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir
import polars as pl

_SUFFIX = re.compile(r"(?:特别行政区|自治区|自治州|自治县|地区|省|市|县|区|盟|旗)$")
_MIN_SHORT_LENGTH = 2
_NEVER = r"[^\s\S]"


@dataclass(frozen=True)
class Divisions:
    """The divisions that names and addresses are searched for.

    Attributes:
        codes: Six-digit code by name, with and without its suffix (无锡市, 无锡); null where two share the name.
        names: Code and full name of each.
    """

    codes: Mapping[str, str | None]
    names: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str]]) -> Divisions:
        """Builds the list from pairs of code and full name.

        Args:
            rows: Code and name, as in the reference table of divisions.
        """
        names = tuple(sorted(rows))
        found: dict[str, str | None] = {}
        for code, name in names:
            for spelling in _spellings(name):
                found[spelling] = code if found.get(spelling, code) == code else None
        return cls(found, names)

    @classmethod
    def of_list(cls, divisions: pl.DataFrame) -> Divisions:
        """Builds the list from `reference.division`; a name that a division had before leads to the one of today."""
        code = pl.coalesce("successor_code", "division_code")
        return cls.of(divisions.select(code, "division_name").iter_rows())

    @property
    def pattern(self) -> str:
        """One division, longest name first; a pattern that never matches where there are none."""
        return _any_of(self.codes)

    @property
    def lead(self) -> str:
        """Divisions as they stand in front: a province, a city, one of the city's own counties; each at most once.

        In 盐城市泰兴餐饮 the second word is a brand, though a city of that name exists: it lies elsewhere.
        """
        provinces = _any_of(word for code, name in self.names if code.endswith("0000") for word in _spellings(name))
        inner = []
        for code, name in self.names:
            if code.endswith("0000"):
                continue
            own = [word for c, n in self.names if c[:4] == code[:4] and c != code for word in _spellings(n)]
            child = f"(?:{_any_of(own)})?" if code.endswith("00") and own else ""
            inner += [(word, child) for word in _spellings(name)]
        inner.sort(key=lambda part: (-len(part[0]), part))
        places = "|".join(re.escape(word) + child for word, child in inner) or _NEVER
        return f"(?:{provinces}(?:{places})?|(?:{places}))"

    def code(self, name: ir.StringValue) -> ir.StringValue:
        """Returns the code of a division's name; null for provinces, which tell nobody apart in their own province."""
        known = {name: code for name, code in self.codes.items() if code and not code.endswith("0000")}
        if not known:
            return cast("ir.StringValue", ibis.null("string"))
        return cast("ir.StringValue", ibis.map(list(known), list(known.values())).get(name, ibis.null("string")))


def _spellings(name: str) -> list[str]:
    short = _SUFFIX.sub("", name)
    return [name, short] if short != name and len(short) >= _MIN_SHORT_LENGTH else [name]


def _any_of(words: Iterable[str]) -> str:
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(re.escape, ordered)) or _NEVER})"
