"""Shift patterns: how an organisation's working hours shape its load, and which industries work in which way.

The values are invented for the sample, in the range of what the trade press reports for such loads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pattern:
    """One way of working. Shares and factors are ratios to an ordinary workday's energy.

    Attributes:
        name: Name of the pattern.
        segment: Planted segment that customers of this pattern belong to.
        peak: Share of energy in the peak (and sharp) hours.
        valley: Share of energy in the valley (and deep valley) hours; the rest is flat.
        weekend: Load on a Saturday or Sunday that is not worked.
        holiday: Load on a public holiday.
        festival: Load while shut down around the Spring Festival; 1 for patterns that do not shut down.
        recovery_days: Days to come back after the festival.
        cooling: Added load per degree of the day's mean above 24 °C.
        heating: Added load per degree of the day's mean below 8 °C.
        size: Shift of the size score, in standard deviations.
        hours: Equivalent full-load hours per day, from which the capacity follows.
        is_factory: Whether the plant may move or contract.
    """

    name: str
    segment: str
    peak: float
    valley: float
    weekend: float
    holiday: float
    festival: float
    recovery_days: float
    cooling: float
    heating: float
    size: float
    hours: float
    is_factory: bool


PATTERNS: tuple[Pattern, ...] = (
    Pattern("continuous", "round_the_clock", 0.35, 0.33, 0.98, 0.95, 0.80, 6, 0.004, 0.002, 0.9, 15.0, True),
    Pattern("utility", "round_the_clock", 0.37, 0.31, 0.97, 0.95, 0.95, 2, 0.012, 0.003, 0.2, 14.0, False),
    Pattern("two_shift", "two_shift", 0.45, 0.20, 0.72, 0.40, 0.12, 10, 0.008, 0.003, 0.3, 10.0, True),
    Pattern("day_shift", "day_shift", 0.61, 0.07, 0.38, 0.16, 0.08, 12, 0.008, 0.005, -0.1, 6.5, True),
    Pattern("office", "office", 0.45, 0.08, 0.30, 0.24, 0.22, 2, 0.055, 0.025, -0.4, 5.5, False),
    Pattern("school", "school", 0.42, 0.15, 0.50, 0.25, 0.25, 3, 0.030, 0.012, -0.2, 5.0, False),
    Pattern("hospital", "service", 0.54, 0.15, 0.92, 0.85, 0.80, 3, 0.040, 0.018, 0.3, 9.0, False),
    Pattern("retail", "service", 0.56, 0.12, 1.15, 1.22, 0.65, 3, 0.045, 0.016, -0.3, 8.0, False),
    Pattern("night", "night_load", 0.22, 0.62, 1.00, 1.00, 1.00, 1, 0.000, 0.002, -0.8, 8.0, False),
)
NAMES = tuple(pattern.name for pattern in PATTERNS)
SEGMENTS = tuple(dict.fromkeys(pattern.segment for pattern in PATTERNS))
SCHOOL = NAMES.index("school")
NIGHT = NAMES.index("night")
PEAK_HEAVY_SEGMENTS = ("day_shift", "service")
"""Segments whose customers take more than half of their energy in the peak hours."""


def table(name: str) -> np.ndarray:
    """Returns one attribute of all patterns as an array addressed by the pattern's position."""
    return np.array([getattr(pattern, name) for pattern in PATTERNS])


@dataclass(frozen=True)
class Mix:
    """How common an industry is, and how its customers work.

    Attributes:
        weight: Relative number of customers.
        shares: Shares of the patterns by name.
        nouns: What such organisations call themselves.
    """

    weight: float
    shares: dict[str, float]
    nouns: tuple[str, ...]


