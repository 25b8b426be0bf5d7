"""The quality rules D1 to D28: what each looks for, what is done about it, and what a person should do.

A rule has one or more defects; a defect is what is counted in `quality.rule_count_monthly` and, where it is flagged,
stands in `quality.flag_monthly`. Here each is declared once; how it is found stands in `transforms/quality`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from govbiz_assets.contracts.channel import CHANNELS

Action = Literal["fix", "flag", "quarantine"]
ACTIONS: tuple[Action, ...] = ("fix", "flag", "quarantine")
EVERY = tuple(channel.name for channel in CHANNELS)
"""A defect of every channel."""


@dataclass(frozen=True)
class Defect:
    """One kind of defect that a rule finds.

    Attributes:
        name: Its name in the tables.
        action: `fix`: put right on the way, the raw record keeps what came; `flag`: kept as it came and pointed out;
            `quarantine`: kept out of the cleaned tables.
        channels: Channels in which it is looked for.
        meaning: What is wrong, for a person.
        remedy: What that person should do.
    """

    name: str
    action: Action
    channels: tuple[str, ...]
    meaning: str
    remedy: str

    @property
    def reason(self) -> str:
        """What is wrong and what to do, on one line."""
        return f"{self.meaning}; {self.remedy}"


@dataclass(frozen=True)
class QualityRule:
    """A quality rule and its defects.

    Attributes:
        rule_id: D1 to D28.
        title: What it is about.
        defects: What it finds.
    """

    rule_id: str
    title: str
    defects: tuple[Defect, ...]


def _fix(name: str, channels: tuple[str, ...] | str, meaning: str, remedy: str) -> Defect:
    return Defect(name, "fix", _names(channels), meaning, remedy)


def _flag(name: str, channels: tuple[str, ...] | str, meaning: str, remedy: str) -> Defect:
    return Defect(name, "flag", _names(channels), meaning, remedy)


def _quarantine(name: str, channels: tuple[str, ...] | str, meaning: str, remedy: str) -> Defect:
    return Defect(name, "quarantine", _names(channels), meaning, remedy)


def _names(channels: tuple[str, ...] | str) -> tuple[str, ...]:
    return tuple(channels.split()) if isinstance(channels, str) else channels


_AGAIN = "have the file delivered again"
_AT_SOURCE = "mend the record at its source and deliver it again"
_BILLING = "have billing look at the bill"
_ON_SITE = "have the meter looked at on site"

QUALITY_RULES: tuple[QualityRule, ...] = (
    QualityRule(
        "D1",
        "Bytes and encodings of files",
        (
            _fix("decoded_file", EVERY, "the text file is not UTF-8 and was decoded", "nothing; UTF-8 would be safer"),
            _quarantine("undecodable_file", EVERY, "the bytes are no text in a known encoding", _AGAIN),
        ),
    ),
    QualityRule(
        "D2",
        "Styles of dates",
        (
            _fix("date_style", EVERY, "the date is not written as 2024-01-31 and was read by its style", "nothing"),
            _quarantine("unreadable_date", EVERY, "the date cannot be read or has two readings", _AT_SOURCE),
        ),
    ),
    QualityRule(
        "D3",
        "Styles of numbers, blanks",
        (
            _fix("number_style", EVERY, "the number carries signs, units or wide digits and was read", "nothing"),
            _quarantine("unreadable_number", EVERY, "the number cannot be read", _AT_SOURCE),
            _quarantine("blank_required", EVERY, "a required value is blank, which is unknown and never 0", _AT_SOURCE),
        ),
    ),
    QualityRule(
        "D4",
        "Headers",
        (
            _flag("unmapped_header", EVERY, "columns that no field takes", "map them in the profile, or leave them"),
            _quarantine("unusable_header", EVERY, "headers are missing, ambiguous or stand twice", "map the headers"),
        ),
    ),
    QualityRule(
        "D5",
        "Broken records and files",
        (
            _quarantine(
                "broken_record", EVERY, "the record has a wrong number of cells or cannot be split", _AT_SOURCE
            ),
            _quarantine("broken_file", EVERY, "the file is cut off, of another kind or unreadable", _AGAIN),
        ),
    ),
    QualityRule(
        "D6",
        "Records delivered more than once",
        (
            _fix("duplicate_record", EVERY, "the same record again; one is kept", "have the export mended"),
            _fix("superseded_record", EVERY, "a later record has the same key; the later one is kept", "nothing"),
            _quarantine("duplicate_file", EVERY, "the same file again under another name", "remove one of the two"),
        ),
    ),
    QualityRule(
        "D7",
        "References that lead nowhere",
        (
            _flag(
                "unknown_account",
                "usage bill payment ticket",
                "the account is not in the archive of the month",
                "ask for the account's archive record",
            ),
            _flag(
                "unknown_customer",
                "account subscription",
                "the customer is not in the master of the month",
                "ask for the customer's record",
            ),
            _flag("unknown_bill", "payment", "the payment names a bill that was not delivered", "ask for the bill"),
        ),
    ),
    QualityRule(
        "D8",
        "Test records",
        (
            _flag("test_ticket", "ticket", "the ticket is a test by its text", "leave it out of counts of service"),
            _flag("test_customer", "customer", "the customer is a test by its name", "remove it from the master"),
        ),
    ),
    QualityRule(
        "D9",
        "Order of dates, gaps and overlaps",
        (
            _flag("due_before_issue", "bill", "the bill is due before it was issued", _BILLING),
            _flag("off_cycle", "bill", "the months of use and of issue lie apart or swapped", _BILLING),
            _flag(
                "charge_gap", "bill", "no bill for the month of use before, though earlier ones were billed", _BILLING
            ),
            _flag("charge_overlap", "bill", "the month of use was billed before by another amount", _BILLING),
            _flag("closed_before_opened", "account", "the account was closed before it was opened", _AT_SOURCE),
            _flag("ended_before_started", "subscription", "the subscription ended before it started", _AT_SOURCE),
        ),
    ),
    QualityRule(
        "D10",
        "Estimated readings",
        (
            _fix("single_estimate", "meter_read", "one estimate, merged into this actual reading by days", "nothing"),
            _flag("repeated_estimate", "meter_read", "two estimates in a row: energy of the span unknown", _ON_SITE),
        ),
    ),
    QualityRule(
        "D11",
        "Readings that run backwards",
        (
            _fix("roll_over", "meter_read", "the register rolled over and was carried on", "nothing"),
            _fix("meter_changed", "meter_read", "the meter was changed; both meters are added", "nothing"),
            _flag("backward_reading", "meter_read", "the reading lies below the last one, without a reason", _ON_SITE),
            _flag("stated_kwh", "meter_read", "the stated energy is not reading times multiplier", _BILLING),
        ),
    ),
    QualityRule(
        "D12",
        "Multiplier changed",
        (
            _fix("multiplier_split", "meter_read", "the multiplier changed and the reading was split there", "nothing"),
            _flag(
                "multiplier_unsplit",
                "meter_read",
                "the multiplier changed without a reading on that day",
                "read the meter on the day of the change, or split the energy by hand",
            ),
        ),
    ),
    QualityRule(
        "D13",
        "Bands against total",
        (
            _flag(
                "bands_differ",
                "usage",
                "the bands do not add up to the total; `expected` is the flat band that would",
                "have the registers checked",
            ),
        ),
    ),
    QualityRule(
        "D14",
        "Negative energy",
        (
            _quarantine("energy_out_of_range", "usage", "daily energy is negative or beyond any customer", _AT_SOURCE),
            _flag("negative_normal", "bill", "an ordinary bill charges negative energy", _BILLING),
            _flag("positive_reversal", "bill", "a reversal or refund adds energy or money", _BILLING),
        ),
    ),
    QualityRule(
        "D15",
        "Corrections of bills",
        (
            _fix("correction_paired", "bill", "a correction, netted to the month of use of its bill", "nothing"),
            _flag("correction_unpaired", "bill", "a negative correction of no bill that is known", _BILLING),
        ),
    ),
    QualityRule(
        "D16",
        "Bills issued twice",
        (
            _flag(
                "bill_repeated", "bill", "the same account, month of use, kind and amount were billed before", _BILLING
            ),
            _fix("bill_number_repeated", "bill", "one bill number with two contents; the later one is kept", _BILLING),
        ),
    ),
    QualityRule(
        "D17",
        "Arithmetic of bills",
        (
            _flag("parts_differ", "bill", "the parts do not add up to the total", _BILLING),
            _flag(
                "price_outside_tariff", "bill", "the energy charge per kWh lies outside the tariff's bands", _BILLING
            ),
            _flag("basic_fee_differs", "bill", "the basic charge is not capacity times its price", _BILLING),
            _flag("power_factor_adjustment", "bill", "no power factor leads to this adjustment", _BILLING),
        ),
    ),
    QualityRule(
        "D18",
        "0 or 1 as placeholder",
        (
            _flag(
                "placeholder_days",
                "usage",
                "days of exactly 0 or 1 kWh within a live series; features treat up to 1 kWh as silent",
                "ask whether these days were read",
            ),
        ),
    ),
    QualityRule(
        "D19",
        "Twin series",
        (_flag("twin_series", "usage", "two accounts with the same energy on every day of the month", _ON_SITE),),
    ),
    QualityRule(
        "D20",
        "Nothing used for three cycles",
        (_flag("three_zero_cycles", "usage", "nothing used in three months running with capacity on", _ON_SITE),),
    ),
    QualityRule(
        "D21",
        "Jumps",
        (
            _flag(
                "year_jump",
                "usage",
                "energy far from the same month of last year (months without Spring Festival)",
                "review before the next bill",
            ),
            _flag("day_spike", "usage", "one day far above the other days of the month", "review before the next bill"),
        ),
    ),
    QualityRule(
        "D22",
        "Physical impossibilities",
        (
            _flag("energy_above_capacity", "usage", "more energy in a day than the capacity can carry", _ON_SITE),
            _flag("run_above_contract", "account", "more capacity runs than is contracted", _AT_SOURCE),
            _quarantine("impossible_value", EVERY, "the value lies outside what can be", _AT_SOURCE),
        ),
    ),
    QualityRule(
        "D23",
        "Accounts under new owners and numbers",
        (
            _flag("owner_changed", "account", "the account went to another customer", "record the transfer, no churn"),
            _flag(
                "account_renumbered",
                "account",
                "a new account in the place of one that the same customer just lost",
                "confirm the old number; no closing and no new customer",
            ),
        ),
    ),
    QualityRule(
        "D24",
        "Credit codes",
        (
            _fix("code_repaired", "customer", "letters that look like digits stood in the credit code", _AT_SOURCE),
            _flag("code_check_failed", "customer", "the check character of the credit code is wrong", _AT_SOURCE),
            _flag("code_old_kind", "customer", "an old licence or organisation code", "ask for the credit code"),
            _flag("code_shared", "customer", "one credit code under several customer numbers", "link or separate them"),
        ),
    ),
    QualityRule(
        "D25",
        "Code lists",
        (
            _flag("unknown_industry", "customer account", "no industry of the list has this code", "map the code"),
            _flag("unknown_division", "customer account", "no division of the list has this code", "map the code"),
            _flag("unknown_price", "account", "no tariff of the list has this code", "complete the tariffs"),
            _flag("unknown_product", "subscription", "no product of the list has this code", "complete the products"),
            _quarantine("unreadable_flag", EVERY, "neither yes nor no", _AT_SOURCE),
        ),
    ),
    QualityRule(
        "D26",
        "Late data",
        (
            _flag(
                "late_file",
                EVERY,
                "the file landed after the month was closed: known only from then",
                "restate what was reported",
            ),
            _quarantine("other_month", EVERY, "the record belongs to another month than its delivery", _AT_SOURCE),
        ),
    ),
    QualityRule(
        "D27",
        "Enough history",
        (
            _flag("short_baseline", "usage", "fewer than 329 of 365 days were read", "complete the readings"),
            _flag("weather_gaps", "weather", "temperatures are missing on a tenth of the days", "complete the weather"),
        ),
    ),
    QualityRule(
        "D28",
        "Payments against bills",
        (
            _flag("payment_returned", "payment", "money went back", "look whether the bill is open again"),
            _flag("paid_before_issue", "payment", "paid before the bill was issued, yet not as prepayment", _AT_SOURCE),
            _flag("overpaid", "payment", "more was paid for the bill than it asks", "credit or return the difference"),
        ),
    ),
)
DEFECTS: tuple[Defect, ...] = tuple(defect for rule in QUALITY_RULES for defect in rule.defects)
DEFECT_BY_NAME: dict[str, Defect] = {defect.name: defect for defect in DEFECTS}
RULE_BY_DEFECT: dict[str, str] = {defect.name: rule.rule_id for rule in QUALITY_RULES for defect in rule.defects}
