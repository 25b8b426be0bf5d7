"""Which organisations belong together: groups with a head, one of them over two levels, and one change of group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from govbiz_assets.simulate.masters import customer_number
from govbiz_assets.simulate.params import SimulationParams, month_start, stream
from govbiz_assets.simulate.population import Customers

GROUP_COLUMNS = ("month", "customer_no", "parent_customer_no", "group_customer_no")
GROUP_SHARE = 0.1
"""Share of the initial customers that are in groups, where there are enough for more than the first two."""
SMALLEST, LARGEST = 2, 6
CHANGE_MONTH = 2
"""Months after the first one in which an organisation goes over to another group."""
_FAMILY = 3


@dataclass
class Groups:
    """Who names whom as superior; by position of the customer.

    Attributes:
        superior: Position of the superior organisation, -1 for none.
        changes_to: Customer that changes its group, and the head that it then names; empty where there are no groups.
    """

    superior: np.ndarray
    changes_to: tuple[int, int] | None

    def extended(self, count: int) -> Groups:
        """Returns the groups with customers that join, who name no superior."""
        return Groups(np.concatenate([self.superior, np.full(count, -1)]), self.changes_to)

    def group(self, at: int) -> int:
        """Returns the head of a customer's group."""
        while self.superior[at] >= 0:
            at = int(self.superior[at])
        return at


def found_groups(params: SimulationParams, customers: Customers) -> Groups:
    """Draws the groups among the initial customers; none where there are too few for the first two.

    Customers that are registered twice are left out, so that truth stays plain.
    """
    superior = np.full(len(customers), -1)
    rng = stream(params.seed, "groups")
    is_twin = customers.twin_of >= 0
    is_twin[customers.twin_of[is_twin]] = True
    pool = rng.permutation(np.flatnonzero(~is_twin)).tolist()
    if len(pool) < 2 * _FAMILY:
        return Groups(superior, None)
    head, middle, leaf, other, mover, sister = pool[: 2 * _FAMILY]
    superior[[middle, leaf, mover, sister]] = head, middle, other, other
    free = pool[2 * _FAMILY : max(int(GROUP_SHARE * len(customers)), 2 * _FAMILY)]
    while len(free) >= SMALLEST:
        size = int(rng.integers(SMALLEST, LARGEST + 1))
        members, free = free[:size], free[size:]
        superior[members[1:]] = members[0]
    return Groups(superior, (mover, head))


def change_groups(params: SimulationParams, groups: Groups, index: int) -> list[int]:
    """Lets an organisation change its group in its month; changes `groups` in place.

    Returns:
        Customers whose superior is new: in the first month everybody who names one.
    """
    if index == params.first:
        return [int(at) for at in np.flatnonzero(groups.superior >= 0)]
    if index != params.first + CHANGE_MONTH or groups.changes_to is None:
        return []
    mover, head = groups.changes_to
    groups.superior[mover] = head
    return [mover]


def group_truth(groups: Groups, changed: list[int], index: int) -> list[tuple[str, ...]]:
    """Returns who names whom from this month on, and the head of the group that this makes."""
    month = month_start(index).isoformat()
    return [
        (
            month,
            customer_number(at),
            customer_number(int(groups.superior[at])),
            customer_number(groups.group(at)),
        )
        for at in changed
    ]
