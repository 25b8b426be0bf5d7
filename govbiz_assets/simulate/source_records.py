"""Records of the same organisations in three source systems, each with its own habits of spelling, and the truth.

The share of duplicates and the kinds of dirt are planted; which record belongs to which organisation is returned apart
from what is delivered.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from govbiz_assets.simulate.dice import Dice
from govbiz_assets.simulate.reference import Reference, load_reference
from govbiz_assets.simulate.source_dirt import HABITS, spelled_address, spelled_code, spelled_name, spelled_phone
from govbiz_assets.simulate.source_entities import Entity, entities

SAME_SYSTEM_SHARE = 0.1
"""Share of the duplicates that stand in the system that knows the organisation already."""
_COLUMNS = ("record_id", "source", "customer_name", "credit_code", "phone", "address", "division_code", "entity")


@dataclass(frozen=True)
class SourceRecords:
    """What the systems deliver, and what is true.

    Attributes:
        records: One row per source record, all text.
        truth: `record_id` and the number of its organisation, `entity`.
    """

    records: pl.DataFrame
    truth: pl.DataFrame


def source_records(
    count: int, seed: int, duplicate_ratio: float = 0.12, reference: Reference | None = None
) -> SourceRecords:
    """Simulates the customer masters of three systems.

    Args:
        count: Source records (count).
        seed: Seed of every choice.
        duplicate_ratio: Share of the records whose organisation has another, earlier record (ratio).
        reference: The code lists; by default those of the project.
    """
    lists = reference or load_reference()
    dice = Dice(seed, "source_records")
    repeated = round(count * duplicate_ratio)
    known = entities(count - repeated, seed, lists)
    systems = list(HABITS)
    home = [dice.weighted({name: habit.share for name, habit in HABITS.items()}) for _ in known]
    rows = [_row(known, at, home[at], dice, lists) for at in range(len(known))]
    for _ in range(repeated):
        at = dice.below(len(known))
        others = [system for system in systems if system != home[at]]
        system = home[at] if dice.chance(SAME_SYSTEM_SHARE) else dice.pick(others)
        rows.append(_row(known, at, system, dice, lists))
    order = sorted(range(count), key=lambda _: dice.roll())
    numbered = [(f"r{place:07d}", *rows[at]) for place, at in enumerate(order)]
    table = pl.DataFrame(numbered, schema={**dict.fromkeys(_COLUMNS, pl.String), "entity": pl.Int64}, orient="row")
    return SourceRecords(table.drop("entity"), table.select("record_id", "entity"))


def _row(known: list[Entity], at: int, system: str, dice: Dice, lists: Reference) -> tuple[str | int | None, ...]:
    entity, neighbour, habit = known[at], known[at - 1], HABITS[system]
    place = lists.division_names[entity.place]
    division = lists.division_codes[entity.place]
    return (
        system,
        spelled_name(entity, place, habit, dice),
        spelled_code(entity, neighbour, habit, dice),
        spelled_phone(entity, habit, dice),
        spelled_address(entity, place, habit, dice),
        division if dice.chance(habit.division_ratio) else None,
        entity.number,
    )
