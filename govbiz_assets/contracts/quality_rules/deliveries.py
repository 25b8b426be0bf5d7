"""What is delivered: files, styles, records, references, lists of codes, lateness."""

from __future__ import annotations

from govbiz_assets.contracts.quality_rules.defect import AGAIN, AT_SOURCE, EVERY, QualityRule, fix, flag, quarantine

DELIVERY_RULES: tuple[QualityRule, ...] = (
    QualityRule(
        "D1",
        "Bytes and encodings of files",
        (
            fix("decoded_file", EVERY, "the text file is not UTF-8 and was decoded", "nothing; UTF-8 would be safer"),
            quarantine("undecodable_file", EVERY, "the bytes are no text in a known encoding", AGAIN),
        ),
    ),
    QualityRule(
        "D2",
        "Styles of dates",
        (
            fix(
                "date_style",
                EVERY,
                "the date is not written as 2024-01-31 and was read by its style, or as a spreadsheet's day number",
                "nothing",
            ),
            quarantine("unreadable_date", EVERY, "the date cannot be read or has two readings", AT_SOURCE),
        ),
    ),
    QualityRule(
        "D3",
        "Styles of numbers, blanks",
        (
            fix("number_style", EVERY, "the number carries signs, units or wide digits and was read", "nothing"),
            quarantine("unreadable_number", EVERY, "the number cannot be read", AT_SOURCE),
            quarantine("blank_required", EVERY, "a required value is blank, which is unknown and never 0", AT_SOURCE),
        ),
    ),
    QualityRule(
        "D4",
        "Headers",
        (
            flag("unmapped_header", EVERY, "columns that no field takes", "map them in the profile, or leave them"),
            quarantine("unusable_header", EVERY, "headers are missing, ambiguous or stand twice", "map the headers"),
        ),
    ),
    QualityRule(
        "D5",
        "Broken records and files",
        (
            quarantine("broken_record", EVERY, "the record has a wrong number of cells or cannot be split", AT_SOURCE),
            quarantine("broken_file", EVERY, "the file is cut off, of another kind or unreadable", AGAIN),
        ),
    ),
    QualityRule(
        "D6",
        "Records delivered more than once",
        (
            fix("duplicate_record", EVERY, "the same record again; one is kept", "have the export mended"),
            fix("superseded_record", EVERY, "a later record has the same key; the later one is kept", "nothing"),
            quarantine("duplicate_file", EVERY, "the same file again under another name", "remove one of the two"),
        ),
    ),
    QualityRule(
        "D7",
        "References that lead nowhere",
        (
            flag(
                "unknown_account",
                "usage bill payment ticket",
                "the account is not in the archive of the month",
                "ask for the account's archive record",
            ),
            flag(
                "unknown_customer",
                "account subscription",
                "the customer is not in the master of the month",
                "ask for the customer's record",
            ),
            flag("unknown_bill", "payment", "the payment names a bill that was not delivered", "ask for the bill"),
        ),
    ),
    QualityRule(
        "D8",
        "Test records",
        (
            flag("test_ticket", "ticket", "the ticket is a test by its text", "leave it out of counts of service"),
            flag("test_customer", "customer", "the customer is a test by its name", "remove it from the master"),
        ),
    ),
    QualityRule(
        "D25",
        "Code lists",
        (
            flag("unknown_industry", "customer account", "no industry of the list has this code", "map the code"),
            flag("unknown_division", "customer account", "no division of the list has this code", "map the code"),
            flag("unknown_price", "account", "no tariff of the list has this code", "complete the tariffs"),
            flag("unknown_product", "subscription", "no product of the list has this code", "complete the products"),
            quarantine("unreadable_flag", EVERY, "neither yes nor no", AT_SOURCE),
        ),
    ),
    QualityRule(
        "D26",
        "Late data",
        (
            flag(
                "late_file",
                EVERY,
                "the file landed after the month was closed: known only from then",
                "restate what was reported",
            ),
            quarantine("other_month", EVERY, "the record belongs to another month than its delivery", AT_SOURCE),
        ),
    ),
)
