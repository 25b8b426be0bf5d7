"""The linkage of organisations: which columns of `transforms.organisation` play which part.

Shares of agreement and coincidence are those learnt on the simulated records, rounded; they count only where a delivery
is too small to learn from.
"""

from __future__ import annotations

from govbiz_assets.linkage.params import Block, Comparison, LinkageParams, Rule

ORGANISATIONS = LinkageParams(
    comparisons=(
        Comparison(
            name="name", columns=("name_core",), kind="text", bounds=(0.5, 0.3), is_frequency_adjusted=True,
            agreement=(0.9, 0.05, 0.02, 0.01, 0.01, 0.01), coincidence=(0.0001, 0.0001, 0.0001, 0.001, 0.01, 0.9887),
        ),
        Comparison(
            name="form", columns=("legal_form",), kind="exact", agreement=(0.99, 0.01), coincidence=(0.8, 0.2),
        ),
        Comparison(
            name="place", columns=("place_code",), kind="prefix", bounds=(4,),
            agreement=(0.98, 0.01, 0.01), coincidence=(0.03, 0.03, 0.94),
        ),
        Comparison(
            name="code", columns=("organisation_code", "licence_no", "unified_text"), kind="edits", bounds=(1, 2),
            agreement=(0.95, 0.02, 0.01, 0.02), coincidence=(0.00001, 0.00001, 0.0001, 0.99988),
        ),
        Comparison(
            name="phone", columns=("phone_norm",), kind="edits", bounds=(1,), is_frequency_adjusted=True,
            agreement=(0.8, 0.02, 0.18), coincidence=(0.00001, 0.00001, 0.99998),
        ),
        Comparison(
            name="address", columns=("address_norm", "address_street"), kind="text", bounds=(0.5, 0.25),
            agreement=(0.85, 0.01, 0.01, 0.02, 0.01, 0.1), coincidence=(0.0001, 0.001, 0.001, 0.002, 0.07, 0.9259),
        ),
    ),
    rules=(
        Rule(
            name="equal code", equal=("checked_code",), overrules=True,
            support=("phone_norm", "address_street"), alike=("name_core",),
        ),
        Rule(name="equal name and phone", equal=("name_norm", "phone_norm")),
        Rule(name="equal name and address", equal=("name_norm", "address_norm")),
        # A register holds a name once; where many records of a town share one, it is a kind (村民委员会), not a name.
        Rule(name="equal name and place", equal=("name_core", "place_code"), max_records=6),
    ),
    blocks=(
        # Learnt from: equal codes teach how names, phones and addresses of one organisation vary, equal names teach how
        # codes do. Equal phones would teach how sister companies look.
        Block(columns=("checked_code", "organisation_code"), is_training=True),
        Block(columns=("name_norm", "name_core", "place_code"), is_training=True),
        Block(columns=("phone_norm",)),
        Block(columns=("name_core",)),
        Block(columns=("address_street", "city_code")),
        Block(columns=("organisation_code",)),
        Block(columns=("licence_no",)),
        Block(columns=("name_head", "city_code")),
    ),
    apart=("branch",),
    exclusive=("checked_code",),
    doubtful=("form_class",),
    required={"name": 2},
)  # fmt: skip
"""Organisations of the customer masters: no link without like names, unless the code says so."""
