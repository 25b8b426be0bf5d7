from __future__ import annotations

import pytest

from govbiz_assets.contracts.column import count, index_columns, ratio, text
from govbiz_assets.contracts.table import COLUMNS, Rule, TableContract, table


def declare(
    columns: str = "month customer_id kwh?", key: str = "month customer_id", **changes: object
) -> TableContract:
    return table("cleaned.trial", "A trial.", grain="month and customer", columns=columns, key=key, **changes)  # type: ignore[arg-type]


def test_a_name_stands_for_the_column_of_the_dictionary() -> None:
    contract = declare()
    assert contract.columns == (COLUMNS["month"], COLUMNS["customer_id"], COLUMNS["kwh"])
    assert contract.column_names == ("month", "customer_id", "kwh")
    assert (contract.full_name, contract.asset_key) == ("cleaned.trial", ("cleaned", "trial"))


def test_only_a_question_mark_lets_a_column_be_null() -> None:
    assert declare().required == {"month", "customer_id"}
    assert declare("month customer_id kwh").required == {"month", "customer_id", "kwh"}


def test_a_name_that_the_dictionary_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match=r"cleaned\.trial: kwhh is no column of the dictionary"):
        declare("month customer_id kwhh?")


def test_a_column_stands_once() -> None:
    with pytest.raises(ValueError, match=r"cleaned\.trial: kwh stands twice"):
        declare("month customer_id kwh kwh?")
    with pytest.raises(ValueError, match=r"cleaned\.trial: kwh stands twice"):
        declare().with_columns(COLUMNS["kwh"])


def test_a_name_is_declared_once_in_the_dictionary() -> None:
    with pytest.raises(ValueError, match="'n' is declared twice"):
        index_columns([count("n", "Cases.")], [ratio("n", "A share.")])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": "month account_id"}, "account_id"),
        ({"rules": (Rule("kwh_peak", low=0),)}, "kwh_peak"),
        ({"rules": (Rule("kwh", low="kwh_flat"),)}, "kwh_flat"),
        ({"rules": (Rule("kwh", high="kwh_flat"),)}, "kwh_flat"),
        ({"columns": "customer_id", "key": "customer_id"}, "month"),
    ],
)
def test_key_rules_and_month_name_columns_of_the_table(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=rf"cleaned\.trial: '{named}' is no column of the table"):
        declare(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("columns", ["month? customer_id", "month customer_id?"])
def test_what_identifies_a_row_may_not_be_null(columns: str) -> None:
    with pytest.raises(ValueError, match="identifies rows and may not be null"):
        declare(columns)


def test_a_column_that_can_name_someone_lives_in_the_vault_only() -> None:
    with pytest.raises(
        ValueError, match=r"cleaned\.trial: customer_name can name someone; such columns live in the vault"
    ):
        declare("month customer_id customer_name?")
    assert declare("month customer_id customer_name?", database="vault").database == "vault"
    with pytest.raises(ValueError, match="attr_owner can name someone"):
        declare().with_columns(text("attr_owner", "Name of the owner.", "identifying"))


def test_further_columns_stand_at_the_end_and_may_be_null() -> None:
    wider = declare().with_columns(text("attr_sector", "Sector."))
    assert wider.column_names == ("month", "customer_id", "kwh", "attr_sector")
    assert wider.required == declare().required


def test_a_rule_keeps_its_name_when_its_limit_changes() -> None:
    assert Rule("kwh", low=0).name == Rule("kwh", low=1, high=9).name == "kwh_in_range"
    assert Rule("bill_kind", values=("正常",)).name == "bill_kind_known"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule("kwh", low=0), "0 <= kwh"),
        (Rule("kwh", high="kwh_max"), "kwh <= kwh_max"),
        (Rule("decile", low=1, high=10), "1 <= decile <= 10"),
        (Rule("kind", values=("a", "b")), "kind is one of a, b"),
    ],
)
def test_a_rule_is_told_in_words(rule: Rule, words: str) -> None:
    assert rule.words == words
