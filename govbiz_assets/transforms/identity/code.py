"""Credit codes as evidence: how far a delivered code can be trusted, and what of it can still be compared.

A code that fails its check digit is not thrown away: it was most often typed wrong in one place, and the rest of it
speaks. The area part (characters 3 to 8) is never judged: codes issued before a merger of divisions keep the old area.
"""

from __future__ import annotations

import string
from functools import reduce
from operator import add
from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.identity.text import plain

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS = "0X987654321"  # by the sum's remainder of 11
_UNIFIED = rf"^[{ALPHABET}]{{18}}$"
_ORGANISATION = r"^[0-9A-Z]{8}[0-9X]$"
_LICENCE = r"^\d{15}$"
_PLACEHOLDER = r"^(?:0+|1+|9+|X+)$"
_MIN_LENGTH = 8
# These letters are not in the alphabet of GB 32100, so whoever typed one meant the digit that looks like it.
_LOOK_ALIKE_FROM, _LOOK_ALIKE_TO = "OIZS", "0125"

GRADES = ("valid", "repaired", "check_failed", "licence", "organisation", "malformed")
"""How a code may be read, from strong to weak evidence."""


def code_text(value: ir.StringValue) -> ir.StringValue:
    """Returns the code's letters and digits in capitals; null for words such as 无 and for placeholders."""
    text = plain(value).re_extract(r"^[0-9A-Z]+$", 0)
    is_code = (text.length() >= _MIN_LENGTH) & ~text.re_search(_PLACEHOLDER)
    return cast("ir.StringValue", is_code.ifelse(text, ibis.null("string")))


def has_right_check(code: ir.StringValue) -> ir.BooleanValue:
    """True where 18 characters of the alphabet end in the check character of GB 32100."""
    alphabet = ibis.literal(ALPHABET)
    terms = [alphabet.find(code.substr(place, 1)) * weight for place, weight in enumerate(WEIGHTS)]
    expected = (31 - reduce(add, terms) % 31) % 31
    return cast("ir.BooleanValue", code.re_search(_UNIFIED) & (alphabet.find(code.substr(17, 1)) == expected))


def has_right_organisation_check(code: ir.StringValue) -> ir.BooleanValue:
    """True where 9 characters end in the check character of GB 11714."""
    alphabet = ibis.literal(string.digits + string.ascii_uppercase)
    terms = [alphabet.find(code.substr(place, 1)) * weight for place, weight in enumerate(ORGANISATION_WEIGHTS)]
    expected = ibis.literal(_ORGANISATION_CHECKS).substr(reduce(add, terms) % 11, 1)
    return cast("ir.BooleanValue", code.re_search(_ORGANISATION) & (code.substr(8, 1) == expected))


def with_code_evidence(rows: ibis.Table, column: str) -> ibis.Table:
    """Adds what a delivered code is worth.

    Args:
        rows: Records.
        column: Column with the code as delivered.

    Returns:
        The records with `credit_code` (only where its check holds), `credit_code_grade` (see GRADES),
        `organisation_code` (9 characters, also out of an 18-character code), `checked_code` (the same, only where a
        check character vouches for it), `licence_no` (15 digits), `unified_text` (what was typed as an 18-character
        code, right or wrong, one character more or less) and `code_text` (whatever was typed).
    """
    rows = rows.mutate(code_text=code_text(rows[column]))
    text = rows.code_text
    is_long = text.length() == 18
    rows = rows.mutate(_repaired=is_long.ifelse(text.translate(_LOOK_ALIKE_FROM, _LOOK_ALIKE_TO), ibis.null("string")))
    rows = rows.mutate(_is_right=has_right_check(rows._repaired).fill_null(False))
    text, repaired = rows.code_text, rows._repaired
    grade = ibis.cases(
        (text.isnull(), ibis.null("string")),
        (rows._is_right & (repaired == text), "valid"),
        (rows._is_right, "repaired"),
        (repaired.re_search(_UNIFIED).fill_null(False), "check_failed"),
        (text.re_search(_LICENCE), "licence"),
        (text.re_search(_ORGANISATION), "organisation"),
        else_="malformed",
    )
    rows = rows.mutate(credit_code_grade=grade)
    nothing = ibis.null("string")
    has_unified = rows.credit_code_grade.isin(("valid", "repaired", "check_failed"))
    return rows.mutate(
        credit_code=rows._is_right.ifelse(repaired, nothing),
        organisation_code=ibis.cases(
            (has_unified, repaired.substr(8, 9)),
            (rows.credit_code_grade == "organisation", text),
            else_=nothing,
        ),
        checked_code=ibis.cases(
            (rows._is_right, repaired.substr(8, 9)),
            (has_right_organisation_check(text).fill_null(False), text),
            else_=nothing,
        ),
        unified_text=ibis.cases((has_unified, repaired), (text.length().between(17, 19), text), else_=nothing),
        licence_no=(rows.credit_code_grade == "licence").ifelse(text, nothing),
    ).drop("_repaired", "_is_right")
