"""Text with one spelling per meaning: width, case, brackets, blanks and punctuation."""

from __future__ import annotations

import string
from typing import cast

import ibis.expr.types as ir

_ASCII = string.digits + string.ascii_uppercase
_WIDE = "".join(chr(ord(sign) + 0xFEE0) for sign in string.digits + string.ascii_uppercase + string.ascii_lowercase)
_OPEN, _CLOSE = "（【［[〔｛{《〈<「『﹙＜", "）】］]〕｝}》〉>」』﹚＞"
_FROM = string.ascii_lowercase + _WIDE + _OPEN + _CLOSE
_TO = string.ascii_uppercase + _ASCII + string.ascii_uppercase + "(" * len(_OPEN) + ")" * len(_CLOSE)
_NEITHER_SIGN_NOR_BRACKET = r"[^\p{L}\p{N}()]+"


def folded(value: ir.StringValue) -> ir.StringValue:
    """Returns the text half-width, in capitals, with one kind of brackets; nothing else changes."""
    return value.translate(_FROM, _TO)


def bracketed(value: ir.StringValue) -> ir.StringValue:
    """Returns the folded text without blanks and punctuation; brackets stay, because they structure a name."""
    return folded(value).re_replace(_NEITHER_SIGN_NOR_BRACKET, "")


def plain(value: ir.StringValue) -> ir.StringValue:
    """Returns letters and digits of the folded text only; null where there are none."""
    return cast("ir.StringValue", bracketed(value).re_replace(r"[()]", "").nullif(""))
