"""The linkage of persons (febrl4): the same code with other columns in other roles."""

from __future__ import annotations

from govbiz_assets.linkage.params import Block, Comparison, LinkageParams, Rule

PERSONS = LinkageParams(
    comparisons=(
        Comparison(
            name="given_name", columns=("given_name",), kind="spelling", bounds=(0.9, 0.8), is_frequency_adjusted=True,
            agreement=(0.75, 0.1, 0.05, 0.1), coincidence=(0.01, 0.01, 0.02, 0.96),
        ),
        Comparison(
            name="surname", columns=("surname",), kind="spelling", bounds=(0.9, 0.8), is_frequency_adjusted=True,
            agreement=(0.75, 0.1, 0.05, 0.1), coincidence=(0.01, 0.01, 0.02, 0.96),
        ),
        Comparison(
            name="birth", columns=("date_of_birth",), kind="edits", bounds=(1, 2),
            agreement=(0.85, 0.1, 0.02, 0.03), coincidence=(0.0001, 0.001, 0.01, 0.9889),
        ),
        Comparison(
            name="security_number", columns=("soc_sec_id",), kind="edits", bounds=(1, 2),
            agreement=(0.85, 0.1, 0.02, 0.03), coincidence=(0.0001, 0.0001, 0.001, 0.9988),
        ),
        Comparison(
            name="street", columns=("address_1",), kind="text", bounds=(0.5,),
            agreement=(0.7, 0.1, 0.05, 0.1, 0.05), coincidence=(0.001, 0.001, 0.001, 0.01, 0.987),
        ),
        Comparison(
            name="postcode", columns=("postcode",), kind="edits", bounds=(1,),
            agreement=(0.8, 0.15, 0.05), coincidence=(0.001, 0.02, 0.979),
        ),
    ),
    rules=(
        Rule(name="equal number and birth", equal=("soc_sec_id", "date_of_birth")),
        Rule(name="equal names and birth", equal=("given_name", "surname", "date_of_birth")),
    ),
    blocks=(
        Block(columns=("soc_sec_id",), is_training=True),
        Block(columns=("surname", "given_name"), is_training=True),
        Block(columns=("date_of_birth",)),
        Block(columns=("surname", "postcode")),
        Block(columns=("given_name", "postcode")),
        Block(columns=("given_name", "surname")),
        Block(columns=("address_1", "postcode")),
        Block(columns=("suburb", "street_number")),
    ),
    max_block_records=60,
)  # fmt: skip
