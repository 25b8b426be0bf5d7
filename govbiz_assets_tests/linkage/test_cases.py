"""Hand-made organisations: what is linked, what is kept apart, what a person is asked."""

from __future__ import annotations

import pytest
from ibis.backends.duckdb import Backend

from govbiz_assets.linkage.pairs import DecisionError
from govbiz_assets.simulate.names import brand, credit_code
from govbiz_assets_tests.linkage.given import Found, link, new_engine, organisations

OTHER_PHONE, OTHER_ADDRESS = "15977778888", "无锡市望江街3号"
BRAND = "澄禾一"


def code(number: int) -> str:
    return credit_code("91", "320200", number)


def firm(number: int, **changes: str | None) -> dict[str, str | None]:
    """A record of an organisation; `CODE` and the brand 澄禾一 stand for what is its own."""
    own = {
        "customer_name": f"无锡市{BRAND}纺织有限公司",
        "credit_code": "CODE",
        "phone": f"138{number * 1_234_567 % 10**8:08d}",
        "address": f"江苏省无锡市澄清路{number * 37}号",
        "division_code": "320200",
    } | changes
    texts = {"CODE": code(number), "OTHER": code(number + 5000), BRAND: brand(number * 101)}
    return {name: _replaced(value, texts) for name, value in own.items()}


def _replaced(value: str | None, texts: dict[str, str]) -> str | None:
    for old, new in texts.items():
        value = value and value.replace(old, new)
    return value


LINKED: dict[str, dict[str, str | None]] = {
    "code, other spelling": {"customer_name": f"{BRAND}纺织（无锡）有限责任公司", "phone": None, "address": None},
    "renamed, same phone": {"customer_name": "无锡市沐阳新材料有限公司", "address": None},
    "no code, equal name and phone": {"credit_code": None, "address": None, "division_code": None},
    "no code, equal name and address": {"credit_code": "无", "phone": OTHER_PHONE, "division_code": None},
    "no code, equal name and place": {
        "customer_name": f"{BRAND}纺织公司",
        "credit_code": None,
        "phone": None,
        "address": None,
    },
    "mistyped code, one character of the name": {"customer_name": f"无锡市{BRAND}纺只有限公司", "credit_code": "7CODE"},
    "other phone, no form": {"customer_name": f"{BRAND}纺织", "credit_code": None, "phone": OTHER_PHONE},
    "abridged name, no code": {"customer_name": f"{BRAND}纺", "credit_code": None},
}
APART: dict[str, dict[str, str | None]] = {
    "its branch with its own code": {"customer_name": f"无锡市{BRAND}纺织有限公司昆山分公司", "credit_code": "OTHER"},
    "its branch with the same code": {"customer_name": f"无锡市{BRAND}纺织有限公司第二分厂"},
    "the same brand elsewhere": {
        "customer_name": f"南京市{BRAND}纺织有限公司", "credit_code": None, "phone": OTHER_PHONE,
        "address": "南京市望江街3号", "division_code": "320100",
    },
    "one character, other phone and address": {
        "customer_name": f"无锡市{BRAND}纺只有限公司", "credit_code": None, "phone": OTHER_PHONE,
        "address": OTHER_ADDRESS,
    },
    "a sister at the same desk": {"customer_name": f"无锡市{BRAND}机械有限公司", "credit_code": None},
    "the factory it grew out of": {"customer_name": f"无锡市{BRAND}纺织厂", "credit_code": None},
    "equal name, other code": {"credit_code": "OTHER"},
    "another one with its code": {
        "customer_name": "无锡市金海餐饮管理有限公司", "phone": "15912345678", "address": "无锡市沐阳大道9号"
    },
}  # fmt: skip
ASKED = {
    "a sister at the same desk": "unlike in name",
    "the factory it grew out of": "differs in form_class",
    "equal name, other code": "differs in checked_code",
    "another one with its code": "equal code, but nothing else agrees",
}
CASES = LINKED | APART


@pytest.fixture(scope="module")
def engine() -> Backend:
    return new_engine()


