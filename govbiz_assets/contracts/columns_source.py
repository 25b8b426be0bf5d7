"""Columns that arrive from source systems: identity, accounts, metering, billing, service, weather, provenance."""

from __future__ import annotations

from govbiz_assets.contracts.column import Column, count, date, energy, flag, money, number, ratio, text, timestamp

PROVENANCE: tuple[Column, ...] = (
    date("month", "First day of the month that the row belongs to."),
    text("source", "Name of the source profile that delivered the record."),
    text(
        "source_file",
        "Path of the delivered file, relative to the landing folder, or postgresql:channel/month of a database.",
    ),
    count(
        "row_no",
        "Number of the record in its file from 1 after the header, or of the row in the order of its values.",
        "row",
    ),
    text("file_sha256", "SHA-256 of the delivered file's bytes, or of a database's rows as CSV in their order."),
    timestamp(
        "loaded_at",
        "When the file came to rest in the landing folder (its modification time, UTC); of a database the latest "
        "change of a row of the month, else the end of the month.",
    ),
    text("read_problem", "Rule that the record broke while it was read, null where it could be read."),
    text(
        "extra_json",
        "Delivered columns that the profile does not map, or the raw line of an unreadable record, as JSON.",
        "identifying",
    ),
)

IDENTITY: tuple[Column, ...] = (
    text("customer_no", "Customer number of the source system (客户编号).", "identifying"),
    text("parent_customer_no", "Customer number of the superior organisation (上级客户编号).", "identifying"),
    text("account_no", "Account number of the source system (户号).", "identifying"),
    text("customer_name", "Registered name of the organisation.", "identifying"),
    text("credit_code", "Unified social credit code (统一社会信用代码, GB 32100).", "identifying"),
    text("contact_name", "Name of the contact person.", "identifying"),
    text("contact_phone", "Phone number of the contact person.", "identifying"),
    text("address", "Postal address.", "identifying"),
    text("bill_no", "Bill number of the source system.", "identifying"),
    text("payment_no", "Payment number of the source system.", "identifying"),
    text("original_bill_no", "Number of the bill that a correction corrects (原账单号).", "identifying"),
    text("ticket_no", "Number of the 95598 ticket.", "identifying"),
    text("meter_no", "Asset number of the meter.", "identifying"),
    text("ticket_text", "Free text of the 95598 ticket.", "identifying"),
    text("customer_no_l", "Customer number of the first of two that are compared.", "identifying"),
    text("customer_no_r", "Customer number of the second of two that are compared.", "identifying"),
    text("customer_id", "Pseudonym of the customer, an organisation: keyed hash of its eldest customer number."),
    text("parent_customer_id", "Pseudonym of the superior organisation that the customer master names."),
    text("member_l_id", "Pseudonym of the first of two customer numbers."),
    text("member_r_id", "Pseudonym of the second of two customer numbers."),
    text("decision", "What a person says of two customer numbers: 是 (one organisation), 否 (two) or 待定 (open)."),
    text("account_id", "Pseudonym of the account: keyed hash, the same for the same key."),
    text("bill_id", "Pseudonym of the bill."),
    text("payment_id", "Pseudonym of the payment."),
    text("original_bill_id", "Pseudonym of the bill that a correction corrects, null where none is named."),
    text("ticket_id", "Pseudonym of the ticket."),
    text("meter_id", "Pseudonym of the meter."),
)

# Number of a source system: the pseudonym column that takes its place, and the prefix that tells kinds of pseudonyms
# apart.
PSEUDONYMS: dict[str, tuple[str, str]] = {
    "customer_no": ("customer_id", "c"),
    "parent_customer_no": ("parent_customer_id", "c"),
    "customer_no_l": ("member_l_id", "c"),
    "customer_no_r": ("member_r_id", "c"),
    "account_no": ("account_id", "a"),
    "bill_no": ("bill_id", "b"),
    "payment_no": ("payment_id", "p"),
    "ticket_no": ("ticket_id", "t"),
    # A correction names a bill, so both columns hold the same pseudonym of it.
    "original_bill_no": ("original_bill_id", "b"),
    "meter_no": ("meter_id", "m"),
}

