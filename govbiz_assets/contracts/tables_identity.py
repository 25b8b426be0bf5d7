"""Identity: what records say of who they are, which belong together, and which organisation each number is of."""

from __future__ import annotations

from govbiz_assets.contracts.table import Rule, TableContract, table

CONTENT = (
    *("name_norm", "name_core", "legal_form", "form_class", "branch", "name_head", "place_code", "city_code"),
    *("organisation_code", "checked_code", "licence_no", "unified_text"),
    *("phone_norm", "address_norm", "address_street"),
)
"""Columns by which records are compared; a record that differs in one of them is a new version of its number."""
_NEVER_NULL = ("form_class", "branch")

SOURCE_RECORD = table(
    "identity.source_record",
    "What the customer master of the month says of who each customer number is, in comparable form.",
    grain="month and customer number",
    columns="month customer_no customer_name? contact_phone? address? code_text? credit_code_grade? "
    + " ".join(name if name in _NEVER_NULL else f"{name}?" for name in CONTENT)
    + " record_digest source_file row_no",
    key="month customer_no",
    database="vault",
)
MODEL = table(
    "identity.model_monthly",
    "The model that weighed the links of the month; learnt once and kept.",
    grain="month",
    columns="month fitted_month trained_on model_json",
    key="month",
)
LINK = table(
    "identity.link_monthly",
    "Customer numbers that are one organisation, pair by pair, with the evidence.",
    grain="month and pair of customer numbers",
    columns="month customer_no_l customer_no_r link_method match_probability match_weight evidence",
    key="month customer_no_l customer_no_r",
    rules=(Rule("match_probability", low=0, high=1),),
    database="vault",
)
REVIEW = table(
    "identity.review_monthly",
    "Pairs of customer numbers that a person should look at.",
    grain="month and pair of customer numbers",
    columns="month customer_no_l customer_no_r reason match_probability match_weight evidence",
    key="month customer_no_l customer_no_r",
    rules=(Rule("match_probability", low=0, high=1),),
    database="vault",
)
MEMBERSHIP = table(
    "identity.membership_monthly",
    "Which organisation each customer number is of, as known by the end of the month.",
    grain="month and customer number ever delivered",
    columns="month customer_no customer_id is_present first_month member_count link_method",
    key="month customer_no",
    rules=(Rule("member_count", low=1),),
    database="vault",
)
RESOLVED = (LINK, REVIEW, MEMBERSHIP)
IDENTITY_TABLES: tuple[TableContract, ...] = (SOURCE_RECORD, MODEL, *RESOLVED)
