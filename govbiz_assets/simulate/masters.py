"""The customer master and the account archive as the exports show them at the end of a month."""

from __future__ import annotations

import numpy as np
import polars as pl

from govbiz_assets.simulate import names
from govbiz_assets.simulate.churn import DECLINE, SUSPENSION, Plans
from govbiz_assets.simulate.params import SimulationParams, stream
from govbiz_assets.simulate.patterns import INDUSTRY_MIX
from govbiz_assets.simulate.population import (
    GRADES,
    LATE,
    PARTIAL,
    SCALES,
    Accounts,
    Customers,
    voltage,
)
from govbiz_assets.simulate.reference import Reference
from govbiz_assets.simulate.text import pick, spelled

MONTHS_SHOWN_AFTER_CLOSING = 2
CONTRACT_MONTHS = 36
REPEATED_CODE_SHARE = 0.5
"""Share of the second registrations that repeat the credit code; the others leave it empty."""


def customer_number(position: int) -> str:
    """Returns the customer number at a position."""
    return f"7{position + 1:09d}"


def account_number(position: int) -> str:
    """Returns the account number at a position; it begins with a zero, as many do."""
    return f"03{position + 1:08d}"


def customer_texts(
    params: SimulationParams, reference: Reference, index: int, customers: Customers, offset: int
) -> pl.DataFrame:
    """Invents what the customers that join in a month are called and where they sit.

    Args:
        params: The simulation.
        reference: The code lists.
        index: Number of the month, see `population.join`.
        customers: The customers that join.
        offset: Position of the first of them.

    Returns:
        One row per customer.
    """
    rng = stream(params.seed, "names", index)
    rows: list[tuple[str, ...]] = []
    for at in range(len(customers)):
        place = reference.division_names[customers.division[at]]
        nouns = INDUSTRY_MIX[reference.industry_codes[customers.industry[at]]].nouns
        twin = int(customers.twin_of[at])
        number = offset + at if twin < 0 else twin
        name = names.organisation_name(place, number, nouns)
        kind = ("12" if number % 3 else "11") if customers.is_public[at] else "91"
        code = names.credit_code(kind, reference.division_codes[customers.division[at]], number)
        if twin >= 0:
            name = names.respelled(name, rng)
            code = code if rng.random() < REPEATED_CODE_SHARE else ""
        spread = [0.1, 0.3, 0.4, 0.2] if customers.habit[at] in (LATE, PARTIAL) else [0.45, 0.4, 0.12, 0.03]
        rows.append(
            (
                customer_number(offset + at),
                name,
                code,
                str(GRADES[rng.choice(4, p=spread)]),
                names.person(rng),
                names.phone(rng),
                names.address(place, rng),
            )
        )
    columns = ("number", "name", "code", "grade", "contact", "phone", "address")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def customer_frame(
    customers: Customers, texts: pl.DataFrame, superior: np.ndarray, is_shown: np.ndarray, reference: Reference
) -> pl.DataFrame:
    """Lays the customer master out.

    Args:
        customers: The customers.
        texts: Their names and addresses.
        superior: Position of the superior organisation of each, -1 for none.
        is_shown: Customers that the month's file holds.
        reference: The code lists.

    Returns:
        One text row per customer.
    """
    text = texts.filter(pl.Series(is_shown))
    return pl.DataFrame(
        {
            "客户编号": text["number"],
            "客户名称": text["name"],
            "统一社会信用代码": text["code"],
            "区划代码": pick(reference.division_codes, customers.division[is_shown]),
            "行业代码": pick(reference.industry_codes, customers.industry[is_shown]),
            "企业规模": pick(SCALES, customers.scale[is_shown]),
            "是否政府机关": pick(("否", "是"), customers.is_public[is_shown]),
            "信用等级": text["grade"],
            "联系人": text["contact"],
            "联系电话": text["phone"],
            "地址": text["address"],
            "注册日期": spelled(customers.registered[is_shown], "%Y年%-m月%-d日"),
            "上级客户编号": pl.Series(
                [customer_number(at) if at >= 0 else "" for at in superior[is_shown].tolist()], dtype=pl.String
            ),
        }
    )


