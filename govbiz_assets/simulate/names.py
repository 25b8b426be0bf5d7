"""Invented organisations and people: names, credit codes, phones, addresses. None of them exists.

Credit codes follow GB 32100 with organisation codes that begin with YX, a range that is not issued. Phone
numbers begin with 1400, a range of 13-digit machine numbers, so that no 11-digit number in it rings.
"""

from __future__ import annotations

import numpy as np

from govbiz_assets.simulate.params import whole

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_FIRST = "澄沐昶泓砾棠桐枫钰铠锐骏骥翎翊翰曜晟昊晖煦渝沁浦潞灏岚峥嵘岳"
_SECOND = "禾荣泰盛茂源达兴隆瑞祥和裕丰恒晟远航升腾驰捷诚信德润泽邦凯嘉"
_THIRD = "一元方正川海林峰云宇星辰阳光明华新创科联合众群力天地人和平安康宁"
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚桂英华玉萍红"
_ROADS = ("澄清路", "枫桥东路", "工业园一路", "沐阳大道", "望江街", "新桐路", "科创三路", "棠梨巷", "开发大道")
_PERMUTE = 48271


def credit_code(kind: str, division: str, number: int) -> str:
    """Builds a credit code with right check characters.

    Args:
        kind: First two characters: 91 enterprise, 11 government body, 12 public institution.
        division: Registering division, 6 digits.
        number: Running number of the organisation.

    Returns:
        18 characters.
    """
    body = "YX"
    for place in range(5, -1, -1):
        body += ALPHABET[number // 31**place % 31]
    remainder = 11 - sum(_organisation_value(c) * w for c, w in zip(body, ORGANISATION_WEIGHTS, strict=True)) % 11
    organisation = body + {10: "X", 11: "0"}.get(remainder, str(remainder))
    code = kind + division + organisation
    total = sum(ALPHABET.index(c) * w for c, w in zip(code, CREDIT_WEIGHTS, strict=True))
    return code + ALPHABET[-total % 31]


def _organisation_value(character: str) -> int:
    return int(character) if character.isdigit() else ord(character) - ord("A") + 10


def brand(number: int) -> str:
    """Returns an invented brand of three characters, of four beyond 28,800; different for every number."""
    a, b, c = len(_FIRST), len(_SECOND), len(_THIRD)
    series, place = divmod(number, a * b * c)
    mixed = place * _PERMUTE % (a * b * c)
    end = _THIRD[(series - 1) % c] if series else ""
    return _FIRST[mixed % a] + _SECOND[mixed // a % b] + _THIRD[mixed // (a * b)] + end


def organisation_name(division: str, number: int, nouns: tuple[str, ...]) -> str:
    """Returns the registered name of the organisation with that running number."""
    return f"{division}{brand(number)}{nouns[number % len(nouns)]}"


def respelled(name: str, rng: np.random.Generator) -> str:
    """Returns the name as a second clerk might have typed it."""
    style = rng.integers(3)
    if style == 0 and name.endswith("有限公司"):
        return name.removesuffix("有限公司") + "公司"
    if style == 1 and "市" in name:
        city, _, rest = name.partition("市")
        return f"{rest}（{city}）"
    half = len(name) // 2
    return f"{name[:half]} {name[half:]}"


def person(rng: np.random.Generator) -> str:
    """Returns an invented person's name."""
    given = "".join(_GIVEN[position] for position in rng.integers(0, len(_GIVEN), whole(1.5, rng)))
    return _SURNAMES[rng.integers(0, len(_SURNAMES))] + given


def phone(rng: np.random.Generator) -> str:
    """Returns an 11-digit number of a range where no phone rings."""
    return f"1400{rng.integers(0, 10_000_000):07d}"


def address(division: str, rng: np.random.Generator) -> str:
    """Returns an invented address."""
    return f"江苏省{division}{_ROADS[rng.integers(0, len(_ROADS))]}{rng.integers(1, 999)}号"