@pytest.fixture(scope="module")
def resolution(engine: Backend) -> Found:
    """All cases in one delivery, each beside its organisation."""
    rows = {}
    for number, (case, changes) in enumerate(CASES.items(), start=1):
        rows |= {f"{case} a": firm(number), f"{case} b": firm(number, **changes)}
    return link(engine, organisations(engine, rows))


@pytest.mark.parametrize("case", LINKED)
def test_records_of_one_organisation_are_linked(resolution: Found, case: str) -> None:
    assert [f"{case} a", f"{case} b"] in resolution.groups
    (evidence,) = [pair for pair in resolution.links if pair["record_id_l"] == f"{case} a"]
    assert evidence["method"] and evidence["evidence"]
    assert 0 < evidence["probability"] < 1


@pytest.mark.parametrize("case", APART)
def test_look_alikes_stay_apart_and_doubts_are_asked(resolution: Found, case: str) -> None:
    assert resolution.clusters[f"{case} b"] == f"{case} b"
    assert resolution.reasons().get((f"{case} a", f"{case} b"), "uncertain") == ASKED.get(case, "uncertain")


def test_nothing_else_is_linked(resolution: Found) -> None:
    assert resolution.groups == sorted([f"{case} a", f"{case} b"] for case in LINKED)


def test_the_evidence_says_which_rule_and_what_agrees(engine: Backend) -> None:
    found = link(
        engine,
        organisations(engine, {"a": firm(1), "b": firm(1, phone=OTHER_PHONE, customer_name="无锡市澄禾一纺织厂")}),
    )
    (evidence,) = found.links
    assert evidence["method"] == "equal code"
    assert evidence["evidence"] == (
        "name: equal; form: different; place: equal; code: equal; phone: different; address: equal"
    )


def test_a_chain_does_not_join_two_codes(engine: Backend) -> None:
    rows = organisations(
        engine, {"a": firm(1), "b": firm(1, credit_code=None), "c": firm(1, credit_code="OTHER", address=OTHER_ADDRESS)}
    )
    found = link(engine, rows)
    assert found.groups == [["a", "b"]]  # its address speaks for a
    assert found.reasons()[("b", "c")] == "would join what cannot be one"


def test_human_decisions_are_honoured(engine: Backend) -> None:
    rows = organisations(
        engine, {"a": firm(1), "b": firm(1, phone=None, address=None), "c": firm(1, credit_code="OTHER")}
    )
    assert link(engine, rows, decisions=[("b", "a", False)]).groups == []
    joined = link(engine, rows, decisions=[("c", "a", True), ("a", "gone", True)])
    assert joined.groups == [["a", "b", "c"]]
    assert next(pair["method"] for pair in joined.links if pair["record_id_r"] == "c") == "human"
    assert joined.reasons() == {}
    parted = link(engine, rows, decisions=[("a", "c", True), ("b", "c", False)])
    assert parted.groups == [["a", "c"]]  # different goes for the whole cluster


def test_contradicting_decisions_are_refused(engine: Backend) -> None:
    rows = organisations(engine, {"a": firm(1), "b": firm(1)})
    with pytest.raises(DecisionError, match="a and b are both the same and different"):
        link(engine, rows, decisions=[("a", "b", True), ("b", "a", False)])


def test_keys_of_a_crowd_are_counted_and_left_out(engine: Backend) -> None:
    crowd = {f"r{at:03d}": {"customer_name": f"第{at}号客户", "phone": "13812340001"} for at in range(201)}
    found = link(engine, organisations(engine, crowd))
    assert found.crowds == [{"key": "block_2: phone_norm", "block_count": 1, "record_count": 201}]
    assert found.groups == []


@pytest.mark.parametrize("rows", [{}, {"a": firm(1)}, {"a": {}, "b": {}}])
def test_nothing_to_link_is_no_error(engine: Backend, rows: dict[str, dict[str, str | None]]) -> None:
    found = link(engine, organisations(engine, rows))
    assert found.clusters == {name: name for name in rows}
    assert found.review == found.links == []


def test_no_table_is_left_behind(engine: Backend) -> None:
    link(engine, organisations(engine, {"a": firm(1), "b": firm(1)}))
    assert [name for name in engine.list_tables() if "splink" in name or "linkage" in name] == []
