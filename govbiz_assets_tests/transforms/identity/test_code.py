"""Credit codes: grades of evidence, with python-stdnum as the oracle of the check character."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend
from stdnum.cn import uscc

from govbiz_assets.simulate.names import credit_code
from govbiz_assets.transforms.identity.code import ALPHABET, GRADES, WEIGHTS
from govbiz_assets_tests.transforms.identity.given import identity

RIGHT = "91110000600037341L"
NO_AREA = "91999999600037341" + uscc.calc_check_digit("91999999600037341")
"""Its area part does not exist, which is no reason to reject it."""

# Code as delivered: grade, credit code, checked organisation code, organisation code, licence.
CODES = {
    RIGHT: ("valid", RIGHT, "600037341", "600037341", None),
    "９１１１０００0 6000 3734-1l": ("valid", RIGHT, "600037341", "600037341", None),
    "9IIIOOOO6OOO3734IL": ("repaired", RIGHT, "600037341", "600037341", None),
    "91110000600037342L": ("check_failed", None, None, "600037342", None),
    NO_AREA: ("valid", None, "600037341", "600037341", None),
    "60003734-1": ("organisation", None, "600037341", "600037341", None),
    "60003734-2": ("organisation", None, None, "600037342", None),
    "320200000012345": ("licence", None, None, None, "320200000012345"),
    "9111000060003734L": ("malformed", None, None, None, None),
    "无": (None, None, None, None, None),
    "000000000000000000": (None, None, None, None, None),
    "": (None, None, None, None, None),
}  # fmt: skip


def test_codes_are_graded_and_what_can_be_compared_is_kept(engine: Backend) -> None:
    names = ("credit_code_grade", "credit_code", "checked_code", "organisation_code", "licence_no")
    rows = identity(engine, [{"credit_code": code} for code in CODES])
    found = {code: tuple(row[name] for name in names) for code, row in zip(CODES, rows, strict=True)}
    expected = {
        code: (grade, code if grade == "valid" and given is None else given, *rest)
        for code, (grade, given, *rest) in CODES.items()
    }
    assert found == expected
    assert {row["credit_code_grade"] for row in rows} == {*GRADES, None}
    assert [row["code_text"] for row in rows if row["credit_code_grade"] == "malformed"] == ["9111000060003734L"]


def test_the_alphabet_and_weights_are_the_standards() -> None:
    assert len(ALPHABET) == 31
    assert not set("IOZSV") & set(ALPHABET)
    assert [pow(3, place, 31) for place in range(17)] == list(WEIGHTS)


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(("91", "11", "12")), st.integers(0, 999_999), st.integers(0, 31**6 - 1)), min_size=20
    ),
    st.integers(0, 17),
    st.sampled_from(ALPHABET),
)
def test_the_oracle_agrees_on_right_and_mistyped_codes(
    engine: Backend, parts: list[tuple[str, int, int]], at: int, sign: str
) -> None:
    codes = [credit_code(kind, f"{division:06d}", number) for kind, division, number in parts]
    # The oracle wants digits in the first eight places, where the standard allows letters as well.
    sign = "7" if at < 8 else sign
    mistyped = [code[:at] + sign + code[at + 1 :] for code in codes]
    rows = identity(engine, [{"credit_code": code} for code in [*codes, *mistyped]])
    assert [row["credit_code"] is not None for row in rows] == [uscc.is_valid(code) for code in [*codes, *mistyped]]
    assert all(row["organisation_code"] == code[8:17] for row, code in zip(rows, codes, strict=False))
