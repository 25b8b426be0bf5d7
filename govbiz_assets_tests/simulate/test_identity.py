"""Organisations are invented, well formed, and registered once except for the planted twins."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

from govbiz_assets.simulate import DirtRates, SimulationParams, simulate_province
from govbiz_assets.simulate.names import brand, credit_code
from govbiz_assets_tests.simulate.delivered import Landing

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check_digits_hold(code: str) -> bool:
    """GB 32100: powers of 3 modulo 31; GB 11714 for the organisation code inside."""
    if not re.fullmatch(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}", code):
        return False
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(code))
    whole = (total - ALPHABET.index(code[-1]) * pow(3, 17, 31) + ALPHABET.index(code[-1])) % 31 == 0
    body, check = code[8:16], code[16]
    sum_ = sum(int(character, 36) * weight for character, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return whole and check == "0123456789X0"[11 - sum_ % 11]


def test_the_oracle_knows_a_published_code_and_rejects_a_changed_one() -> None:
    assert check_digits_hold("91110000600037341L")
    assert not check_digits_hold("91110000600037342L")
    assert not check_digits_hold("91110000600037341M")


def test_credit_codes_are_valid(long: Landing) -> None:
    codes = [row["统一社会信用代码"] for row in long.clean("customer", "2024-06")]
    filled = [code for code in codes if code]
    assert len(filled) > 0.98 * len(codes)
    assert all(check_digits_hold(code) for code in filled)


def test_codes_and_brands_differ_for_every_number() -> None:
    assert len({brand(number) for number in range(30_000)}) == 30_000
    codes = {credit_code("91", "320100", number) for number in range(0, 900_000, 301)}
    assert len(codes) == 2991
    assert all(check_digits_hold(code) for code in codes)


def test_codes_carry_the_division_and_the_kind_of_organisation(broad: Landing) -> None:
    for row in broad.rows("customer", "2024-01"):
        code = row["统一社会信用代码"]
        if code:
            assert code[2:8] == row["区划代码"]
            assert (code[:2] == "91") == (row["是否政府机关"] == "否")


def test_phones_ring_nowhere_and_account_numbers_keep_their_zero(long: Landing) -> None:
    for row in long.clean("customer", "2024-06"):
        assert re.fullmatch(r"1400\d{7}", row["联系电话"])
    assert all(re.fullmatch(r"0\d{9}", row["户号"]) for row in long.rows("account", "2024-06"))


def test_only_planted_twins_share_a_credit_code(broad: Landing) -> None:
    twins = {row["customer_no"]: row["duplicate_of"] for row in broad.truth("duplicates")}
    rows = {row["客户编号"]: row for row in broad.rows("customer", "2024-01")}
    owners = defaultdict(list)
    for number, row in rows.items():
        if row["统一社会信用代码"]:
            owners[row["统一社会信用代码"]].append(number)
    shared = {number for numbers in owners.values() if len(numbers) > 1 for number in numbers}
    with_code = {number for number in twins if rows[number]["统一社会信用代码"]}
    assert shared == with_code | {twins[number] for number in with_code}
    assert 0 < len(with_code) < len(twins)
    for number, original in twins.items():
        assert rows[number]["客户名称"] != rows[original]["客户名称"]
        assert rows[number]["行业代码"] == rows[original]["行业代码"]


def test_names_are_unique(broad: Landing) -> None:
    names = Counter(row["客户名称"] for row in broad.rows("customer", "2024-01"))
    assert max(names.values()) == 1


def test_identities_change_as_the_truth_says(tmp_path: Path) -> None:
    clean = DirtRates(*[0.0] * 10)
    params = SimulationParams(customers=150, months=4, seed=4, identity_rate=0.08, event_rate=0.03, dirt=clean)
    simulate_province(params, tmp_path)
    landing = Landing(tmp_path)
    events = landing.truth("identity")
    assert Counter(event["kind"] for event in events).keys() == {"rename", "transfer", "merge", "split"}
    months = landing.months
    assert {event["month"][:7] for event in events} == set(months[1:]), "the first month differs from nothing"
    masters = {month: {row["客户编号"]: row for row in landing.rows("customer", month)} for month in months}
    owners = {month: {row["户号"]: row["客户编号"] for row in landing.rows("account", month)} for month in months}
    for event in events:
        month, giver, taker = event["month"][:7], event["customer_no"], event["other_customer_no"]
        before = months[months.index(month) - 1]
        assert giver in masters[before]
        if event["kind"] == "rename":
            old, new = masters[before][giver], masters[month][giver]
            assert old["客户名称"] != new["客户名称"]
            assert old["统一社会信用代码"] == new["统一社会信用代码"]
        elif event["kind"] == "merge":
            taken = [account for account, owner in owners[before].items() if owner == giver]
            assert {owners[later][account] for later in months[months.index(month) :] for account in taken} == {taker}
            assert giver not in masters[month]
            assert giver not in {row["客户编号"] for row in landing.rows("subscription", month)}
        else:
            assert (owners[before][event["account_no"]], owners[month][event["account_no"]]) == (giver, taker)
            assert (taker in masters[before]) == (event["kind"] == "transfer")
            assert giver in owners[month].values()
    changed = {event["customer_no"] for event in events} | {event["other_customer_no"] for event in events}
    assert not changed & {row["customer_no"] for row in landing.truth("churn")}, "who changes hands does not also leave"
