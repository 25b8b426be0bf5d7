"""Columns of the hierarchy: codes with their validity, nodes from group to metering point, and roll-ups."""

from __future__ import annotations

from govbiz_assets.contracts.column import Column, count, date, text

VALIDITY: tuple[Column, ...] = (
    date("valid_from", "First day on which it holds; null in a code list that does not go back so far."),
    date("valid_to", "Last day on which it holds, null while nothing ends it."),
    text("successor_code", "Code that took its place; null while in force, and where it went to several.", "public"),
    text("province_code", "Province that the division lies in.", "public"),
    text("prefecture_code", "City that the division lies in, null for a province.", "public"),
    text("county_code", "County or district, null for cities and provinces.", "public"),
    text("industry_edition", "Edition of GB/T 4754: 2002, 2011 or 2017.", "public"),
)

NODES: tuple[Column, ...] = (
    text("node_level", "group, organisation, account or metering_point."),
    text("node_id", "Pseudonym of the node; a group is named by the organisation at its top."),
    text("parent_level", "Level of the node above, null at the top."),
    text("parent_id", "Pseudonym of the node above, null at the top."),
    text("group_id", "Group that the node is in: pseudonym of the organisation at its top; null outside groups."),
    text(
        "hierarchy_status",
        "ok; own_parent: names itself as superior, counts as naming none; absent_parent: the superior is not in the "
        "month's customer master, and still holds together who names it; circular_parent: superiors that lead in a "
        "circle or on for more than six steps, counts as naming none; absent_customer: its organisation is not in "
        "the customer master; absent_account: the metering point's account is not in the archive.",
    ),
)

ROLL_UP: tuple[Column, ...] = (
    text("dimension", "What is rolled up: group, division or industry."),
    text(
        "member",
        "Group, or code of the division or industry that holds in the month; none outside groups, unknown without a "
        "listed code. What has no code on a level counts there under the code above.",
    ),
    count("listed_account_count", "Accounts that the archive of the month lists, open or not.", "account"),
    count("metering_point_count", "Metering points that were read in the month.", "meter"),
)

HIERARCHY_COLUMNS = (VALIDITY, NODES, ROLL_UP)
