"""The standard channels: what a source system may deliver, field by field.

A channel says how its fields are read and which make a record unique in its month; the meaning, unit and
dtype of each field come from the column dictionary. Profiles map delivered headers to these fields, and may declare
channels of their own (`own_channel`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.table import COLUMNS

FieldKind = Literal["text", "number", "date", "month", "timestamp", "flag"]


@dataclass(frozen=True)
class Field:
    """One field of a channel.

    Attributes:
        name: Column name in the raw and cleaned tables.
        kind: How delivered text is parsed.
        headers: Header spellings seen in exports, tried when a profile does not map the field.
        is_required: A record without it is quarantined.
        low: Smallest accepted value of a number, inclusive.
        high: Largest accepted value of a number, inclusive.
        own_column: Column of a profile's own field; None where the dictionary holds it.
        is_withheld: It stays in the vault, and where it is a number of someone, its pseudonym is not made either.
    """

    name: str
    kind: FieldKind
    headers: tuple[str, ...] = ()
    is_required: bool = False
    low: float | None = None
    high: float | None = None
    own_column: Column | None = None
    is_withheld: bool = False

    @property
    def column(self) -> Column:
        """Dtype, unit and meaning of the field."""
        return self.own_column or COLUMNS[self.name]


@dataclass(frozen=True)
class Channel:
    """A kind of delivery.

    Attributes:
        name: Table name in the raw layer.
        meaning: One sentence for the data dictionary.
        fields: The fields it may carry.
        key: Fields that identify a record within its month; later records replace earlier ones.
        month_field: Field that says which month a record belongs to; None for snapshots of a month.
    """

    name: str
    meaning: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    month_field: str | None = None

    def field(self, name: str) -> Field:
        """Returns the field of that name."""
        return next(field for field in self.fields if field.name == name)


def _text(name: str, *headers: str, required: bool = False) -> Field:
    return Field(name, "text", headers, required)


def _number(
    name: str, *headers: str, required: bool = False, low: float | None = None, high: float | None = None
) -> Field:
    return Field(name, "number", headers, required, low, high)


def _date(name: str, *headers: str, required: bool = False) -> Field:
    return Field(name, "date", headers, required)


CUSTOMER = Channel(
    "customer",
    "Customer master: one record per organisation and month.",
    (
        _text("customer_no", "客户编号", "客户号", "用户编号", "customer_no", required=True),
        _text("customer_name", "客户名称", "单位名称", "用户名称"),
        _text("credit_code", "统一社会信用代码", "信用代码"),
        _text("division_code", "区划代码", "行政区划"),
        _text("industry_code", "行业代码", "行业分类"),
        _text("enterprise_scale", "企业规模"),
        Field("is_government", "flag", ("是否政府机关", "政府机关")),
        _text("credit_grade", "信用等级"),
        _text("contact_name", "联系人"),
        _text("contact_phone", "联系电话", "手机"),
        _text("address", "地址", "用电地址"),
        _date("registered_date", "注册日期"),
        _text("parent_customer_no", "上级客户编号", "上级单位编号", "集团客户编号"),
    ),
    key=("customer_no",),
)

ACCOUNT = Channel(
    "account",
    "Account archive: one record per account and month, with contracted and running capacity.",
    (
        _text("account_no", "户号", "用电户号", "account_no", required=True),
        _text("customer_no", "客户编号", "客户号", required=True),
        _text("division_code", "区划代码", "行政区划"),
        _text("industry_code", "行业代码", "行业分类"),
        _number("voltage_kv", "电压等级", "供电电压", low=0.1, high=1000),
        _text("price_code", "电价代码", "电价码"),
        _text("tariff_system", "计费方式", "电价制度"),
        _number("contract_kva", "合同容量", low=0, high=5_000_000),
        _number("run_kva", "运行容量", low=0, high=5_000_000),
        _date("opened_date", "立户日期"),
        _date("closed_date", "销户日期"),
        _text("account_status", "用户状态", "状态"),
        _date("contract_end_date", "合同到期日", "合同终止日期"),
        Field("is_market_traded", "flag", ("市场化标志", "是否市场化")),
    ),
    key=("account_no",),
)

USAGE = Channel(
    "usage",
    "Daily metered energy by time-of-use band: one record per account and day.",
    (
        _text("account_no", "户号", "用电户号", "account_no", required=True),
        _date("usage_date", "数据日期", "抄表日期", "日期", required=True),
        _number("kwh", "总电量", "日电量", "电量", required=True, low=0, high=1e9),
        _number("kwh_sharp", "尖电量", "尖", low=0, high=1e9),
        _number("kwh_peak", "峰电量", "峰", low=0, high=1e9),
        _number("kwh_flat", "平电量", "平", low=0, high=1e9),
        _number("kwh_valley", "谷电量", "谷", low=0, high=1e9),
        _number("kwh_deep", "深谷电量", "深谷", low=0, high=1e9),
        _text("read_type", "抄表方式"),
    ),
    key=("account_no", "usage_date"),
    month_field="usage_date",
)

BILL = Channel(
    "bill",
    "Electricity bills with their parts: one record per bill.",
    (
        _text("bill_no", "账单号", "账单编号", required=True),
        _text("account_no", "户号", "用电户号", required=True),
        Field("bill_month", "month", ("应收年月",), is_required=True),
        Field("charge_month", "month", ("量费年月",)),
        _text("bill_kind", "账单类型"),
        _number("kwh", "计费电量", "电量", low=-1e9, high=1e9),
        _number("energy_cny", "电度电费", low=-1e10, high=1e10),
        _number("basic_cny", "基本电费", low=-1e10, high=1e10),
        _number("power_factor_cny", "力调电费", low=-1e10, high=1e10),
        _number("fund_cny", "代征基金", low=-1e10, high=1e10),
        _number("other_cny", "其他费用", low=-1e10, high=1e10),
        _number("total_cny", "应收合计", "合计", required=True, low=-1e10, high=1e10),
        _date("issued_date", "发行日期"),
        _date("due_date", "到期日"),
        _text("original_bill_no", "原账单号"),
        _date("period_start", "计费起始日", "计费起始日期"),
        _date("period_end", "计费终止日", "计费终止日期"),
        # Without limits: a value that cannot be is pointed out (D22), the bill and its money are kept.
        _number("max_demand_kw", "最大需量"),
        _number("power_factor_ratio", "功率因数"),
    ),
    key=("bill_no",),
    month_field="bill_month",
)

PAYMENT = Channel(
    "payment",
    "Payments received: one record per payment.",
    (
        _text("payment_no", "收费流水号", "流水号", required=True),
        _text("account_no", "户号", "用电户号", required=True),
        _text("bill_no", "账单号", "账单编号"),
        _date("paid_date", "收费日期", "缴费日期", required=True),
        _number("paid_cny", "收费金额", "金额", required=True, low=-1e10, high=1e10),
        _text("payment_channel", "缴费渠道"),
        _text("payment_kind", "款项类型"),
        _date("credited_date", "到账日期", "入账日期"),
    ),
    key=("payment_no",),
    month_field="paid_date",
)

TICKET = Channel(
    "ticket",
    "95598 service tickets: one record per ticket.",
    (
        _text("ticket_no", "工单编号", required=True),
        _text("account_no", "户号", "用电户号"),
        Field("handled_at", "timestamp", ("受理时间",), is_required=True),
        _text("ticket_type", "业务类型", required=True),
        _text("ticket_channel", "受理渠道"),
        _text("ticket_text", "受理内容"),
        _number("call_seconds", "通话时长", low=0, high=86_400),
        _number("satisfaction_score", "满意度", low=1, high=5),
        Field("is_repeated", "flag", ("是否重复",)),
    ),
    key=("ticket_no",),
    month_field="handled_at",
)

SUBSCRIPTION = Channel(
    "subscription",
    "Products and services held: one record per customer, product and month.",
    (
        _text("customer_no", "客户编号", "客户号", required=True),
        _text("product_code", "产品代码", required=True),
        _date("started_date", "生效日期"),
        _date("ended_date", "失效日期"),
        _number("fee_cny", "月费", low=0, high=1e9),
    ),
    key=("customer_no", "product_code"),
)

WEATHER = Channel(
    "weather",
    "Daily weather by division: one record per division and day.",
    (
        _text("division_code", "区划代码", "行政区划", required=True),
        _date("weather_date", "日期", required=True),
        _number("temperature_max_c", "最高气温", low=-60, high=60),
        _number("temperature_min_c", "最低气温", low=-60, high=60),
        _text("weather_text", "天气"),
    ),
    key=("division_code", "weather_date"),
    month_field="weather_date",
)

ATTRIBUTE = Channel(
    "attribute",
    "Customer attributes that change by month (`attr_` columns of the profile): one record per customer and month.",
    (
        _text("customer_no", "客户编号", "客户号", required=True),
        Field("attribute_month", "month", ("年月",), is_required=True),
    ),
    key=("customer_no",),
    month_field="attribute_month",
)

LABEL = Channel(
    "label",
    "Outcomes known to the source: one record per customer, with the event that the profile names.",
    (
        _text("customer_no", "客户编号", "客户号", required=True),
        Field("is_event", "flag", (), is_required=True),
    ),
    key=("customer_no",),
)

DECISION = Channel(
    "decision",
    "Decisions of people about pairs of customer numbers: a review list that comes back, filled in.",
    (
        _text("customer_no_l", "客户编号甲", "customer_no_l", required=True),
        _text("customer_no_r", "客户编号乙", "customer_no_r", required=True),
        _text("decision", "是否同一客户", "is_same", required=True),
    ),
    key=("customer_no_l", "customer_no_r", "decision"),
)

METER_READ = Channel(
    "meter_read",
    "Readings of meters by billing cycle: one record per meter, band and day of reading.",
    (
        _text("account_no", "户号", "用电户号", required=True),
        _text("meter_no", "电能表资产号", "表号", required=True),
        _date("read_date", "抄表日期", required=True),
        _text("band", "示数类型", required=True),
        _number("last_read", "上次示数", required=True, low=0, high=1e9),
        _number("this_read", "本次示数", required=True, low=0, high=1e9),
        _number("digits", "表位数", low=3, high=9),
        _number("multiplier", "综合倍率", "倍率", low=0, high=1e7),
        _number("kwh", "抄见电量", low=-1e9, high=1e9),
        _text("read_type", "抄表方式"),
        _text("read_exception", "抄表异常"),
    ),
    key=("account_no", "meter_no", "read_date", "band"),
    month_field="read_date",
)

CHANNELS: tuple[Channel, ...] = (
    CUSTOMER,
    ACCOUNT,
    USAGE,
    BILL,
    PAYMENT,
    TICKET,
    SUBSCRIPTION,
    WEATHER,
    ATTRIBUTE,
    LABEL,
    DECISION,
    METER_READ,
)
CHANNEL_BY_NAME = {channel.name: channel for channel in CHANNELS}
