"""What happens to who the customers are: renames, transfers of accounts, merges, splits; planted, with the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from govbiz_assets.simulate import names
from govbiz_assets.simulate.churn import Plans
from govbiz_assets.simulate.masters import account_number, customer_number
from govbiz_assets.simulate.params import SimulationParams, month_start, stream, whole
from govbiz_assets.simulate.patterns import INDUSTRY_MIX
from govbiz_assets.simulate.population import Accounts, Customers
from govbiz_assets.simulate.reference import Reference

IDENTITY_COLUMNS = ("month", "kind", "customer_no", "other_customer_no", "account_no")
SHARES = {"rename": 0.4, "transfer": 0.3, "merge": 0.15, "split": 0.15}
_NEW_BRANDS = 30_000
"""From here on brands belong to customers that changed their name."""

Event = tuple[str, int, int, int]
"""Kind, customer, other customer, account; -1 for none."""


@dataclass
class Identities:
    """What differs from who the customers were when they joined; by position.

    Attributes:
        owner: Customer that the archive shows as owner of each account.
        is_gone: Customers that merged into another one and left the master.
        is_settled: Customers whose identity changed; they neither leave nor change again, so that truth stays plain.
    """

    owner: np.ndarray
    is_gone: np.ndarray
    is_settled: np.ndarray

    @classmethod
    def of(cls, customers: Customers, accounts: Accounts) -> Identities:
        """Returns the identities of customers to whom nothing has happened."""
        return cls(accounts.customer.copy(), np.zeros(len(customers), bool), np.zeros(len(customers), bool))

    def extended(self, customers: Customers, accounts: Accounts) -> Identities:
        """Returns the identities with those of customers that join."""
        new = Identities.of(customers, accounts)
        return Identities(
            np.concatenate([self.owner, new.owner]),
            np.concatenate([self.is_gone, new.is_gone]),
            np.concatenate([self.is_settled, new.is_settled]),
        )


def change_identities(
    params: SimulationParams, customers: Customers, accounts: Accounts, plans: Plans, state: Identities, index: int
) -> list[Event]:
    """Lets identities change in a month; changes `state` in place.

    Args:
        params: The simulation.
        customers: The customers.
        accounts: Their accounts.
        plans: The courses of the customers; only who just stays changes.
        state: What changed before.
        index: Number of the month.

    Returns:
        The events; none in the first month, which has nothing before it to differ from.
    """
    if index <= params.first:
        return []
    rng = stream(params.seed, "identity", index)
    is_twin = customers.twin_of >= 0
    is_twin[customers.twin_of[is_twin]] = True
    stays = (plans.cause == 0) & ~is_twin & ~state.is_settled
    # Counts come first: how many events of one kind there are moves no other kind.
    counts = {kind: whole(params.identity_rate * share * params.customers, rng) for kind, share in SHARES.items()}
    pool = rng.permutation(np.flatnonzero(stays & (customers.joined < index))).tolist()
    arrivals = rng.permutation(np.flatnonzero(stays & (customers.joined == index))).tolist()
    events: list[Event] = []
    for kind, count in counts.items():
        for _ in range(count):
            event = _event(kind, pool, arrivals, customers)
            if event:
                events.append(event)
    for kind, giver, taker, account in events:
        state.is_settled[[giver, taker] if taker >= 0 else [giver]] = True
        if kind == "merge":
            state.owner[accounts.customer == giver] = taker
            state.is_gone[giver] = True
        elif account >= 0:
            state.owner[account] = taker
    return events


def _event(kind: str, pool: list[int], arrivals: list[int], customers: Customers) -> Event | None:
    """Takes who is needed out of the pools; None where nobody fits."""
    least = {"transfer": 2, "split": 2}.get(kind, 1)
    giver = next((at for at in pool if customers.account_count[at] >= least), None)
    if giver is None:
        return None
    pool.remove(giver)
    if kind == "rename":
        return kind, giver, -1, -1
    takers = arrivals if kind == "split" else pool
    if not takers:
        return None
    last = int(customers.first_account[giver] + customers.account_count[giver] - 1)
    return kind, giver, takers.pop(), -1 if kind == "merge" else last


def renamed(texts: pl.DataFrame, events: list[Event], customers: Customers, reference: Reference) -> pl.DataFrame:
    """Returns the texts with the new names of the customers that changed theirs; their codes stay."""
    new = texts["name"].to_list()
    for kind, at, _, _ in events:
        if kind == "rename":
            place = reference.division_names[customers.division[at]]
            nouns = INDUSTRY_MIX[reference.industry_codes[customers.industry[at]]].nouns
            new[at] = names.organisation_name(place, _NEW_BRANDS + at, nouns)
    return texts.with_columns(name=pl.Series(new, dtype=pl.String))


def identity_truth(events: list[Event], index: int) -> list[tuple[str, ...]]:
    """Returns the events as rows of the truth file; a merge takes all accounts along."""
    month = month_start(index).isoformat()
    return [
        (
            month,
            kind,
            customer_number(giver),
            customer_number(taker) if taker >= 0 else "",
            account_number(account) if account >= 0 else "",
        )
        for kind, giver, taker, account in events
    ]
