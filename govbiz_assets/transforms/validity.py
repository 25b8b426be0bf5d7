"""Codes that change: which code of a list holds in a month."""

from __future__ import annotations

import ibis

from govbiz_assets.transforms.features.panel import month_end


def with_code_in_force(rows: ibis.Table, codes: ibis.Table, column: str) -> ibis.Table:
    """Leads a code to the one that holds at the end of the row's month.

    Two changes in a row are followed, as from edition 2002 by way of 2011 to 2017 of GB/T 4754. A code that is not in
    the list, and one that was split, stays what it is.

    Args:
        rows: Rows with their `month` and the code.
        codes: The code list: the code under the same name, `valid_to` and `successor_code`.
        column: Name of the code.

    Returns:
        The rows, the code replaced by the one in force.
    """
    first = codes.select(_code=column, _ended=codes.valid_to, _next=codes.successor_code)
    second = codes.select(_next_code=column, _next_ended=codes.valid_to, _last="successor_code")
    steps = first.left_join(second, [("_next", "_next_code")]).drop("_next_code")
    found = rows.left_join(steps, [(column, "_code")])
    end = month_end(found.month)
    after = ibis.coalesce((found["_next_ended"] < end).ifelse(found["_last"], ibis.null("string")), found["_next"])
    code = ibis.coalesce((found["_ended"] < end).ifelse(after, ibis.null("string")), found[column])
    return found.mutate(**{column: code}).drop("_code", "_ended", "_next", "_next_ended", "_last")
