"""One organisation's record, brought to the columns that the linkage compares."""

from __future__ import annotations

from collections.abc import Sequence

import ibis

from govbiz_assets.transforms.identity.code import with_code_evidence
from govbiz_assets.transforms.identity.contact import address, phone, street
from govbiz_assets.transforms.identity.division import Divisions
from govbiz_assets.transforms.identity.name import with_name_parts


def with_identity_columns(
    rows: ibis.Table,
    divisions: Divisions,
    *,
    name: str = "customer_name",
    code: str = "credit_code",
    phone_column: str = "phone",
    address_column: str = "address",
    division: str = "division_code",
    keep: Sequence[str] = (),
) -> ibis.Table:
    """Returns one row per record with what identifies the organisation.

    Args:
        rows: Records with a `record_id` and text as delivered.
        divisions: Divisions that names and addresses begin with.
        name: Column with the organisation's name.
        code: Column with the credit code.
        phone_column: Column with the phone.
        address_column: Column with the address.
        division: Column with the division's code that the source gives, used where the name tells none.
        keep: Further columns to carry along.

    Returns:
        `record_id`, the parts of the name, the evidence of the code, `phone_norm`, `address_norm`, `address_street`,
        `place_code` (most exact division known), and to meet on `city_code` (its first four digits) and `name_head`.
    """
    rows = rows.select(
        "record_id", *keep, _name=name, _code=code, _phone=phone_column, _address=address_column, _at=division
    )
    rows = with_code_evidence(with_name_parts(rows, "_name", divisions), "_code")
    rows = rows.mutate(
        phone_norm=phone(rows._phone),
        address_norm=address(rows._address, divisions),
        place_code=ibis.coalesce(rows.name_division_code, rows._at.re_extract(r"^\d{6}$", 0).nullif("")),
    )
    return rows.mutate(
        address_street=street(rows.address_norm),
        city_code=rows.place_code.substr(0, 4),
        name_head=rows.name_core.substr(0, 3),
    ).drop("_name", "_code", "_phone", "_address", "_at")
