"""Identity through the assets: what is planted in the customer master comes out as links, ids and events.

Twelve customers over four months. In February number 3 gets the name, code and place of number 1 and number 2 a new
name; in March number 4 comes under a new number, an account of 5 goes to 6, 9's goes to 10 as 9 leaves, and a person
says that 7 and 8 are one; in April number 3's record is put right again.
"""

from __future__ import annotations

import csv
import hmac
import io
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from govbiz_assets.reports.identity_review import write_review
from govbiz_assets_tests.scenario import House, changed_months, differences, failed_checks, redeliver, up_to

IDENTITY = (
    *("reference.division", "quality.file_manifest", "raw.customer", "raw.decision"),
    *("identity.source_record", "identity.model_monthly", "identity.link_monthly", "identity.review_monthly"),
    *("identity.membership_monthly", "cleaned.identity_decision"),
)
TABLES = (
    *IDENTITY,
    *("reference.industry", "reference.tariff", "reference.product", "raw.account", "raw.subscription"),
    *("cleaned.customer_monthly", "cleaned.account_monthly", "cleaned.subscription_monthly"),
    *("cleaned.identity_event", "quality.row_account"),
)
Rows = list[dict[str, str]]


def number(position: int) -> str:
    return f"7{position:09d}"


def pseudonym(position: int) -> str:
    """A customer's pseudonym, computed apart from the engine."""
    return "c" + hmac.new(b"test", f"c:{number(position)}".encode(), "sha256").hexdigest()[:20]


def edit(landing: Path, month: date, name: str, change: Callable[[Rows], Rows], encoding: str = "gbk") -> None:
    """Delivers a file again with changed records."""

    def changed(text: str) -> str:
        rows = list(csv.DictReader(io.StringIO(text)))
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n" if encoding == "gbk" else "\n")
        writer.writeheader()
        writer.writerows(change(rows))
        return out.getvalue()

    redeliver(next((landing / f"{month:%Y-%m}").glob(f"{name}_*")), changed, encoding)


def set_field(rows: Rows, key: str, value: str, **changes: str) -> Rows:
    return [row | changes if row[key] == value else row for row in rows]


def plant(landing: Path, months: Sequence[date]) -> None:
    """Changes the deliveries as the module says."""

    def customers(month: date) -> Callable[[Rows], Rows]:
        def change(rows: Rows) -> Rows:
            first = next(row for row in rows if row["客户编号"] == number(1))
            rows = set_field(rows, "客户编号", number(2), 客户名称="淮安市恒远新商务有限公司")
            if month < months[3]:
                same = {name: first[name] for name in ("统一社会信用代码", "客户名称", "区划代码", "地址")}
                rows = set_field(rows, "客户编号", number(3), **same)
            if month >= months[2]:
                rows = set_field(rows, "客户编号", number(4), 客户编号=number(99))
                rows = [row for row in rows if row["客户编号"] != number(9)]
            return rows

        return change

    def accounts(rows: Rows) -> Rows:
        rows = set_field(rows, "客户编号", number(4), 客户编号=number(99))
        rows = set_field(rows, "客户编号", number(9), 客户编号=number(10))
        moved = next(row["户号"] for row in rows if row["客户编号"] == number(5))
        return set_field(rows, "户号", moved, 客户编号=number(6))

    def subscriptions(rows: Rows) -> Rows:
        rows = set_field(rows, "客户编号", number(4), 客户编号=number(99))
        return [row for row in rows if row["客户编号"] != number(9)]

    for month in months[1:]:
        edit(landing, month, "客户档案", customers(month))
    for month in months[2:]:
        edit(landing, month, "用电户档案", accounts)
        edit(landing, month, "增值服务", subscriptions, "utf-8")
    decide(landing, months[2], [(number(8), number(7), "是"), (number(11), number(12), "待定")])


def decide(landing: Path, month: date, decisions: Sequence[tuple[str, str, str]]) -> None:
    """Delivers decisions of people."""
    frame = pl.DataFrame(list(decisions), schema=["客户编号甲", "客户编号乙", "是否同一客户"], orient="row")
    frame.write_excel(landing / f"{month:%Y-%m}" / f"身份复核_{month:%Y%m}.xlsx")


