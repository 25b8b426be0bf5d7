"""How three systems spell what they know: one kept by the sales offices, one by the meter shop, one by telephone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from govbiz_assets.simulate.dice import Dice
from govbiz_assets.simulate.names import ALPHABET
from govbiz_assets.simulate.source_entities import Entity, new_phone, new_site


@dataclass(frozen=True)
class Habit:
    """How often a system does what (ratios).

    Attributes:
        share: Organisations whose first record stands in this system.
        code: Kinds of codes: full, missing, mistyped, swapped, look_alike, organisation, licence, short, foreign.
        form: Kinds of legal forms: kept, responsible (有限责任公司), short (公司), cut (有限公), omitted.
        place: Kinds of town names: kept, dropped, short (无锡), province, bracket.
        typo: Names with one wrong character, most often one that sounds the same.
        shortened: Names without a part of the trade.
        phone_missing: Records without phone.
        phone_changed: Records with another phone than the registered one.
        address_missing: Records without address.
        address_changed: Records with the address of another site.
        address_style: Addresses that are written in another way.
        division_ratio: Records with the code of the division.
        style: Names in another width, with other brackets, with blanks or a remark.
    """

    share: float
    code: Mapping[str, float]
    form: Mapping[str, float]
    place: Mapping[str, float]
    typo: float
    shortened: float
    phone_missing: float
    phone_changed: float
    address_missing: float
    address_changed: float
    address_style: float
    division_ratio: float
    style: float


HABITS: dict[str, Habit] = {
    "marketing": Habit(
        share=0.6,
        code={"missing": 0.04, "mistyped": 0.03, "swapped": 0.01, "look_alike": 0.01, "organisation": 0.01,
              "licence": 0.01, "foreign": 0.002, "full": 0.888},
        form={"responsible": 0.06, "short": 0.02, "omitted": 0.02, "kept": 0.9},
        place={"dropped": 0.03, "short": 0.1, "province": 0.05, "bracket": 0.02, "kept": 0.8},
        typo=0.01, shortened=0.005, phone_missing=0.03, phone_changed=0.05, address_missing=0.02, address_changed=0.04,
        address_style=0.3, division_ratio=0.99, style=0.1,
    ),
    "metering": Habit(
        share=0.25,
        code={"missing": 0.25, "mistyped": 0.05, "swapped": 0.02, "look_alike": 0.03, "organisation": 0.18,
              "licence": 0.12, "short": 0.02, "foreign": 0.003, "full": 0.327},
        form={"responsible": 0.1, "short": 0.15, "cut": 0.03, "omitted": 0.15, "kept": 0.57},
        place={"dropped": 0.2, "short": 0.25, "province": 0.1, "bracket": 0.05, "kept": 0.4},
        typo=0.03, shortened=0.02, phone_missing=0.15, phone_changed=0.15, address_missing=0.08, address_changed=0.08,
        address_style=0.5, division_ratio=0.95, style=0.2,
    ),
    "hotline": Habit(
        share=0.15,
        code={"missing": 0.65, "mistyped": 0.06, "swapped": 0.02, "look_alike": 0.01, "organisation": 0.02,
              "short": 0.02, "foreign": 0.005, "full": 0.215},
        form={"short": 0.25, "omitted": 0.3, "kept": 0.45},
        place={"dropped": 0.4, "short": 0.3, "province": 0.02, "bracket": 0.02, "kept": 0.26},
        typo=0.08, shortened=0.05, phone_missing=0.03, phone_changed=0.15, address_missing=0.2, address_changed=0.08,
        address_style=0.7, division_ratio=0.7, style=0.1,
    ),
}  # fmt: skip
_SOUND_ALIKE = (
    "澄成诚城橙", "禾和合河", "荣容蓉", "泰太", "盛胜圣晟", "源元原远", "达大", "兴星新鑫欣", "隆龙", "瑞锐睿",
    "祥翔详",
    "裕玉余宇雨", "丰峰锋风枫", "恒衡横", "升生昇", "捷杰洁", "德得", "凯开恺", "嘉佳加家", "方芳", "林琳霖", "云芸",
    "辰晨宸", "阳洋扬", "华桦化", "联连", "力利立", "天添", "人仁", "永勇", "顺舜", "宝保", "金锦", "海骇", "东冬",
    "创窗", "宏红鸿", "纺仿", "食石", "机基", "械谢", "电店", "商尚", "贸茂", "科柯", "技计", "制治", "品平", "材才",
)  # fmt: skip
_SOUNDS = {sign: group for group in _SOUND_ALIKE for sign in group}
_WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_LOOKS = {"0": "O", "1": "I", "2": "Z", "5": "S"}
_REMARKS = ("（新）", "(已注销)", "【临时】", "（原：{brand}厂）")


def spelled_name(entity: Entity, place: str, habit: Habit, dice: Dice) -> str:
    """Returns the name as a clerk of that system writes it."""
    core = entity.brand + entity.noun
    if dice.chance(habit.shortened) and len(entity.noun) > 2:
        core = entity.brand + entity.noun[:2]
    if dice.chance(habit.typo):
        core = _mistaken(core, dice)
    form = _form(entity.form, dice.weighted(habit.form), dice)
    short = place.removesuffix("市")
    kind = dice.weighted(habit.place)
    body = core + form
    name = {
        "kept": f"{place}{body}",
        "dropped": body,
        "short": f"{short}{body}",
        "province": f"江苏省{place}{body}",
        "bracket": f"{core}（{short}）{form}" if form else f"{body}（{place}）",
    }[kind] + (f"（{entity.branch}）" if entity.branch and dice.chance(0.2) else entity.branch)
    return _styled(name, entity, dice) if dice.chance(habit.style) else name


def _form(form: str, kind: str, dice: Dice) -> str:
    if not form or kind == "kept":
        return form
    if form == "厂":  # one telling character: left out far less often than 有限公司
        return "" if kind == "omitted" and dice.chance(0.2) else "厂"
    short = form.replace("有限公司", "公司")
    return {"responsible": form.replace("有限公司", "有限责任公司"), "short": short, "cut": form[:-1], "omitted": ""}[
        kind
    ]


def _mistaken(text: str, dice: Dice) -> str:
    at = dice.below(len(text))
    if dice.chance(0.15):
        return text[:at] + text[at + 1 :]
    if dice.chance(0.1):
        return text[:at] + text[at] + text[at:]
    return text[:at] + dice.pick(_SOUNDS.get(text[at], "").replace(text[at], "") or "某") + text[at + 1 :]


def _styled(name: str, entity: Entity, dice: Dice) -> str:
    kind = dice.below(4)
    if kind == 0:
        return name.translate(_WIDE).replace("（", "【").replace("）", "】")
    if kind == 1:
        return name.replace("（", "(").replace("）", ")")
    if kind == 2:
        at = dice.below(len(name))
        return f" {name[:at]}{dice.pick((' ', '　', '·'))}{name[at:]}"
    return name + dice.pick(_REMARKS).format(brand=entity.brand)


def spelled_code(entity: Entity, neighbour: Entity, habit: Habit, dice: Dice) -> str | None:
    """Returns the code that the system holds: right, wrong, another one's, in full or of an older kind."""
    code, kind = entity.code, dice.weighted(habit.code)
    at = dice.below(len(code) - 1)
    if kind == "mistyped":
        return code[:at] + dice.pick(ALPHABET.replace(code[at], "")) + code[at + 1 :]
    if kind == "swapped":
        return code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    if kind == "look_alike":
        return "".join(_LOOKS.get(sign, sign) if dice.chance(0.3) else sign for sign in code)
    return {
        "foreign": neighbour.code,
        "full": code.translate(_WIDE) if dice.chance(0.02) else code,
        "missing": dice.pick((None, "", "无", "000000000000000000")),
        "organisation": f"{code[8:16]}-{code[16]}" if dice.chance(0.5) else code[8:17],
        "licence": entity.licence,
        "short": code[:at] + code[at + 1 :],
    }[kind]


