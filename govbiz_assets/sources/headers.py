"""Which delivered header carries which field.

A header and a spelling are the same when they are equal after removing byte order marks and blanks and folding
full-width letters (NFKC). There is no match by substring, so 谷 never takes 深谷.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.sources.model import normalize_header
from govbiz_assets.sources.profile_model import ChannelSource


@dataclass(frozen=True)
class HeaderMap:
    """How the headers of a file are used.

    Attributes:
        positions: Field or attribute -> position of its column, from 0.
        unmapped: Positions of the columns that nothing maps.
        melted: Positions of the columns that the profile unpivots.
        rule: Name of the rule that the headers break, empty where they can be used.
        reason: What is wrong and how to mend it.
        warning: What is missing although the file can be used.
    """

    positions: dict[str, int]
    unmapped: tuple[int, ...] = ()
    melted: tuple[int, ...] = ()
    rule: str = ""
    reason: str = ""
    warning: str = ""


def map_headers(channel: Channel, source: ChannelSource, headers: Sequence[str]) -> HeaderMap:
    """Maps delivered headers to the fields and attributes of a channel."""
    names = [normalize_header(header) for header in headers]
    twice = sorted({name for name in names if name and names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        # The headers of a wide file are account numbers, those of a file without a header line are its first record:
        # a reason names only what is known as a header.
        places = [str(i + 1) for i, name in enumerate(names) if name == twice[0]]
        shown = f"header {twice[0]!r}" if twice[0] in _known(channel, source) else "a header"
        reason = f"{shown} stands twice (columns {', '.join(places[:5])}); rename or drop one of the columns"
        return _refuse("duplicate_header", reason)
    place = {name: position for position, name in enumerate(names) if name}
    melted: tuple[int, ...] = ()
    if source.unpivot is not None:
        keep = {normalize_header(name) for name in source.unpivot.keep}
        absent = sorted(keep - set(place))
        if absent:
            return _refuse(
                "missing_column", f"kept column {absent[0]!r} is missing; deliver it or correct unpivot.keep"
            )
        melted = tuple(position for position, name in enumerate(names) if name not in keep)
        place = {name: position for name, position in place.items() if name in keep}
    return _map_fields(channel, source, headers, place, melted)


def _map_fields(
    channel: Channel, source: ChannelSource, headers: Sequence[str], place: dict[str, int], melted: tuple[int, ...]
) -> HeaderMap:
    positions: dict[str, int] = {}
    absent: list[str] = []
    given = set(source.constants)
    if source.unpivot is not None:
        given |= {source.unpivot.name_to, source.unpivot.value_to}
    for field in channel.fields:
        if field.name in given:
            continue
        is_mapped = field.name in source.columns
        spellings = source.columns.get(field.name, field.headers)
        found = _find(spellings, place, is_ranked=is_mapped)
        if len(found) > 1:
            listed = " and ".join(repr(headers[position]) for position in found)
            remedy = f"say which under columns.{field.name} of the profile"
            return _refuse("ambiguous_header", f"{listed} both fit {field.name}; {remedy}")
        if found:
            positions[field.name] = found[0]
        elif field.is_required:
            expected = " or ".join(repr(spelling) for spelling in spellings) or "no spelling is known"
            remedy = f"deliver the column or map it under columns.{field.name} of the profile"
            return _refuse("missing_column", f"no header for required field {field.name} ({expected}); {remedy}")
        elif is_mapped:
            absent.append(spellings[0])
    for name, attribute in source.attributes.items():
        found = _find((attribute.column,), place, is_ranked=True)
        if found:
            positions[name] = found[0]
        else:
            absent.append(attribute.column)
    clash = _clash(positions)
    if clash:
        first, second = clash
        remedy = f"give each its own header under columns of the profile ({first}, {second})"
        return _refuse("ambiguous_header", f"header {headers[positions[first]]!r} fits two fields; {remedy}")
    used = set(positions.values()) | set(melted)
    unmapped = tuple(position for position in range(len(headers)) if position not in used)
    warning = f"column {', '.join(repr(name) for name in absent)} of the profile is not delivered" if absent else ""
    return HeaderMap(positions, unmapped, melted, warning=warning)


def _known(channel: Channel, source: ChannelSource) -> set[str]:
    """Normalized headers that the contract or the profile names."""
    named = [spelling for field in channel.fields for spelling in (*field.headers, *source.columns.get(field.name, ()))]
    named += [attribute.column for attribute in source.attributes.values()]
    named += source.unpivot.keep if source.unpivot is not None else ()
    return {normalize_header(name) for name in named}


def _find(spellings: Sequence[str], place: dict[str, int], *, is_ranked: bool) -> list[int]:
    """Positions that fit: the first present of a profile's own list, else the longest spelling of the contract."""
    present = list(dict.fromkeys(name for name in map(normalize_header, spellings) if name in place))
    if is_ranked or not present:
        return [place[name] for name in present[:1]]
    longest = max(len(name) for name in present)
    return [place[name] for name in present if len(name) == longest]


def _clash(positions: dict[str, int]) -> tuple[str, str] | None:
    """Two contract fields that took the same column; an attribute may repeat a field's column."""
    seen: dict[int, str] = {}
    for name, position in positions.items():
        if name.startswith("attr_"):
            continue
        if position in seen:
            return seen[position], name
        seen[position] = name
    return None


def _refuse(rule: str, reason: str) -> HeaderMap:
    return HeaderMap({}, rule=rule, reason=reason)