def make(house: House, months: Sequence[date], tables: Sequence[str] = TABLES) -> dg.ExecuteInProcessResult:
    result = house.run_tables(months, tables)
    assert result.success, [event for event in result.all_events if event.is_step_failure]
    return result


@pytest.fixture(scope="module")
def planted(
    landing: Path, months: list[date], tmp_path_factory: pytest.TempPathFactory
) -> tuple[House, dg.ExecuteInProcessResult]:
    folder = tmp_path_factory.mktemp("identity")
    shutil.copytree(landing, folder / "landing")
    plant(folder / "landing", months)
    house = House(folder / "data", folder / "landing")
    return house, make(house, months)


def ids(house: House, month: date) -> dict[str, str]:
    rows = house.read(f"SELECT customer_no, customer_id FROM vault.identity.membership_monthly WHERE month = '{month}'")
    return dict(rows)


def test_ids_stay_through_renames_and_new_numbers_and_change_by_merges_and_splits(
    planted: tuple[House, dg.ExecuteInProcessResult], months: list[date]
) -> None:
    by_month = [ids(planted[0], month) for month in months]
    alone = {number(at): pseudonym(at) for at in range(1, 13)}
    assert by_month[0] == alone, "where nothing is one, each number is named by its own pseudonym"
    assert by_month[1] == alone | {number(3): pseudonym(1)}
    renumbered = {number(99): pseudonym(4), number(8): pseudonym(7)}
    assert by_month[2] == alone | {number(3): pseudonym(1)} | renumbered
    assert by_month[3] == alone | renumbered, "put right again, number 3 has the id that it had"


def test_what_happened_is_told_as_events(planted: tuple[House, dg.ExecuteInProcessResult], months: list[date]) -> None:
    events = planted[0].read(
        "SELECT month, identity_event, customer_id, other_customer_id, account_id IS NOT NULL, evidence "
        "FROM warehouse.cleaned.identity_event ORDER BY ALL"
    )
    name = "the name changed, code unchanged"
    assert sorted(event[:5] for event in events if event[0] != months[1] or event[1] != "rename") == sorted(
        [
            (months[1], "merge", pseudonym(3), pseudonym(1), False),
            (months[2], "merge", pseudonym(8), pseudonym(7), False),
            (months[2], "merge", pseudonym(9), pseudonym(10), True),
            (months[2], "renumber", pseudonym(4), None, False),
            (months[2], "transfer", pseudonym(5), pseudonym(6), True),
            (months[3], "split", pseudonym(1), pseudonym(3), False),
            (months[3], "rename", pseudonym(3), None, False),
        ]
    )
    renames = {event[2]: event[5] for event in events if event[0] == months[1] and event[1] == "rename"}
    assert renames == {pseudonym(2): name, pseudonym(1): "the name changed, code changed"}


def test_one_row_stands_for_an_organisation_and_every_record_is_accounted_for(
    planted: tuple[House, dg.ExecuteInProcessResult], months: list[date]
) -> None:
    house, result = planted
    rows = house.read(f"SELECT customer_id FROM warehouse.cleaned.customer_monthly WHERE month = '{months[2]}'")
    assert sorted(row[0] for row in rows) == sorted(pseudonym(at) for at in (1, 2, 4, 5, 6, 7, 10, 11, 12))
    merged = house.read("SELECT month, count(*) FROM warehouse.quality.set_aside WHERE disposition = 'merged' AND "
                        "channel = 'customer' GROUP BY month ORDER BY month")  # fmt: skip
    assert merged == [(months[1], 1), (months[2], 2), (months[3], 1)]
    unbalanced = house.read(
        "SELECT * FROM warehouse.quality.row_account "
        "WHERE received_count != kept_count + duplicate_count + superseded_count + quarantined_count"
    )
    assert unbalanced == []
    assert not {name for name in failed_checks(result) if "orphan" in name or "violations" in name}
    owners = house.read(
        "SELECT count(*) FROM warehouse.cleaned.account_monthly a ANTI JOIN warehouse.cleaned.customer_monthly c "
        "USING (month, customer_id)"
    )
    assert owners == [(0,)]


