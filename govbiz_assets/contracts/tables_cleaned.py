"""Reference tables and the cleaned layer: one truth per customer, account, reading, bill, payment and ticket."""

from __future__ import annotations

from govbiz_assets.contracts.table import Rule, TableContract, table

# From the weakest to the strongest: where readings of a month were resolved in several ways, the last one is named.
READ_METHODS = ("plain", "roll_over", "multiplier_change", "meter_change", "estimated", "merged", "unknown")

NODE_LEVELS = ("group", "organisation", "account", "metering_point")
HIERARCHY_STATUSES = ("ok", "own_parent", "absent_parent", "circular_parent", "absent_customer", "absent_account")

DIVISION = table(
    "reference.division",
    "Administrative divisions (GB/T 2260), those that were merged or renamed among them.",
    grain="division",
    columns="division_code division_name division_level parent_code? province_code prefecture_code? county_code? "
    "valid_from? valid_to? successor_code?",
    key="division_code",
    is_monthly=False,
)
INDUSTRY = table(
    "reference.industry",
    "Industries (GB/T 4754), codes of earlier editions that changed among them.",
    grain="industry",
    columns="industry_code industry_name section_code section_name is_high_energy industry_edition? valid_from? "
    "valid_to? successor_code?",
    key="industry_code",
    is_monthly=False,
)
PRODUCT = table(
    "reference.product",
    "Products and services on offer.",
    grain="product",
    columns="product_code product_name product_group fee_cny",
    key="product_code",
    is_monthly=False,
)
TARIFF = table(
    "reference.tariff",
    "Tariffs with the price of each time-of-use band.",
    grain="tariff",
    columns="price_code price_name tariff_system energy_sharp_cny_kwh energy_peak_cny_kwh energy_flat_cny_kwh "
    "energy_valley_cny_kwh energy_deep_cny_kwh basic_cny_kva",
    key="price_code",
    is_monthly=False,
)
CALENDAR_DAY = table(
    "reference.calendar_day",
    "The Chinese calendar: working days, holidays, make-up days.",
    grain="day",
    columns="calendar_date is_workday is_holiday holiday_name? is_spring_festival",
    key="calendar_date",
    is_monthly=False,
)
REFERENCE_TABLES = (DIVISION, INDUSTRY, PRODUCT, TARIFF, CALENDAR_DAY)

