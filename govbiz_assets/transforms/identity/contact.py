"""Phones and addresses in a form that can be compared."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.identity.division import Divisions
from govbiz_assets.transforms.identity.text import bracketed, folded

_EXTENSION = r"(?:转|EXT\.?|分机|#).*$"
# The first number of several; what stands behind it is another one's.
_FIRST = r"^[^0-9+(]*(\+?[0-9()\-\s.]+)"
_COUNTRY = r"^(?:0086|86)(\d{10,12})$"
_MOBILE = r"^1[3-9]\d{9}$|^1400\d{7}$"
_LANDLINE = r"^[2-8]\d{6,7}$"
# The area code is written or left out at pleasure, and the place of a record is known apart from it.
_AREA = r"^0(?:10|2\d|[3-9]\d\d)([2-8]\d{6,7})$"
_REPEATED = r"^(?:0+|1+|2+|3+|4+|5+|6+|7+|8+|9+|12345678?|87654321)$"
_UNITS_FROM, _UNITS_TO = "栋座楼", "幢幢幢"
_SIGN_WORDS = r"门牌|NO|号|#"
_STREET = r"^.*?[路街道巷弄里村]\d*[^\d之幢室]{0,2}?\d+"
_DIGITS_FROM, _DIGITS_TO = "〇一二三四五六七八九", "0123456789"


def phone(value: ir.StringValue) -> ir.StringValue:
    """Returns the first phone number of a field as digits, without country code, area code and extension.

    Null where the field holds no number that could ring: too short, one digit repeated, 12345678.
    """
    text = folded(value).re_replace(_EXTENSION, "").re_extract(_FIRST, 1)
    digits = text.re_replace(r"\D", "").re_replace(_COUNTRY, r"\1").re_replace(r"^0(1[3-9]\d{9})$", r"\1")
    digits = digits.re_replace(_AREA, r"\1")
    is_number = (digits.re_search(_MOBILE) | digits.re_search(_LANDLINE)) & ~digits.re_search(_REPEATED)
    return cast("ir.StringValue", is_number.ifelse(digits, ibis.null("string")))


def address(value: ir.StringValue, divisions: Divisions) -> ir.StringValue:
    """Returns an address from the street on: without divisions in front, punctuation and words for "number".

    Args:
        value: Address as delivered.
        divisions: Divisions that may stand in front.
    """
    numbered = folded(value).re_replace(r"([0-9])\s*[-－—–~]\s*([0-9])", r"\1之\2")
    text = bracketed(numbered).re_replace(r"[()]", "").re_replace(_SIGN_WORDS, "之")
    # Divisions first: 鼓楼区 and 三门县 hold characters that are translated below.
    text = text.re_replace(rf"^(?:之|中国)*{divisions.lead}?之*", "")
    text = text.translate(_UNITS_FROM, _UNITS_TO).translate(_DIGITS_FROM, _DIGITS_TO)
    return cast("ir.StringValue", text.re_replace("之+", "之").re_replace("之$", "").nullif(""))


def street(address: ir.StringValue) -> ir.StringValue:
    """Returns road and house number of a normalised address, without building and room; null where there is none."""
    return cast("ir.StringValue", address.re_extract(_STREET, 0).nullif(""))
