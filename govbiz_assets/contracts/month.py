"""Month arithmetic: a month is the date of its first day, written as `2024-03`."""

from __future__ import annotations

from datetime import date, datetime

MONTH_FORMAT = "%Y-%m"


def add_months(month: date, count: int) -> date:
    """Returns the first day of the month that lies `count` months later."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def month_range(first: date, last: date) -> list[date]:
    """Returns the first days of all months from `first` to `last`, both included."""
    length = (last.year - first.year) * 12 + last.month - first.month + 1
    return [add_months(first, index) for index in range(length)]


def months_between(start: date, end: date) -> list[date]:
    """Returns the months of the half-open window `[start, end)`."""
    return month_range(start, add_months(end, -1))


def parse_month(text: str) -> date:
    """Returns the first day of a month written as `2024-03`.

    Raises:
        ValueError: The text is no month.
    """
    try:
        return datetime.strptime(text, MONTH_FORMAT).date()
    except ValueError:
        raise ValueError(f"{text!r} is no month; write it as 2024-03") from None


def parse_months(text: str) -> list[date]:
    """Returns the months of a list such as `2024-01,2024-03..2024-06`, ascending and without repetition.

    Raises:
        ValueError: A part is no month, or a range runs backwards.
    """
    months: set[date] = set()
    for part in text.split(","):
        first, dots, last = (text.strip() for text in part.partition(".."))
        span = month_range(parse_month(first), parse_month(last if dots else first))
        if not span:
            raise ValueError(f"{part.strip()!r} runs backwards; write the earlier month first")
        months.update(span)
    return sorted(months)


def month_name(month: date) -> str:
    """Returns the month as `2024-03`; this is its partition key as well."""
    return f"{month:{MONTH_FORMAT}}"