ABSENT = Mix(0.0, {"office": 1.0}, ())
"""Industries of the code list that the sample province does not have."""
INDUSTRY_MIX: dict[str, Mix] = {
    "13": Mix(3, {"two_shift": 0.6, "day_shift": 0.4}, ("粮油食品有限公司", "农产品加工有限公司")),
    "14": Mix(3, {"two_shift": 0.7, "day_shift": 0.3}, ("食品有限公司",)),
    "17": Mix(5, {"continuous": 0.6, "two_shift": 0.4}, ("纺织有限公司", "织造有限公司")),
    "18": Mix(4, {"day_shift": 0.9, "two_shift": 0.1}, ("服饰有限公司", "制衣有限公司")),
    "22": Mix(2, {"continuous": 0.7, "two_shift": 0.3}, ("纸业有限公司",)),
    "25": Mix(1, {"continuous": 1.0}, ("石化有限公司",)),
    "26": Mix(4, {"continuous": 0.9, "two_shift": 0.1}, ("化工有限公司", "新材料有限公司")),
    "27": Mix(2, {"two_shift": 0.8, "continuous": 0.2}, ("制药有限公司", "生物医药有限公司")),
    "29": Mix(4, {"two_shift": 0.6, "day_shift": 0.4}, ("塑胶制品有限公司", "橡塑有限公司")),
    "30": Mix(3, {"continuous": 0.6, "two_shift": 0.4}, ("建材有限公司", "水泥制品有限公司")),
    "31": Mix(1, {"continuous": 1.0}, ("特钢有限公司",)),
    "32": Mix(2, {"continuous": 0.9, "two_shift": 0.1}, ("铝业有限公司", "铜材有限公司")),
    "33": Mix(7, {"day_shift": 0.7, "two_shift": 0.3}, ("金属制品有限公司", "五金制造有限公司")),
    "34": Mix(6, {"day_shift": 0.6, "two_shift": 0.4}, ("机械有限公司", "传动设备有限公司")),
    "35": Mix(4, {"day_shift": 0.7, "two_shift": 0.3}, ("智能装备有限公司", "专用设备有限公司")),
    "36": Mix(3, {"two_shift": 0.9, "day_shift": 0.1}, ("汽车部件有限公司",)),
    "38": Mix(5, {"two_shift": 0.6, "day_shift": 0.4}, ("电气有限公司", "线缆有限公司")),
    "39": Mix(3, {"continuous": 0.4, "two_shift": 0.6}, ("电子科技有限公司", "半导体有限公司")),
    "44": Mix(1, {"utility": 1.0}, ("热力有限公司",)),
    "46": Mix(2, {"utility": 1.0}, ("自来水有限公司", "水务有限公司")),
    "52": Mix(6, {"retail": 1.0}, ("商贸有限公司", "超市有限公司")),
    "54": Mix(4, {"night": 0.8, "day_shift": 0.2}, ("公共交通有限公司", "充电服务有限公司")),
    "61": Mix(3, {"retail": 1.0}, ("酒店管理有限公司",)),
    "62": Mix(3, {"retail": 1.0}, ("餐饮管理有限公司",)),
    "63": Mix(2, {"utility": 1.0}, ("通信服务有限公司",)),
    "65": Mix(4, {"office": 0.8, "utility": 0.2}, ("软件技术有限公司", "数据服务有限公司")),
    "72": Mix(5, {"office": 1.0}, ("企业管理有限公司", "商务服务有限公司")),
    "78": Mix(4, {"night": 0.9, "office": 0.1}, ("路灯管理所", "市政设施管理处")),
    "83": Mix(8, {"school": 1.0}, ("实验学校", "中学", "职业学校")),
    "84": Mix(4, {"hospital": 1.0}, ("医院", "社区卫生服务中心")),
    "92": Mix(7, {"office": 1.0}, ("街道办事处", "政务服务中心", "机关事务服务中心")),
}
PUBLIC_INDUSTRIES = {"78": 0.9, "83": 0.8, "84": 0.7, "92": 1.0}
"""Share of government bodies and public institutions among the customers of an industry; none elsewhere."""