def test_every_link_keeps_its_evidence(planted: tuple[House, dg.ExecuteInProcessResult], months: list[date]) -> None:
    links = planted[0].read(
        "SELECT customer_no_l, customer_no_r, link_method, match_probability, evidence "
        f"FROM vault.identity.link_monthly WHERE month = '{months[2]}' ORDER BY ALL"
    )
    assert [link[:3] for link in links] == [
        (number(1), number(3), "equal code"),
        (number(4), number(99), "equal code"),
        (number(7), number(8), "human"),
    ]
    assert links[0][3] > 0.9
    assert "name: equal" in links[0][4]


def test_any_order_of_months_gives_the_same_tables(
    planted: tuple[House, dg.ExecuteInProcessResult], months: list[date], tmp_path: Path
) -> None:
    house = House(tmp_path / "data", planted[0].landing)
    for run in (months[2:], months[:2], months[2:]):
        make(house, run, IDENTITY)
    made = {table for table in house.digest() if table.partition(".")[2] in IDENTITY}
    assert len(made) == len(IDENTITY)
    found, expected = ({table: every[table] for table in made} for every in (house.digest(), planted[0].digest()))
    assert differences(expected, found) == []


def test_a_changed_master_restates_its_month_and_later_ones_and_leaves_the_earlier_to_the_byte(
    planted: tuple[House, dg.ExecuteInProcessResult], months: list[date], tmp_path: Path
) -> None:
    house = planted[0].copy(tmp_path, with_landing=True)
    named = {"客户名称": "南京市泽邦联合化工有限公司"}
    edit(house.landing, months[2], "客户档案", lambda rows: set_field(rows, "客户编号", number(11), **named))
    before = house.digest()
    make(house, months[2:])
    assert up_to(house.digest(), months[1]) == up_to(before, months[1])
    changed = changed_months(before, house.digest())
    assert changed["vault.identity.source_record"] == {f"{months[2]:%Y-%m}"}
    assert changed["warehouse.cleaned.identity_event"] == {f"{month:%Y-%m}" for month in months[2:]}
    assert "warehouse.cleaned.account_monthly" not in changed, "a name is no new customer"


def test_a_review_list_comes_back_as_decisions(
    planted: tuple[House, dg.ExecuteInProcessResult], months: list[date], tmp_path: Path
) -> None:
    house = planted[0].copy(tmp_path, with_landing=True)

    # Number 12 takes the code of 11 and nothing else of it: a question, not a link.
    def change(rows: Rows) -> Rows:
        code = next(row["统一社会信用代码"] for row in rows if row["客户编号"] == number(11))
        return set_field(rows, "客户编号", number(12), 统一社会信用代码=code)

    edit(house.landing, months[3], "客户档案", change)
    make(house, months[3:], IDENTITY)
    path = tmp_path / "review.xlsx"
    house.change(lambda session: _assert_equal(write_review(session, months[3], path), 1))
    asked = pl.read_excel(path)
    assert asked.row(0)[:3] == (number(11), number(12), "待定")
    assert "nothing else agrees" in asked["原因"][0]
    target = house.landing / f"{months[3]:%Y-%m}" / f"身份复核_{months[3]:%Y%m}.xlsx"
    asked.with_columns(pl.lit("是").alias("是否同一客户")).write_excel(target)
    make(house, months[3:], IDENTITY)
    assert ids(house, months[3])[number(12)] == pseudonym(11)
    house.change(lambda session: _assert_equal(write_review(session, months[3], path), 0))


def _assert_equal(found: int, expected: int) -> None:
    assert found == expected


def test_decisions_that_contradict_each_other_stop_the_step_with_one_line(
    planted: tuple[House, dg.ExecuteInProcessResult], months: list[date], tmp_path: Path
) -> None:
    house = planted[0].copy(tmp_path, with_landing=True)
    decide(house.landing, months[3], [(number(11), number(12), "是"), (number(12), number(11), "否")])
    result = house.run_tables(months[3:], IDENTITY)
    errors = [
        event.step_failure_data.error.cause or event.step_failure_data.error
        for event in result.all_events
        if event.is_step_failure
    ]
    assert len(errors) == 1
    assert "身份复核_202404.xlsx row 1 and" in errors[0].message
    assert "keep one of the two lines" in errors[0].message
    assert number(11) not in errors[0].message
