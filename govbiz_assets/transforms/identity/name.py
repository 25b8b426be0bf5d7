"""Company names taken apart: division, core, legal form, branch.

澄禾一纺织 is the core of 江苏省无锡市澄禾一纺织（集团）有限责任公司昆山分公司; what stands around it tells companies of
one brand apart, and is written or left out at the clerk's pleasure.
"""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.identity.division import Divisions
from govbiz_assets.transforms.identity.text import bracketed, plain

# Always a branch, wherever it ends a name.
_BRANCH = "分公司|分厂|分行|支行|分店|分校|分院|分社|分部|分理处|分局|分所|分中心"
# A branch only behind a legal form: 兴隆五金经营部 is a business of its own, 兴隆商贸有限公司经营部 is not.
_BRANCH_AFTER_FORM = (
    f"{_BRANCH}|总店|门店|店|门市部|营业部|营业厅|经营部|销售部|服务部|项目部|办事处|生产基地|基地|仓库|车间|"
    "宿舍|食堂|加油站|变电站"
)
# Without a legal form only behind a number or a place: 钰腾地服饰第三项目部.
_BRANCH_WITH_LABEL = "门店|门市部|营业部|营业厅|经营部|销售部|服务部|项目部|办事处|生产基地"
_REMARK = r"\((?:(?:原|曾用名|已注销|注销|停用|销户|已销户|临时|重复)[^()]*|新|旧)\)"
_FORM = r"(?:(?:股份|有限|责任|集团|总)*公司|(?:股份|责任)?有限公?|集团|总厂|厂)$"
_HEAD_OF_BRANCH = r"(?:.*[^分])?(?:公司|厂|集团|银行|合作社|中心|学校|中学|小学|医院|大学|学院|管理所|管理处)"
_NUMBER = r"第?[一二三四五六七八九十\d]+"
_DIGITS_FROM, _DIGITS_TO = "一二三四五六七八九", "123456789"
_MIN_CORE_LENGTH = 2
_FORMS = {"股份": "股份公司", "公司": "公司", "有限": "公司", "集团": "集团", "厂": "厂"}


def name_norm(name: ir.StringValue) -> ir.StringValue:
    """Returns letters and digits of a name, half-width and in capitals; null where there are none."""
    return plain(name)


def with_name_parts(rows: ibis.Table, column: str, divisions: Divisions) -> ibis.Table:
    """Adds the parts of an organisation's name.

    Args:
        rows: Records.
        column: Column with the name as delivered.
        divisions: Divisions that a name may begin with or hold in brackets.

    Returns:
        The records with `name_norm`, `name_core`, `legal_form` (null where none is written), `form_class` (factory
        or other: clerks drop 有限公司, but hardly 厂), `branch` (empty for the organisation itself) and
        `name_division_code`.
    """
    one, given = divisions.pattern, rows.columns
    rows = rows.mutate(
        name_norm=name_norm(rows[column]), _text=bracketed(rows[column]).fill_null("").re_replace(_REMARK, "")
    )
    bracket_branch = rf"\(([^()]*(?:{_BRANCH_AFTER_FORM}))\)$"
    rows = rows.mutate(
        _bracket_branch=_part(rows._text, bracket_branch, 1),
        _bracket_division=_part(rows._text, rf"\(({one})\)", 1),
    )
    flat = rows._text.re_replace(bracket_branch, "").re_replace(rf"\({one}\)", "").re_replace(r"[()]", "")
    rows = rows.mutate(_text=flat)
    front = _part(rows._text, f"^{divisions.lead}", 0)
    rows = rows.mutate(_prefix=_part(front, f"({one})$", 1), _body=rows._text.re_replace(f"^{divisions.lead}", ""))
    is_whole = rows._body.length() >= _MIN_CORE_LENGTH
    rows = rows.mutate(
        _body=is_whole.ifelse(rows._body, rows._text), _prefix=is_whole.ifelse(rows._prefix, ibis.null("string"))
    )
    behind_form = rf"^({_HEAD_OF_BRANCH})(.{{0,14}}?(?:{_BRANCH_AFTER_FORM}))$"
    label = rf"{one}|{_NUMBER}|[东南西北新]区?|.{{0,2}}开发区"
    without_form = rf"^(..+?)((?:{label})?(?:{_BRANCH})|(?:{label})(?:{_BRANCH_WITH_LABEL}))$"
    rows = rows.mutate(
        _behind=_part(rows._body, behind_form, 2),
        _head_behind=_part(rows._body, behind_form, 1),
        _free=_part(rows._body, without_form, 2),
        _head_free=_part(rows._body, without_form, 1),
    )
    rows = rows.mutate(
        _head=ibis.coalesce(rows._head_behind, rows._head_free, rows._body),
        branch=_branch_label(ibis.coalesce(rows._bracket_branch, rows._behind, rows._free, "")),
    )
    form = _part(rows._head, _FORM, 0)
    core = rows._head.re_replace(_FORM, "")
    name_division = ibis.coalesce(divisions.code(rows._prefix), divisions.code(rows._bracket_division))
    rows = rows.mutate(
        name_core=(core.length() >= _MIN_CORE_LENGTH).ifelse(core, rows._head).nullif(""),
        legal_form=ibis.cases(
            *((form.contains(part), kind) for part, kind in _FORMS.items()), else_=ibis.null("string")
        ),
        form_class=(form.fill_null("").contains("厂")).ifelse("factory", "other"),
        name_division_code=name_division,
    )
    return rows.select(*given, "name_norm", "name_core", "legal_form", "form_class", "branch", "name_division_code")


def _part(text: ir.StringValue, pattern: str, group: int) -> ir.StringValue:
    return cast("ir.StringValue", text.re_extract(pattern, group).nullif(""))


def _branch_label(branch: ir.StringValue) -> ir.StringValue:
    """Returns a branch's name without what clerks add or drop: 第, the suffix of a division, the way of numbering."""
    short = branch.re_replace(r"^第", "").re_replace(r"^(..+?)[市县区](.{2,})$", r"\1\2")
    return short.translate(_DIGITS_FROM, _DIGITS_TO)
