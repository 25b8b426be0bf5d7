"""The superior that a customer number names is an organisation, whatever number of it is named."""

from __future__ import annotations

from datetime import date

import ibis
import polars as pl
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.channel import CUSTOMER
from govbiz_assets.contracts.cleaning import CleaningOptions
from govbiz_assets.contracts.tables_cleaned import CUSTOMER_MONTHLY
from govbiz_assets.transforms.identity.merged import merged_records, with_gaps_filled
from govbiz_assets.transforms.pseudonym import pseudonym
from govbiz_assets.transforms.records import kept_records, parse_records, repeated_records
from govbiz_assets.transforms.stack import stack
from govbiz_assets_tests.transforms.tables import raw

JAN = date(2024, 1, 1)
# Of each organisation the numbers, the eldest first, and the superior that each names.
ORGANISATIONS = {
    "1": {"1": None, "2": "1"},  # the second number names the first: no group
    "3": {"3": "4", "4": "9"},  # the first names the second, and the second who is really above
    "5": {"5": "2", "6": "7"},  # who is named by the eldest number counts, by its organisation
    "7": {"7": "7"},
    "9": {"9": " 404 "},  # nobody's number
    "10": {"10": "12"},  # a number that left the master is still known
}


def test_superiors_are_led_to_their_organisation_and_numbers_of_one_organisation_are_no_group(engine: Backend) -> None:
    told = {number: above for numbers in ORGANISATIONS.values() for number, above in numbers.items()}
    given = raw(CUSTOMER, [{"customer_no": no, "parent_customer_no": above} for no, above in told.items()], JAN)
    known = [(no, eldest, len(numbers)) for eldest, numbers in ORGANISATIONS.items() for no in numbers]
    known.append(("12", "1", 3))
    members = ibis.memtable(
        pl.DataFrame(
            [(JAN, no, eldest, count, date(2020, 1, int(no))) for no, eldest, count in known],
            schema=["month", "customer_no", "eldest", "member_count", "first_month"],
            orient="row",
        )
    ).mutate(customer_id=pseudonym("c", ibis._.eldest))
    parsed = parse_records(given, CUSTOMER, CleaningOptions())
    repeated = repeated_records(parsed, CUSTOMER, {})
    set_aside = stack([repeated, merged_records(parsed, repeated, CUSTOMER, members)])
    kept = kept_records(parsed, set_aside, CUSTOMER_MONTHLY, members)
    found = engine.to_polars(with_gaps_filled(kept, parsed, set_aside, CUSTOMER, members))
    numbers = ibis.memtable({"no": [*told, "404"]}).mutate(id=pseudonym("c", ibis._.no))
    name = dict(engine.to_polars(numbers).select("id", "no").rows())
    superiors = {name[who]: name.get(above) for who, above in found.select("customer_id", "parent_customer_id").rows()}
    assert superiors == {"1": None, "3": "9", "5": "1", "7": "7", "9": "404", "10": "1"}