CUSTOMER_MONTHLY = table(
    "cleaned.customer_monthly",
    "Customers in the month: one record each.",
    grain="month and customer",
    columns="month customer_id division_code? industry_code? enterprise_scale? is_government? credit_grade? "
    "registered_date? parent_customer_id? source_file? row_no?",
    key="month customer_id",
)
ACCOUNT_MONTHLY = table(
    "cleaned.account_monthly",
    "Accounts in the month with tariff, capacity and status.",
    grain="month and account",
    columns="month account_id customer_id division_code? industry_code? voltage_kv? price_code? tariff_system? "
    "contract_kva? run_kva? opened_date? closed_date? account_status? contract_end_date? is_market_traded? "
    "source_file? row_no?",
    key="month account_id",
    rules=(Rule("contract_kva", low=0), Rule("run_kva", low=0)),
)
USAGE_DAILY = table(
    "cleaned.usage_daily",
    "Daily energy of each account by time-of-use band.",
    grain="account and day",
    columns="month account_id usage_date kwh kwh_sharp? kwh_peak? kwh_flat? kwh_valley? kwh_deep? read_type? "
    "source_file row_no",
    key="account_id usage_date",
    rules=(Rule("kwh", low=0),),
)
USAGE_MONTHLY = table(
    "cleaned.usage_monthly",
    "Monthly energy of each account, with the day counts behind it.",
    grain="month and account",
    columns="month account_id kwh kwh_sharp? kwh_peak? kwh_flat? kwh_valley? kwh_deep? read_days silent_days "
    "estimated_days workday_days workday_kwh restday_days restday_kwh spring_festival_days spring_festival_kwh "
    "day_max_kwh",
    key="month account_id",
    rules=(Rule("kwh", low=0), Rule("read_days", low=1, high=31), Rule("silent_days", low=0, high="read_days")),
)
BILL = table(
    "cleaned.bill",
    "Bills in the month of their issue.",
    grain="bill",
    columns="month bill_id account_id bill_month charge_month? bill_kind? kwh? energy_cny? basic_cny? "
    "power_factor_cny? fund_cny? other_cny? total_cny issued_date? due_date? original_bill_id? period_start? "
    "period_end? max_demand_kw? power_factor_ratio? source_file row_no",
    key="bill_id",
)
CHARGE_MONTHLY = table(
    "cleaned.charge_monthly",
    "Billed energy and money by month of issue and month of use. Summed over `month` up to an as-of month it nets "
    "corrections to the month of use; summed over `charge_month` it keeps the money in the month of issue.",
    grain="month of issue, account and month of use",
    columns="month account_id charge_month bill_count correction_count kwh? correction_kwh? total_cny correction_cny",
    key="month account_id charge_month",
)
PAYMENT = table(
    "cleaned.payment",
    "Payments in the month they were made.",
    grain="payment",
    columns="month payment_id account_id bill_id? paid_date paid_cny payment_channel? payment_kind? "
    "credited_date? source_file row_no",
    key="payment_id",
)
TICKET = table(
    "cleaned.ticket",
    "95598 tickets in the month they were taken, without their free text.",
    grain="ticket",
    columns="month ticket_id account_id? handled_at ticket_type ticket_channel? call_seconds? satisfaction_score? "
    "is_repeated? source_file row_no",
    key="ticket_id",
)
SUBSCRIPTION_MONTHLY = table(
    "cleaned.subscription_monthly",
    "Products held in the month.",
    grain="month, customer and product",
    columns="month customer_id product_code started_date? ended_date? fee_cny? source_file row_no",
    key="month customer_id product_code",
)
WEATHER_DAILY = table(
    "cleaned.weather_daily",
    "Daily weather by division.",
    grain="division and day",
    columns="month division_code weather_date temperature_max_c? temperature_min_c? weather_text? source_file row_no",
    key="division_code weather_date",
    rules=(Rule("temperature_min_c", low=-60, high="temperature_max_c"),),
)
ATTRIBUTE_MONTHLY = table(
    "cleaned.attribute_monthly",
    "Customer attributes that change by month, named by the profile.",
    grain="month and customer",
    columns="month customer_id attribute_month source_file row_no",
    key="month customer_id",
)
OUTCOME_MONTHLY = table(
    "cleaned.outcome_monthly",
    "Outcomes that the source delivers, for example customers who left.",
    grain="month and customer",
    columns="month customer_id is_event source_file row_no",
    key="month customer_id",
)
DELIVERY_MONTHLY = table(
    "cleaned.delivery_monthly",
    "What was due in the month and what was received and kept, by channel and city.",
    grain="month, delivered channel and customer group",
    columns="month channel customer_group due_count? received_count",
    key="month channel customer_group",
    rules=(Rule("due_count", low=0), Rule("received_count", low=0)),
)
COVERAGE_MONTHLY = table(
    "cleaned.coverage_monthly",
    "Records expected against records received and kept, by channel and city, beside the twelve months before.",
    grain="month, channel and customer group",
    columns="month channel customer_group expected_count? received_count coverage_ratio? history_months? "
    "usual_coverage_ratio? spread_coverage_ratio? low_coverage_ratio? coverage_status",
    key="month channel customer_group",
    rules=(
        Rule("received_count", low=0),
        Rule("coverage_status", values=("ok", "thin", "missing", "absent", "unexpected")),
    ),
)
IDENTITY_DECISION = table(
    "cleaned.identity_decision",
    "What people decided about pairs of customer numbers; a decision holds from its month on.",
    grain="month, pair of customer numbers and decision",
    columns="month member_l_id member_r_id decision source_file row_no",
    key="month member_l_id member_r_id decision",
)
IDENTITY_EVENT = table(
    "cleaned.identity_event",
    "Organisations that merged, split, changed their name or number, and accounts that changed hands.",
    grain="event",
    columns="month identity_event customer_id other_customer_id? account_id? evidence",
    rules=(Rule("identity_event", values=("merge", "split", "rename", "renumber", "transfer")),),
)
METER_READ = table(
    "cleaned.meter_read",
    "Meter readings as they were taken.",
    grain="meter, band and day of reading",
    columns="month account_id meter_id read_date band last_read this_read digits? multiplier? kwh? read_type? "
    "read_exception? source_file row_no",
    key="account_id meter_id read_date band",
)
METER_USAGE_MONTHLY = table(
    "cleaned.meter_usage_monthly",
    "Energy that meter readings say: roll-over, changed meters and multipliers resolved, one estimate merged into the "
    "next actual reading. A later month restates an earlier one by a row of its own; the latest `month` counts.",
    grain="month of reading, account, band and month of use",
    columns="month account_id band usage_month kwh? read_method",
    key="month account_id band usage_month",
    rules=(Rule("read_method", values=READ_METHODS),),
)
HIERARCHY_MONTHLY = table(
    "cleaned.hierarchy_monthly",
    "Group, organisation, account and metering point, each with the node above it and the whole path, as known by the "
    "month's end. Since when a node hangs where it hangs is told by the months so far.",
    grain="month and node",
    columns="month node_level node_id parent_level? parent_id? group_id? customer_id? account_id? valid_from valid_to? "
    "hierarchy_status",
    key="month node_level node_id",
    rules=(
        Rule("node_level", values=NODE_LEVELS),
        Rule("hierarchy_status", values=HIERARCHY_STATUSES),
    ),
)
ROLLUP_MONTHLY = table(
    "cleaned.rollup_monthly",
    "Customers, capacity, energy and money by group, division and industry. The members of a level add up to the same "
    "total on every level. A customer counts where it sits, all else where the account lies.",
    grain="month, dimension, level and member",
    columns="month dimension level member customer_count listed_account_count metering_point_count contract_kva? "
    "run_kva? kwh? total_cny?",
    key="month dimension level member",
)
CLEANED_BY_CHANNEL: dict[str, TableContract] = {
    "customer": CUSTOMER_MONTHLY,
    "account": ACCOUNT_MONTHLY,
    "usage": USAGE_DAILY,
    "bill": BILL,
    "payment": PAYMENT,
    "ticket": TICKET,
    "subscription": SUBSCRIPTION_MONTHLY,
    "weather": WEATHER_DAILY,
    "attribute": ATTRIBUTE_MONTHLY,
    "label": OUTCOME_MONTHLY,
    "decision": IDENTITY_DECISION,
    "meter_read": METER_READ,
}
CLEANED_TABLES = (
    *CLEANED_BY_CHANNEL.values(),
    *(USAGE_MONTHLY, METER_USAGE_MONTHLY, CHARGE_MONTHLY, IDENTITY_EVENT, DELIVERY_MONTHLY, COVERAGE_MONTHLY),
    *(HIERARCHY_MONTHLY, ROLLUP_MONTHLY),
)
