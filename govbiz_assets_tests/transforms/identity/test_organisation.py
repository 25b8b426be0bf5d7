"""Names, phones and addresses of organisations: hand-written cases, and properties of any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from govbiz_assets_tests.transforms.identity.given import column, identity

# Name as delivered: core, legal form, branch, code of the division it names.
NAMES = {
    "无锡市澄禾一纺织有限公司": ("澄禾一纺织", "公司", "", "320200"),
    "江苏省无锡市澄禾一纺织（集团）有限责任公司": ("澄禾一纺织", "公司", "", "320200"),
    "澄禾一纺织【无锡】公司": ("澄禾一纺织", "公司", "", "320200"),
    "无锡 澄禾一　纺织": ("澄禾一纺织", None, "", "320200"),
    "江苏澄禾一纺织股份有限公司": ("澄禾一纺织", "股份公司", "", None),
    "江苏澄禾一纺织有限公": ("澄禾一纺织", "公司", "", None),
    "苏州市昆山澄禾一纺织厂": ("澄禾一纺织", "厂", "", "320583"),
    "盐城市泰兴餐饮管理有限公司": ("泰兴餐饮管理", "公司", "", "320900"),  # a brand that is a town elsewhere
    "ＡＢＣ科技（中国）有限公司": ("ABC科技中国", "公司", "", None),
    "澄禾一纺织有限公司（原：旧纺织厂）": ("澄禾一纺织", "公司", "", None),
    "澄禾一纺织有限公司（新）": ("澄禾一纺织", "公司", "", None),
    "澄禾一纺织有限公司昆山分公司": ("澄禾一纺织", "公司", "昆山分公司", None),
    "澄禾一纺织有限公司（昆山市分公司）": ("澄禾一纺织", "公司", "昆山分公司", None),
    "澄禾一纺织昆山分公司": ("澄禾一纺织", None, "昆山分公司", None),
    "澄禾一纺织有限公司第二分厂": ("澄禾一纺织", "公司", "2分厂", None),
    "澄禾一商贸有限公司（新区门店）": ("澄禾一商贸", "公司", "新区门店", None),
    "澄禾一商贸第三项目部": ("澄禾一商贸", None, "3项目部", None),
    "中国工商银行股份有限公司南京分行": ("中国工商银行", "股份公司", "南京分行", None),
    "澄禾厂房租赁有限公司第一营业部": ("澄禾厂房租赁", "公司", "1营业部", None),
    "无锡兴隆五金经营部": ("兴隆五金经营部", None, "", "320200"),  # a business of its own, no branch
    "栖霞街道办事处": ("栖霞街道办事处", None, "", None),
    "无锡市第一中学": ("第一中学", None, "", "320200"),
    "公司": ("公司", "公司", "", None),
    "南京市": ("南京市", None, "", None),
    "（）": (None, None, "", None),
    "": (None, None, "", None),
}


def test_names_are_taken_apart(engine: Backend) -> None:
    rows = identity(engine, [{"customer_name": name} for name in NAMES])
    found = [(row["name_core"], row["legal_form"], row["branch"], row["name_division_code"]) for row in rows]
    assert dict(zip(NAMES, found, strict=True)) == NAMES


@pytest.mark.parametrize(
    ("name", "result", "cases"),
    [
        (
            "phone",
            "phone_norm",
            {
                "0510-8888 1234转801": "88881234",
                "(0510)88881234": "88881234",
                "+86 138 1234 5678": "13812345678",
                "008613812345678": "13812345678",
                "１３８１２３４５６７８": "13812345678",
                "13812345678/0510-88881234": "13812345678",
                "电话：88881234": "88881234",
                "11111111111": None,
                "12345678": None,
                "无": None,
                "123": None,
            },
        ),
        (
            "address",
            "address_norm",
            {
                "江苏省无锡市澄清路12号": "澄清路12",
                "无锡澄清路１２": "澄清路12",
                "澄清路12-1号": "澄清路12之1",
                "昆山市澄清路12号3栋": "澄清路12之3幢",
                "苏州市南京路8号": "南京路8",
                "工业园一路5号": "工业园1路5",
                "-": None,
            },
        ),
        (
            "address",
            "address_street",
            {
                "江苏省无锡市澄清路12-1号科技大厦C座808室": "澄清路12",
                "工业园一路5号": "工业园1路5",
                "科技大厦808室": None,
            },
        ),
    ],
)
def test_phones_and_addresses_are_brought_to_one_form(
    engine: Backend, name: str, result: str, cases: dict[str, str | None]
) -> None:
    assert dict(zip(cases, column(engine, name, list(cases), result), strict=True)) == cases


def test_the_place_is_the_names_and_else_the_sources(engine: Backend) -> None:
    rows = identity(
        engine,
        [
            {"customer_name": "昆山市澄禾纺织厂", "division_code": "320500"},
            {"customer_name": "澄禾纺织厂", "division_code": "320500"},
            {"customer_name": "澄禾纺织厂", "division_code": "?"},
        ],
    )
    assert [row["place_code"] for row in rows] == ["320583", "320500", None]


SIGNS = st.sampled_from(
    "无锡市江苏省昆山澄禾一纺织有限责任公司集团厂分营业部第二（）()【】 　·-0123８ａAｂ号栋路楼之转+/"
)
ANY_TEXT = st.one_of(st.text(SIGNS, max_size=24), st.text(max_size=24))


@settings(max_examples=8, deadline=None)
@given(st.lists(ANY_TEXT, min_size=20, max_size=60))
def test_any_text_is_read_and_reading_twice_changes_nothing(engine: Backend, texts: list[str]) -> None:
    texts = [text.replace("\x00", "") for text in texts]
    once = identity(
        engine, [dict.fromkeys(("customer_name", "credit_code", "phone", "address"), text) for text in texts]
    )
    again = identity(
        engine,
        [
            {
                "customer_name": row["name_norm"],
                "credit_code": row["code_text"],
                "phone": row["phone_norm"],
                "address": row["address_norm"],
            }
            for row in once
        ],
    )
    for name in ("name_norm", "code_text", "phone_norm", "address_norm"):
        assert [row[name] for row in again] == [row[name] for row in once]
