"""Rules over customers, accounts, subscriptions and tickets: codes, dates, owners, references, test records."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms import parse
from govbiz_assets.transforms.features.panel import month_index
from govbiz_assets.transforms.lookup import looked_up
from govbiz_assets.transforms.pseudonym import pseudonym
from govbiz_assets.transforms.quality.judged import Finding, Judged

_PLACE = ["month", "source_file", "row_no"]
_TEST = r"测试(?:工单|用户|客户|户|数据)"


def judge_customers(
    records: ibis.Table, identities: ibis.Table, industries: ibis.Table, divisions: ibis.Table, first: date
) -> Judged:
    """Judges the customer master: credit codes (D24), code lists (D25), test records (D8).

    Args:
        records: `raw.customer` without the records that were not kept.
        identities: `identity.source_record` of the judged months.
        industries: `reference.industry`.
        divisions: `reference.division`.
        first: First judged month.
    """
    rows = records.filter(records.month >= ibis.literal(first))
    rows = rows.select(
        "month",
        "source_file",
        "row_no",
        "customer_name",
        customer_id=pseudonym("c", parse.code(rows.customer_no)),
        industry_code=parse.code(rows.industry_code),
        division_code=parse.code(rows.division_code),
    )
    is_right = identities.credit_code_grade.isin(("valid", "repaired"))
    codes = identities.select(
        *_PLACE, "credit_code_grade", credit_code=is_right.ifelse(identities.unified_text, ibis.null("string"))
    )
    rows = looked_up(rows, (codes, _PLACE))
    coded = rows.filter(rows.credit_code.notnull())
    shared = coded.group_by(["month", "credit_code"]).having(coded.customer_id.nunique() > 1)
    shared = shared.aggregate(first_id=coded.customer_id.min(), last_id=coded.customer_id.max())
    rows = looked_up(rows, (shared, ["month", "credit_code"]), *_code_lists(industries, divisions))
    grade = rows.credit_code_grade
    other = (rows.customer_id == rows.first_id).ifelse(rows.last_id, rows.first_id)
    findings = (
        Finding("code_repaired", grade == "repaired"),
        Finding("code_check_failed", grade.isin(("check_failed", "malformed"))),
        Finding("code_old_kind", grade.isin(("licence", "organisation"))),
        Finding("code_shared", rows.first_id.notnull(), other_id=other),
        Finding("test_customer", rows.customer_name.re_search(_TEST)),
        *_code_findings(rows),
    )
    return Judged("customer", rows, findings, "customer_id", customer_id="customer_id")


def judge_accounts(
    accounts: ibis.Table,
    customers: ibis.Table,
    industries: ibis.Table,
    divisions: ibis.Table,
    tariffs: ibis.Table,
    first: date,
) -> Judged:
    """Judges the account archive: owner (D7, D23), dates (D9), capacity (D22), code lists (D25).

    Args:
        accounts: `cleaned.account_monthly` of the judged months and the month before the first.
        customers: `cleaned.customer_monthly` of the judged months.
        industries: `reference.industry`.
        divisions: `reference.division`.
        tariffs: `reference.tariff`.
        first: First judged month.
    """
    every = accounts.mutate(at=month_index(accounts.month))
    looked_at = every.filter(every.month >= ibis.literal(first))
    before = every.select("account_id", "contract_kva", owner_before=every.customer_id, at=every["at"] + 1)
    known = customers.select("month", "customer_id", is_owner_known=ibis.literal(True))
    priced = tariffs.select("price_code", is_price_known=ibis.literal(True))
    rows = looked_up(
        looked_at,
        (before.drop("contract_kva"), ["account_id", "at"]),
        (_replaced(looked_at, before), ["account_id", "at"]),
        (known, ["month", "customer_id"]),
        (priced, ["price_code"]),
        *_code_lists(industries, divisions),
    )
    findings = (
        Finding("unknown_customer", rows.is_owner_known.isnull()),
        Finding("closed_before_opened", rows.closed_date < rows.opened_date),
        Finding("run_above_contract", rows.run_kva > rows.contract_kva, rows.run_kva, rows.contract_kva),
        Finding("owner_changed", rows.owner_before != rows.customer_id, other_id=rows.owner_before),
        Finding("account_renumbered", rows.replaced_id.notnull(), other_id=rows.replaced_id),
        Finding("unknown_price", rows.price_code.notnull() & rows.is_price_known.isnull()),
        *_code_findings(rows),
    )
    return Judged(
        "account",
        rows,
        findings,
        "account_id",
        account_id="account_id",
        customer_id="customer_id",
    )


def judge_subscriptions(subscriptions: ibis.Table, customers: ibis.Table, products: ibis.Table, first: date) -> Judged:
    """Judges subscriptions: owner (D7), dates (D9), code list (D25); the subject is customer and product.

    Args:
        subscriptions: `cleaned.subscription_monthly` up to the last judged month.
        customers: `cleaned.customer_monthly` of the judged months.
        products: `reference.product`.
        first: First judged month.
    """
    looked_at = subscriptions.filter(subscriptions.month >= ibis.literal(first))
    known = customers.select("month", "customer_id", is_known=ibis.literal(True))
    listed = products.select("product_code", is_listed=ibis.literal(True))
    rows = looked_up(looked_at, (known, ["month", "customer_id"]), (listed, ["product_code"]))
    rows = rows.mutate(subject_id=rows.customer_id + " " + rows.product_code)
    findings = (
        Finding("unknown_customer", rows.is_known.isnull()),
        Finding("ended_before_started", rows.ended_date < rows.started_date),
        Finding("unknown_product", rows.is_listed.isnull()),
    )
    return Judged("subscription", rows, findings, "subject_id", customer_id="customer_id")


def judge_tickets(tickets: ibis.Table, texts: ibis.Table, accounts: ibis.Table, first: date) -> Judged:
    """Judges tickets: account (D7), test records (D8).

    Args:
        tickets: `cleaned.ticket` up to the last judged month.
        texts: `raw.ticket` of the judged months.
        accounts: `cleaned.account_monthly` of the judged months.
        first: First judged month.
    """
    looked_at = tickets.filter(tickets.month >= ibis.literal(first))
    known = accounts.select("month", "account_id", is_known=ibis.literal(True))
    tests = texts.filter(texts.ticket_text.re_search(_TEST))
    tests = tests.select("source_file", "row_no", is_test=ibis.literal(True))
    rows = looked_up(looked_at, (known, ["month", "account_id"]), (tests, ["source_file", "row_no"]))
    findings = (
        Finding("unknown_account", rows.account_id.notnull() & rows.is_known.isnull()),
        Finding("test_ticket", rows.is_test.fill_null(False)),
    )
    return Judged("ticket", rows, findings, "ticket_id", "handled_at", account_id="account_id")


def _replaced(now: ibis.Table, before: ibis.Table) -> ibis.Table:
    """Finds, for accounts that are new, one that the same customer lost in the same month, of the same capacity."""
    new = now.anti_join(before, ["account_id", "at"]).select("account_id", "customer_id", "at", "contract_kva")
    lost = before.anti_join(now, ["account_id", "at"])
    lost = lost.select("at", "contract_kva", lost_id=lost.account_id, customer_id=lost.owner_before)
    pairs = new.join(lost, ["customer_id", "at", "contract_kva"])
    return pairs.group_by(["account_id", "at"]).aggregate(replaced_id=pairs.lost_id.min())


def _code_lists(industries: ibis.Table, divisions: ibis.Table) -> tuple[tuple[ibis.Table, list[str]], ...]:
    """Returns the codes of the lists, each with its key."""
    industry = industries.select("industry_code", is_industry_known=ibis.literal(True))
    division = divisions.select("division_code", is_division_known=ibis.literal(True))
    return (industry, ["industry_code"]), (division, ["division_code"])


def _code_findings(rows: ibis.Table) -> tuple[Finding, ...]:
    def unknown(code: str, flag: str) -> ir.BooleanValue:
        return rows[code].notnull() & rows[flag].isnull()

    return (
        Finding("unknown_industry", unknown("industry_code", "is_industry_known")),
        Finding("unknown_division", unknown("division_code", "is_division_known")),
    )