MASTER_DATA: tuple[Column, ...] = (
    text("division_code", "Administrative division, GB/T 2260, 6 digits.", "public"),
    text(
        "industry_code", "Industry, GB/T 4754, 2 digits; of an edition before 2017 behind its year: 2002-37.", "public"
    ),
    text("enterprise_scale", "Size class of the enterprise: 大, 中, 小 or 微."),
    flag("is_government", "The organisation is a government body or public institution."),
    text("credit_grade", "Credit grade given by the utility, A to D."),
    date("registered_date", "Date of registration of the organisation."),
    number("voltage_kv", "Supply voltage.", "kV"),
    text("price_code", "Tariff code, see reference.tariff.", "public"),
    text("tariff_system", "单一制 (energy only) or 两部制 (energy and basic charge)."),
    number("contract_kva", "Contracted transformer capacity.", "kVA"),
    number("run_kva", "Capacity in operation: contracted less suspended.", "kVA"),
    date("opened_date", "Date the account was opened (立户)."),
    date("closed_date", "Date the account was closed (销户), null while it is open."),
    text("account_status", "Status text of the source system: 正常, 暂停, 减容, 已销户 ..."),
    date("contract_end_date", "End date of the supply contract."),
    flag("is_market_traded", "The account buys on the power market (市场化)."),
)

METERING: tuple[Column, ...] = (
    date("usage_date", "Day of the meter reading."),
    energy("kwh", "Active energy, all time-of-use bands together."),
    energy("kwh_sharp", "Active energy in the sharp band (尖)."),
    energy("kwh_peak", "Active energy in the peak band (峰)."),
    energy("kwh_flat", "Active energy in the flat band (平)."),
    energy("kwh_valley", "Active energy in the valley band (谷)."),
    energy("kwh_deep", "Active energy in the deep valley band (深谷)."),
    text("read_type", "How the value was read: 实抄 (actual), 估抄 (estimated), 补抄 (later)."),
    date("read_date", "Day on which the meter was read."),
    text("band", "Register of the meter: 总 (all bands), 尖, 峰, 平, 谷 or 深谷."),
    energy("last_read", "Reading at the reading before, before the multiplier."),
    energy("this_read", "Reading, before the multiplier."),
    count("digits", "Digits of the register before the point; it rolls over at the next power of ten.", "digit"),
    number("multiplier", "Ratio of the instrument transformers that readings are multiplied by.", "factor"),
    text("read_exception", "What the reader found at the meter, in words."),
)

BILLING: tuple[Column, ...] = (
    date("bill_month", "Month of issue of the bill (应收年月), first day."),
    date("charge_month", "Month in which the billed energy was used (量费年月), first day."),
    text("bill_kind", "正常, 追补, 退补 or 红冲."),
    money("energy_cny", "Energy charge."),
    money("basic_cny", "Basic charge on capacity or demand (基本电费)."),
    money("power_factor_cny", "Power factor adjustment (力调电费), may be negative."),
    money("fund_cny", "Government funds and surcharges."),
    money("other_cny", "Other parts of the bill."),
    money("total_cny", "Total of the bill."),
    date("issued_date", "Date of issue (发行日期)."),
    date("due_date", "Last day to pay without penalty."),
    date("period_start", "First day that the bill charges (计费起始日)."),
    date("period_end", "Last day that the bill charges (计费终止日)."),
    number("max_demand_kw", "Highest demand that the bill charges (最大需量).", "kW"),
    ratio("power_factor_ratio", "Power factor that the adjustment was computed from (功率因数)."),
    date("paid_date", "Date of the payment."),
    date("credited_date", "Date on which the money was credited (到账日期)."),
    money("paid_cny", "Amount paid, negative for a return."),
    text("payment_channel", "Channel of the payment."),
    text("payment_kind", "电费, 预收, 违约金 or 业务费."),
)

SERVICE: tuple[Column, ...] = (
    timestamp("handled_at", "When the ticket was taken."),
    text("ticket_type", "咨询, 报修, 投诉, 举报, 意见, 表扬 or 催办."),
    text("ticket_channel", "Channel of the ticket."),
    number("call_seconds", "Length of the call.", "s"),
    number("satisfaction_score", "Satisfaction, 1 (worst) to 5 (best).", "score"),
    flag("is_repeated", "The ticket repeats an earlier one."),
    text("product_code", "Subscribed product, see reference.product.", "public"),
    date("started_date", "First day of the subscription."),
    date("ended_date", "Last day of the subscription, null while it runs."),
    money("fee_cny", "Monthly fee of the subscription."),
)

CONTEXT: tuple[Column, ...] = (
    date("weather_date", "Day of the weather observation."),
    number("temperature_max_c", "Highest temperature of the day.", "°C"),
    number("temperature_min_c", "Lowest temperature of the day.", "°C"),
    text("weather_text", "Weather in words.", "public"),
    date("attribute_month", "Month that the attributes describe, first day."),
    flag("is_event", "The labelled event happened."),
)

SOURCE_COLUMNS = (PROVENANCE, IDENTITY, MASTER_DATA, METERING, BILLING, SERVICE, CONTEXT)
