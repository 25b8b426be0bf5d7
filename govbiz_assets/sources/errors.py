"""The one error of this package: what went wrong, where, and what to do about it, on one line."""

from __future__ import annotations


class SourceError(Exception):
    """A profile or a delivered file that cannot be used.

    Args:
        what: What is wrong.
        where: File, key, row or column; empty where the text of `what` says it.
        remedy: What the reader of the message can do.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        text = f"{where}: {what}" if where else what
        if remedy:
            text = f"{text}; {remedy}"
        super().__init__(" ".join(text.split()))
