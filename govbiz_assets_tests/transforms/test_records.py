"""Every received record ends in exactly one place: kept, set aside, or quarantined with a rule and a remedy."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.channel import BILL, PAYMENT, TICKET, USAGE, WEATHER
from govbiz_assets_tests.transforms.splitting import READING, Rows, refusal, split
from govbiz_assets_tests.transforms.tables import PSEUDONYM_KEY

JANUARY = date(2024, 1, 1)
OBSERVATION = {
    "division_code": "330100",
    "weather_date": "2024-01-05",
    "temperature_max_c": "9",
    "temperature_min_c": "1",
}


def test_a_sound_record_is_kept_under_its_pseudonym(engine: Backend) -> None:
    ((row,), set_aside, quarantined) = split(
        engine, USAGE, [READING | {"account_no": " １００ ", "kwh": "1,012.5 kWh"}]
    )
    assert row["account_id"] == "a" + hmac.new(PSEUDONYM_KEY, b"a:100", "sha256").hexdigest()[:20]
    assert (row["usage_date"], row["kwh"], row["kwh_peak"], row["read_type"]) == (
        date(2024, 1, 5), Decimal("1012.5"), None, "实抄",
    )  # fmt: skip
    assert (row["month"], row["source_file"], row["row_no"]) == (JANUARY, "a.csv", 1)
    assert "account_no" not in row
    assert not set_aside and not quarantined


@pytest.mark.parametrize(
    ("change", "rule", "field"),
    [
        ({"account_no": ""}, "missing_value", "account_no"),
        ({"account_no": None}, "missing_value", "account_no"),
        ({"account_no": "　"}, "missing_value", "account_no"),
        ({"kwh": "  "}, "missing_value", "kwh"),
        ({"usage_date": ""}, "missing_value", "usage_date"),
        ({"kwh": "--"}, "unparsable", "kwh"),
        ({"kwh": "NaN"}, "unparsable", "kwh"),
        ({"kwh_peak": "N/A"}, "unparsable", "kwh_peak"),
        ({"usage_date": "2024-02-30"}, "unparsable", "usage_date"),
        ({"usage_date": "05/01/2024"}, "unparsable", "usage_date"),
        ({"kwh": "-0.001"}, "out_of_range", "kwh"),
        ({"kwh": "(5)"}, "out_of_range", "kwh"),
        ({"kwh_deep": "1000000000.001"}, "out_of_range", "kwh_deep"),
        ({"usage_date": "2023-12-31"}, "wrong_month", "usage_date"),
        ({"usage_date": "2024-02-01"}, "wrong_month", "usage_date"),
        # The first rule in the order missing, unparsable, range, month names the record.
        ({"account_no": "", "kwh": "x", "usage_date": "2023-12-31"}, "missing_value", "account_no"),
        ({"kwh_peak": "x", "kwh": "-1"}, "unparsable", "kwh_peak"),
        ({"kwh": "-1", "usage_date": "2023-12-31"}, "out_of_range", "kwh"),
    ],
)
def test_a_defect_is_named_with_its_field_and_a_remedy(
    engine: Backend, change: Mapping[str, Any], rule: str, field: str
) -> None:
    delivered = READING | change
    kept, _, (row,) = split(engine, USAGE, [delivered])
    assert not kept
    assert (row["rule"], row["field"], row["channel"], row["month"]) == (rule, field, "usage", JANUARY)
    assert row["reason"].startswith(f"{field} ") and ";" in row["reason"] and "\n" not in row["reason"]
    record = json.loads(row["record_json"])
    assert {name: record[name] for name in delivered} == delivered


@pytest.mark.parametrize("text", ["NaN", "inf", "-inf", "60.1", "-61", "abc"])
def test_an_impossible_temperature_is_refused(engine: Backend, text: str) -> None:
    assert refusal(engine, WEATHER, OBSERVATION | {"temperature_max_c": text}) is not None
    assert refusal(engine, WEATHER, OBSERVATION | {"temperature_max_c": "5℃"}) is None


def test_a_record_that_could_not_be_read_keeps_its_own_rule(engine: Backend) -> None:
    broken = {"read_problem": "field_count", "extra_json": '{"line": "a,b,c"}'}
    kept, _, (row,) = split(engine, USAGE, [broken])
    assert not kept
    assert (row["rule"], row["field"]) == ("field_count", None)
    assert row["reason"] == "the record could not be read (field_count); mend the line in the file"
    assert json.loads(row["record_json"])["extra_json"] == broken["extra_json"]


def test_blank_optional_values_are_unknown_and_not_zero(engine: Backend) -> None:
    ((row,), _, _) = split(
        engine, USAGE, [READING | {"kwh_peak": "", "kwh_flat": " ", "kwh_valley": None, "read_type": ""}]
    )
    assert [row[name] for name in ("kwh_peak", "kwh_flat", "kwh_valley", "read_type")] == [None] * 4


def test_a_repetition_is_a_duplicate_and_another_content_is_superseded(engine: Backend) -> None:
    rows = [
        READING,
        READING | {"kwh": "99"},
        READING | {"kwh": "12.50"},
        READING | {"usage_date": "2024-01-06"},
        READING | {"account_no": "101"},
    ]
    kept, set_aside, _ = split(engine, USAGE, rows)
    assert [row["row_no"] for row in kept] == [3, 4, 5]
    assert [(row["row_no"], row["disposition"], row["kept_source_file"], row["kept_row_no"]) for row in set_aside] == [
        (1, "duplicate", "a.csv", 3),
        (2, "superseded", "a.csv", 3),
    ]


def test_the_latest_file_wins_then_its_name_then_its_line(engine: Backend) -> None:
    early, late = datetime(2024, 2, 1), datetime(2024, 2, 2)
    rows = [
        READING | {"kwh": "1", "loaded_at": late, "source_file": "a.csv", "row_no": 5},
        READING | {"kwh": "2", "loaded_at": early, "source_file": "z.csv", "row_no": 9},
        READING | {"kwh": "3", "loaded_at": late, "source_file": "b.csv", "row_no": 1},
        READING | {"kwh": "4", "loaded_at": late, "source_file": "b.csv", "row_no": 2},
    ]
    ((row,), set_aside, _) = split(engine, USAGE, rows)
    assert row["kwh"] == 4
    assert {(aside["kept_source_file"], aside["kept_row_no"]) for aside in set_aside} == {("b.csv", 2)}


def test_a_refused_record_replaces_nothing(engine: Backend) -> None:
    ((row,), set_aside, quarantined) = split(engine, USAGE, [READING, READING | {"kwh": "-1"}])
    assert (row["row_no"], len(set_aside), len(quarantined)) == (1, 0, 1)


def test_channels_without_a_date_in_their_key_are_told_apart_as_well(engine: Backend) -> None:
    payment = {"payment_no": "p1", "account_no": "1", "paid_date": "20240105", "paid_cny": "5"}
    kept, set_aside, _ = split(
        engine, PAYMENT, [payment, payment, payment | {"payment_no": "p2"}, payment | {"paid_cny": "6"}]
    )
    assert [row["row_no"] for row in kept] == [3, 4]
    assert [(row["row_no"], row["disposition"]) for row in set_aside] == [(1, "superseded"), (2, "superseded")]
    observed, aside, _ = split(engine, WEATHER, [OBSERVATION, OBSERVATION, OBSERVATION | {"division_code": "330200"}])
    assert ([row["row_no"] for row in observed], [row["disposition"] for row in aside]) == ([2, 3], ["duplicate"])


def test_months_and_moments_place_a_record(engine: Backend) -> None:
    bill = {"bill_no": "b1", "account_no": "1", "bill_month": "202401", "total_cny": "¥1,000.00"}
    assert refusal(engine, BILL, bill) is None
    assert refusal(engine, BILL, bill | {"bill_month": "202402"}) == ("wrong_month", "bill_month")
    ticket = {"ticket_no": "t1", "handled_at": "2024-01-31 23:59", "ticket_type": "咨询"}
    assert refusal(engine, TICKET, ticket) is None
    assert refusal(engine, TICKET, ticket | {"handled_at": "2024-02-01 00:00"}) == ("wrong_month", "handled_at")
    assert refusal(engine, TICKET, ticket | {"handled_at": "2024-01-31T23:59:00Z"}) == ("unparsable", "handled_at")
    assert refusal(engine, TICKET, ticket | {"satisfaction_score": "6"}) == ("out_of_range", "satisfaction_score")


def test_statements_in_values_are_data(engine: Backend) -> None:
    text = "'); DROP TABLE x; --\"{}\x1f"
    ((row,), _, _) = split(engine, USAGE, [READING | {"account_no": text, "read_type": text}])
    assert row["read_type"] == text
    assert row["account_id"] == "a" + hmac.new(PSEUDONYM_KEY, f"a:{text}".encode(), "sha256").hexdigest()[:20]
    _, _, (refused,) = split(engine, USAGE, [READING | {"account_no": text, "kwh": text}])
    assert json.loads(refused["record_json"])["kwh"] == text


DIRTY = st.fixed_dictionaries(
    {
        "account_no": st.sampled_from(["1", "１", " 1", "2", "2", "", "　", None]),
        "usage_date": st.sampled_from(
            ["2024-01-05", "2024/1/5", "20240106", "2024-01-06", "2024-02-01", "2024-02-30", ""]
        ),
        "kwh": st.sampled_from(["5", "5.0", "6", "-1", "x", "", "1e308"]),
        "kwh_peak": st.sampled_from(["", "1", "x"]),
        "loaded_at": st.sampled_from([datetime(2024, 2, 1), datetime(2024, 2, 2)]),
        "source_file": st.sampled_from(["a.csv", "b.csv"]),
    }
)


@settings(deadline=None, max_examples=10)
@given(rows=st.lists(DIRTY, min_size=1, max_size=40), order=st.randoms(use_true_random=False))
def test_each_record_has_one_place_whatever_is_delivered(engine: Backend, rows: Rows, order: Any) -> None:
    numbered = [row | {"row_no": number} for number, row in enumerate(rows, start=1)]
    kept, set_aside, quarantined = split(engine, USAGE, numbered)
    assert sorted(row["row_no"] for part in (kept, set_aside, quarantined) for row in part) == list(
        range(1, len(rows) + 1)
    )
    keys = [(row["account_id"], row["usage_date"]) for row in kept]
    assert len(keys) == len(set(keys))
    assert all(row["rule"] and row["reason"] and row["record_json"] for row in quarantined)

    # The same by hand: the latest sound record of each account and day.
    days = {"2024-01-05": 5, "2024/1/5": 5, "20240106": 6, "2024-01-06": 6}
    sound = [
        row
        for row in numbered
        if (row["account_no"] or "").strip() in ("1", "１", "2")
        and row["usage_date"] in days
        and row["kwh"] in ("5", "5.0", "6")
        and row["kwh_peak"] != "x"
    ]
    latest: dict[tuple[str, int], dict[str, Any]] = {}
    for row in sorted(sound, key=lambda row: (row["loaded_at"], row["source_file"], row["row_no"])):
        latest[(row["account_no"].strip().replace("１", "1"), days[row["usage_date"]])] = row
    assert {row["row_no"] for row in kept} == {row["row_no"] for row in latest.values()}
    contents = {row["row_no"]: (row["kwh"].rstrip("0").rstrip("."), row["kwh_peak"]) for row in sound}
    for row in set_aside:
        is_same = contents[row["row_no"]] == contents[row["kept_row_no"]]
        assert row["disposition"] == ("duplicate" if is_same else "superseded")

    shuffled = list(numbered)
    order.shuffle(shuffled)
    again = split(engine, USAGE, shuffled)
    for before, after in zip((kept, set_aside, quarantined), again, strict=True):
        assert _counted(before) == _counted(after)


def _counted(rows: Rows) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row.values()) for row in rows)


def test_many_repetitions_of_one_day_do_not_hide_each_other(engine: Backend) -> None:
    # The sum of the day bits of day 2, twice, is the bit of day 3; the union is not.
    rows = [READING | {"usage_date": f"2024-01-{day:02}"} for day in (2, 2, 4, 5, 31, 31, 31)]
    kept, set_aside, _ = split(engine, USAGE, rows)
    assert ([row["row_no"] for row in kept], [row["row_no"] for row in set_aside]) == ([2, 3, 4, 7], [1, 5, 6])
