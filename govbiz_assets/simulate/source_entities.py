"""Organisations as a registry knows them, and the look-alikes that a linkage must keep apart.

Names are not made to be easy: two fifths of the brands are of two common characters, so that the same brand stands in
many towns and trades, and a share of the organisations is put beside another one on purpose (see TRAPS).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from govbiz_assets.simulate import names
from govbiz_assets.simulate.dice import Dice
from govbiz_assets.simulate.patterns import INDUSTRY_MIX, PUBLIC_INDUSTRIES
from govbiz_assets.simulate.reference import Reference

TRAPS: dict[str, float] = {
    "sister": 0.05,
    "elsewhere": 0.04,
    "look_alike": 0.04,
    "branch": 0.05,
    "tenant": 0.04,
    "restructured": 0.005,
    "none": 0.775,
}
"""Shares of organisations by what they resemble.

sister: brand and town of another one, other trade (one in twenty: the same one and 服务); often its phone and address.
elsewhere: brand and trade of another one in another town.
look_alike: one character of the brand differs.
branch: branch of another one; often its code, phone or address.
tenant: phone of the same agent, or address of the same office building.
restructured: the factory that a company grew out of, at the same place.
"""
_COMMON = "鑫源兴隆盛达恒泰宏祥瑞丰德诚信华永顺天力万宝金海东方联创"
_BRANCHES = ("{place}分公司", "第二分公司", "{place}营业部", "一分厂", "新区门店", "{place}办事处", "第三项目部")
_ROADS = (
    *("澄清路", "枫桥东路", "工业园一路", "沐阳大道", "望江街", "新桐路", "科创三路", "棠梨巷", "开发大道"),
    *("人民中路", "解放东路", "中山北路", "建设路", "创业路", "锡沪路", "通江大道", "太湖大道", "学府路", "滨河路"),
)
_PARKS = ("", "", "", "创智产业园", "科技大厦", "金港物流园", "国际商务中心")
_FIRST_CODE = 1_000_000


class Site(NamedTuple):
    """Where an organisation sits, within its town."""

    road: str
    house: int
    room: str
    """Building and room, often empty."""


@dataclass(frozen=True)
class Entity:
    """One organisation.

    Attributes:
        number: Running number; records of one organisation share it.
        place: Position of its town in the list of divisions.
        brand: What it calls itself.
        noun: Its trade, without the legal form.
        form: Legal form; empty for public bodies.
        branch: Name of the branch; empty for the organisation itself.
        code: Credit code.
        licence: Licence number of the time before the credit code.
        phone: Phone.
        site: Where it sits.
    """

    number: int
    place: int
    brand: str
    noun: str
    form: str
    branch: str
    code: str
    licence: str
    phone: str
    site: Site


def entities(count: int, seed: int, reference: Reference) -> list[Entity]:
    """Invents organisations, look-alikes among them.

    Args:
        count: Organisations (count).
        seed: Seed of every choice.
        reference: The code lists.
    """
    dice = Dice(seed, "entities")
    made: list[Entity] = []
    taken: set[tuple[object, ...]] = set()
    while len(made) < count:
        trap = dice.weighted(TRAPS) if made else "none"
        entity = _fresh(len(made), dice, reference)
        if trap == "sister" and not entity.form:
            continue  # a sister company has a trade of its own
        if trap != "none":
            entity = _beside(trap, made[dice.below(len(made))], entity, dice, reference)
        # A register refuses a name that stands in it already.
        name = (entity.place, entity.brand, entity.noun, entity.form == "厂", entity.branch)
        if name not in taken:
            taken.add(name)
            made.append(entity)
    return made


def _fresh(number: int, dice: Dice, reference: Reference) -> Entity:
    industry = dice.pick(_INDUSTRIES)
    place = dice.below(len(reference.division_codes))
    noun, form = _trade(dice.pick(INDUSTRY_MIX[industry].nouns), dice)
    if not form and dice.chance(0.3):
        brand = f"第{dice.pick('一二三四五六七八九')}"
    elif dice.chance(0.4):
        brand = dice.pick(_COMMON) + dice.pick(_COMMON)
    else:
        brand = names.brand(dice.below(28_800))
    is_public = dice.chance(PUBLIC_INDUSTRIES.get(industry, 0))
    division = reference.division_codes[place]
    return Entity(
        number=number,
        place=place,
        brand=brand,
        noun=noun,
        form=form,
        branch="",
        code=names.credit_code("12" if is_public else "91", division, _FIRST_CODE + number),
        licence=f"{division}{dice.below(10**9):09d}",
        phone=new_phone(dice),
        site=new_site(dice),
    )


def new_phone(dice: Dice) -> str:
    """Returns a mobile number of a range where no phone rings, or a landline number of one."""
    if dice.chance(0.7):
        return f"1400{dice.below(10**7):07d}"
    return f"05{dice.pick(('10', '12', '14', '19'))}{dice.pick('5678')}{dice.below(10**7):07d}"


def new_site(dice: Dice) -> Site:
    """Returns a house on a road, sometimes with a room in an office building."""
    park = dice.pick(_PARKS)
    room = f"{park}{dice.pick('ABC123')}栋{dice.below(20) + 1}{dice.below(12) + 1:02d}室" if park else ""
    return Site(dice.pick(_ROADS), dice.below(900) + 1, room)


def _trade(noun: str, dice: Dice) -> tuple[str, str]:
    if not noun.endswith("有限公司"):
        return noun, ""
    form = dice.weighted({"厂": 0.06, "股份有限公司": 0.06, "集团有限公司": 0.03, "有限公司": 0.85})
    return noun.removesuffix("有限公司"), form


def _beside(trap: str, other: Entity, fresh: Entity, dice: Dice, reference: Reference) -> Entity:
    same_phone, same_address = dice.chance(0.4), dice.chance(0.4)
    near = replace(fresh, place=other.place)
    if trap in ("sister", "branch") or (trap == "tenant" and not same_address):
        near = replace(near, phone=other.phone if same_phone or trap == "tenant" else fresh.phone)
    if same_address and trap in ("sister", "branch", "tenant"):
        near = replace(near, site=other.site)
    if trap == "tenant":
        return near
    named = replace(near, brand=other.brand, noun=other.noun, form=other.form)
    if trap == "sister":
        noun = fresh.noun if dice.chance(0.95) else f"{other.noun}服务"
        return replace(named, noun=noun, form=fresh.form or "有限公司")
    if trap == "elsewhere":
        return replace(named, place=fresh.place)
    if trap == "look_alike":
        return replace(named, brand=other.brand[:-1] + fresh.brand[-1])
    if trap == "restructured" and other.form:
        form = "厂" if other.form != "厂" else "有限公司"
        return replace(named, form=form, phone=other.phone, site=other.site)
    place = reference.division_names[fresh.place].removesuffix("市")
    label = other.branch or dice.pick(_BRANCHES).format(place=place)
    return replace(named, branch=label, code=other.code if dice.chance(0.5) else fresh.code)


_INDUSTRIES = [code for code, mix in INDUSTRY_MIX.items() for _ in range(round(mix.weight)) if mix.nouns]