def account_frame(
    index: int,
    accounts: Accounts,
    contract_kva: np.ndarray,
    customers: Customers,
    plans: Plans,
    is_shown: np.ndarray,
    owners: np.ndarray,
    customer_numbers: pl.Series,
    account_numbers: pl.Series,
    reference: Reference,
) -> pl.DataFrame:
    """Lays the account archive out.

    Args:
        index: Number of the month.
        accounts: The accounts.
        contract_kva: Their contracted capacity today (kVA).
        customers: The customers.
        plans: The courses of the customers.
        is_shown: Customers whose accounts the month's file holds.
        owners: Customer that is shown as owner of each account.
        customer_numbers: Customer numbers of all customers.
        account_numbers: Account numbers of all accounts.
        reference: The code lists.

    Returns:
        One text row per account.
    """
    who = np.flatnonzero(is_shown[accounts.customer])
    owner, ratio = accounts.customer[who], plans.run_ratio(index)
    is_closed = plans.is_closure() & (plans.event <= index)
    is_suspended = (plans.cause == SUSPENSION) | ((plans.cause == DECLINE) & (plans.day % 2 == 0))
    status = np.select([is_closed, (ratio < 1) & is_suspended, ratio < 1], [3, 1, 2], 0)
    closed = np.where(is_closed, plans.closed_dates(), np.datetime64("NaT", "D"))
    return pl.DataFrame(
        {
            "户号": account_numbers.gather(who),
            "客户编号": customer_numbers.gather(owners[who]),
            "区划代码": pick(reference.division_codes, customers.division[owner]),
            "行业代码": pick(reference.industry_codes, customers.industry[owner]),
            "电压等级": pl.Series(
                [f"{kv:g}kV" for kv in voltage(accounts.contract_kva[who]).tolist()], dtype=pl.String
            ),
            "电价代码": pick(reference.price_codes, accounts.price[who]),
            "计费方式": pick(reference.price_systems, accounts.price[who]),
            "合同容量": pl.Series(contract_kva[who].astype(np.int64)).cast(pl.String),
            "运行容量": pl.Series(running_kva(contract_kva, accounts, ratio)[who].astype(np.int64)).cast(pl.String),
            "立户日期": spelled(accounts.opened[who], "%Y-%m-%d"),
            "销户日期": spelled(closed[owner], "%Y-%m-%d"),
            "用户状态": pick(("正常", "暂停", "减容", "已销户"), status[owner]),
            "合同到期日": spelled(_contract_end(accounts.opened[who], index), "%Y-%m-%d"),
            "市场化标志": pick(("否", "是"), accounts.is_market[who]),
        }
    )


def running_kva(contract_kva: np.ndarray, accounts: Accounts, ratio: np.ndarray) -> np.ndarray:
    """Returns the running capacity of all accounts, in whole kVA."""
    return np.asarray(np.floor(contract_kva * ratio[accounts.customer]))


def shown_customers(index: int, customers: Customers, plans: Plans) -> np.ndarray:
    """Returns which customers a month's archive holds: the closed ones stay two more months."""
    is_gone = plans.is_closure() & (index > plans.event + MONTHS_SHOWN_AFTER_CLOSING)
    return np.asarray((customers.joined <= index) & ~is_gone)


def _contract_end(opened: np.ndarray, index: int) -> np.ndarray:
    """Contracts run for three years from the opening and renew themselves."""
    month = opened.astype("datetime64[M]").astype(int) + 1970 * 12
    periods = (index - month) // CONTRACT_MONTHS + 1
    first_after = month + periods * CONTRACT_MONTHS
    ends: np.ndarray = (first_after - 1970 * 12 + 1).astype("datetime64[M]").astype("datetime64[D]") - 1
    return ends
