"""95598 tickets: ordinary calls, and the calls that come with a customer's course."""

from __future__ import annotations

import numpy as np
import polars as pl

from govbiz_assets.simulate.churn import COMPLAINTS, PRICE, RELOCATION, Plans
from govbiz_assets.simulate.names import person, phone
from govbiz_assets.simulate.params import month_start, stream
from govbiz_assets.simulate.population import Customers

TYPES = ("咨询", "报修", "投诉", "举报", "意见", "表扬", "催办")
SHARES = (0.50, 0.29, 0.05, 0.01, 0.07, 0.04, 0.04)
CHANNELS = ("95598电话", "网上国网", "营业厅", "微信公众号")
TICKETS_PER_ACCOUNT = 0.07
"""Ordinary tickets per account and month."""
COMPLAINTS_PER_MONTH, QUESTIONS_PER_MONTH = 0.75, 0.30
"""Additional tickets of a customer that is unhappy with the price, or about to move, per month."""
TEXTS = {
    "咨询": (
        "客户咨询本月电费构成。",
        "客户咨询峰谷时段划分。",
        "客户咨询增值税发票开具。",
        "客户咨询分布式光伏并网流程。",
    ),
    "报修": ("厂区配电房跳闸，请尽快处理。", "低压侧缺相，影响生产。", "计量表计黑屏。", "专变高压熔丝熔断。"),
    "投诉": ("客户对停电未提前通知不满。", "客户反映抄表数据有误，多次联系未处理。", "客户对服务态度不满。"),
    "举报": ("举报邻近厂区疑似违约用电。",),
    "意见": ("建议增加网上办理业务种类。", "建议电费账单增加分时明细。"),
    "表扬": ("表扬抢修人员响应及时。",),
    "催办": ("催办增容申请进度。", "催办上次报修工单。"),
}
PRICE_TEXTS = ("客户反映尖峰电价过高，要求解释分时电费。", "客户对电费上涨不满，称将另行考虑用电方案。")
MOVE_TEXTS = ("客户咨询减容办理手续。", "客户咨询销户及余额退费流程。", "客户咨询厂区搬迁后的用电变更。")


def month_tickets(
    seed: int, index: int, customers: Customers, plans: Plans, is_active: np.ndarray, account_numbers: pl.Series
) -> pl.DataFrame:
    """Draws the tickets of a month.

    Args:
        seed: Seed of the simulation.
        index: Number of the month.
        customers: The customers.
        plans: Their courses.
        is_active: Customers that are supplied.
        account_numbers: Account numbers of all accounts.

    Returns:
        One text row per ticket, in the order of time.
    """
    rng = stream(seed, "tickets", index)
    is_angry = ((plans.cause == PRICE) | (plans.cause == COMPLAINTS)) & plans.is_running(index)
    is_moving = (plans.cause == RELOCATION) & plans.is_running(index)
    rates = np.stack(
        [
            TICKETS_PER_ACCOUNT * customers.account_count,
            COMPLAINTS_PER_MONTH * plans.strength * is_angry,
            QUESTIONS_PER_MONTH * plans.strength * is_moving,
        ]
    )
    counts = rng.poisson(rates * is_active)
    owner = np.concatenate([np.repeat(np.arange(len(customers)), row) for row in counts])
    reason = np.repeat([0, 1, 2], counts.sum(axis=1))
    count = len(owner)
    kind = np.select([reason == 1, reason == 2], [2, 0], rng.choice(len(TYPES), count, p=SHARES))
    account = customers.first_account[owner] + (rng.random(count) * customers.account_count[owner]).astype(np.int64)
    moments = _moments(index, count, rng)
    order = np.argsort(moments, kind="stable")
    by_phone = rng.random(count) < 0.7
    seconds = np.maximum(rng.gamma(2.5, 75, count).astype(int), 15)
    score = np.where(
        kind == 2,
        rng.choice(5, count, p=[0.35, 0.3, 0.2, 0.1, 0.05]),
        rng.choice(5, count, p=[0.03, 0.05, 0.14, 0.33, 0.45]),
    )
    has_score, is_repeated = rng.random(count) < 0.7, rng.random(count) < np.where(kind == 2, 0.2, 0.05)
    channel = np.where(by_phone, 0, rng.integers(1, len(CHANNELS), count))
    serial = int(f"{month_start(index):%Y%m}") * 10**7
    rows = [
        (
            str(serial + place),
            account_numbers[int(account[at])],
            str(moments[at]).replace("T", " "),
            TYPES[kind[at]],
            CHANNELS[channel[at]],
            _text(TYPES[kind[at]], int(reason[at]), rng),
            str(seconds[at]) if by_phone[at] else "",
            str(score[at] + 1) if has_score[at] else "",
            "是" if is_repeated[at] else "否",
        )
        for place, at in enumerate(order, start=1)
    ]
    names = ("工单编号", "户号", "受理时间", "业务类型", "受理渠道", "受理内容", "通话时长", "满意度", "是否重复")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _moments(index: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draws times of day, mostly in office hours."""
    first, after = np.datetime64(month_start(index)), np.datetime64(month_start(index + 1))
    day = rng.integers(0, int((after - first).astype(int)), count)
    second = np.clip(rng.normal(13 * 3600, 3 * 3600, count), 0, 86_399).astype(int)
    moments: np.ndarray = first.astype("datetime64[s]") + day * 86_400 + second
    return moments


def _text(kind: str, reason: int, rng: np.random.Generator) -> str:
    choices = (TEXTS[kind], PRICE_TEXTS, MOVE_TEXTS)[reason]
    text = choices[rng.integers(0, len(choices))]
    return f"{text}联系人{person(rng)}，电话{phone(rng)}。" if rng.random() < 0.15 else text
