"""Columns of identity: what a record says of who it is, links between records, organisations and their events."""

from __future__ import annotations

from govbiz_assets.contracts.column import Column, count, date, flag, number, ratio, text

RECORD: tuple[Column, ...] = (
    text("name_norm", "Letters and digits of the name, half-width and in capitals.", "identifying"),
    text("name_core", "Name without division, legal form and branch.", "identifying"),
    text("name_head", "First three characters of the name's core.", "identifying"),
    text("legal_form", "Legal form in the name, null where none is written."),
    text("form_class", "factory where the name ends in 厂, else other."),
    text("branch", "Branch in the name, empty for the organisation itself.", "identifying"),
    text("place_code", "Most exact division known of the record.", "public"),
    text("city_code", "First four digits of the place.", "public"),
    text("credit_code_grade", "How far the delivered code can be trusted: valid, repaired, check_failed and weaker."),
    text("code_text", "Letters and digits of the delivered code.", "identifying"),
    text("unified_text", "What was typed as an 18-character code, right or wrong.", "identifying"),
    text("organisation_code", "9-character organisation code, also out of an 18-character one.", "identifying"),
    text("checked_code", "Organisation code that a check character vouches for.", "identifying"),
    text("licence_no", "15-digit licence number of the time before the credit code.", "identifying"),
    text("phone_norm", "First phone number as digits, without country and area code.", "identifying"),
    text("address_norm", "Address from the street on.", "identifying"),
    text("address_street", "Road and house number.", "identifying"),
    text("record_digest", "Digest of what the record says of who it is, its version.", "identifying"),
)

LINK: tuple[Column, ...] = (
    text("link_method", "What links: human, the name of a rule, or model; alone where nothing does."),
    ratio("match_probability", "Probability by the model that both are one organisation."),
    number("match_weight", "Weight of the evidence by the model, log2 of the odds ratio.", "bit"),
    text("evidence", "What speaks for it, in words without names."),
    date("fitted_month", "Month on whose records the model was learnt."),
    count("trained_on", "Certain links among the records that the model was learnt from; 0: not learnt.", "link"),
    text("model_json", "Parameters of the model, as JSON."),
)

ORGANISATION: tuple[Column, ...] = (
    flag("is_present", "The customer number stands in the master of the month."),
    date("first_month", "First month in which the customer number was delivered."),
    count("member_count", "Customer numbers of the organisation, as known by the month.", "number"),
    text("identity_event", "merge 并户, split 分户, rename 更名, transfer 过户, or renumber (a new customer number)."),
    text("other_customer_id", "Pseudonym of the other organisation: who took over, or what came off."),
)

IDENTITY_COLUMNS = (RECORD, LINK, ORGANISATION)
