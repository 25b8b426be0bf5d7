"""From an error of a step to the one line that the person who must act reads."""

from __future__ import annotations

from typing import Any


def error_line(error: Any) -> str:
    """Returns the message of the innermost cause of a Dagster error, without class path and traceback.

    Args:
        error: `SerializableErrorInfo` of a step failure.
    """
    while error.cause is not None:
        error = error.cause
    message = " ".join(str(error.message).split())
    head, separator, rest = message.partition(": ")
    # "package.module.SomeError: text": the reader needs the text, and the kind of error only where there is none.
    is_class_path = bool(separator) and " " not in head and (head.endswith("Error") or "." in head)
    return rest if is_class_path and rest else message