def spelled_phone(entity: Entity, habit: Habit, dice: Dice) -> str | None:
    """Returns the phone that the system holds."""
    if dice.chance(habit.phone_missing):
        return dice.pick((None, "", "无", "11111111111"))
    phone = new_phone(dice) if dice.chance(habit.phone_changed) else entity.phone
    if dice.chance(0.02):
        at = 4 + dice.below(len(phone) - 4)
        phone = phone[:at] + dice.pick("0123456789") + phone[at + 1 :]
    if not dice.chance(0.2):
        return phone
    if phone.startswith("0"):
        return dice.pick((f"{phone[:4]}-{phone[4:]}", f"({phone[:4]}){phone[4:]}", phone[4:], f"{phone}转8001"))
    return dice.pick((f"+86{phone}", f"{phone[:3]} {phone[3:7]} {phone[7:]}", phone.translate(_WIDE)))


def spelled_address(entity: Entity, place: str, habit: Habit, dice: Dice) -> str | None:
    """Returns the address that the system holds."""
    if dice.chance(habit.address_missing):
        return dice.pick((None, "", "-"))
    road, house, room = new_site(dice) if dice.chance(habit.address_changed) else entity.site
    if not dice.chance(habit.address_style):
        return f"江苏省{place}{road}{house}号{room}"
    front = dice.pick(("", place, place.removesuffix("市"), f"江苏{place}"))
    number = dice.pick((f"{house}号", f"{house}", f"{house}-1号", f"{house}号"))
    return front + road + number + dice.pick((room, room, "", room.replace("栋", "座")))
