"""The feature dictionary: what `features.customer_monthly` knows of a customer as of the end of a month.

A feature is null where its inputs are missing; nothing is invented. `12m` means the trailing twelve months that end
with the row's month.
"""

from __future__ import annotations

from govbiz_assets.contracts.column import Column, count, energy, flag, money, number, ratio

CONTEXT_FEATURES: tuple[Column, ...] = (
    count("account_count", "Open accounts of the customer.", "account"),
    number("tenure_months", "Months since the first account was opened.", "month"),
    number("voltage_max_kv", "Highest supply voltage of the open accounts.", "kV"),
    flag("is_two_part_tariff", "At least one open account pays a basic charge (两部制)."),
    flag("has_market_account", "At least one open account buys on the power market."),
    number("contract_left_months", "Months until the first supply contract ends, negative when it has ended.", "month"),
    number("cooling_degree_days", "Degree days of the month above 26 °C in the customer's division.", "°C day"),
    number("heating_degree_days", "Degree days of the month below 5 °C in the customer's division.", "°C day"),
)

USAGE_FEATURES: tuple[Column, ...] = (
    energy("kwh_month", "Energy of the month."),
    energy("kwh_3m", "Energy of the last three months."),
    energy("kwh_12m", "Energy of the last twelve months."),
    ratio("kwh_month_change_ratio", "Energy of the month over the month before, less 1."),
    ratio("kwh_year_change_ratio", "Energy of the month over the same month of last year, less 1."),
    ratio("kwh_3m_year_change_ratio", "Energy of three months over the same three months of last year, less 1."),
    ratio("kwh_trend_ratio", "Slope of the monthly energy over twelve months, per month, over its mean."),
    ratio("kwh_variation_ratio", "Standard deviation of the monthly energy over twelve months, over its mean."),
    count("usage_months", "Months with readings in the last twelve.", "month"),
    count("months_since_kwh_max", "Months since the largest monthly energy of the last twelve.", "month"),
    ratio("silent_day_ratio", "Share of the month's days with at most 1 kWh."),
    ratio("silent_day_3m_ratio", "Share of the last three months' days with at most 1 kWh."),
    ratio("estimated_day_ratio", "Share of the month's readings that were estimated."),
    ratio("restday_workday_ratio", "Mean energy of a day off over that of a working day, last three months."),
    ratio("spring_festival_ratio", "Mean energy of a Spring Festival day over that of a working day, 12m."),
    ratio("day_max_mean_ratio", "Largest daily energy over the mean daily energy, last three months."),
    ratio("kwh_summer_ratio", "Share of July to September in the energy of the last twelve months."),
    ratio("kwh_winter_ratio", "Share of December to February in the energy of the last twelve months."),
)

BAND_FEATURES: tuple[Column, ...] = (
    ratio("sharp_ratio", "Share of the sharp band (尖) in the energy of the last three months."),
    ratio("peak_ratio", "Share of the peak band (峰) in the energy of the last three months."),
    ratio("flat_ratio", "Share of the flat band (平) in the energy of the last three months."),
    ratio("valley_ratio", "Share of the valley band (谷) in the energy of the last three months."),
    ratio("deep_ratio", "Share of the deep valley band (深谷) in the energy of the last three months."),
    ratio("peak_valley_ratio", "Sharp and peak energy over valley and deep valley energy, last three months."),
    ratio("peak_year_change_ratio", "Share of sharp and peak in three months, less the share a year ago."),
    ratio("valley_year_change_ratio", "Share of valley and deep valley in three months, less the share a year ago."),
)

CAPACITY_FEATURES: tuple[Column, ...] = (
    ratio("run_contract_ratio", "Running capacity over contracted capacity of the open accounts."),
    ratio("run_contract_change_3m_ratio", "run_contract_ratio less its value three months before."),
    number("kwh_per_kva", "Energy of the month per kVA of running capacity.", "kWh/kVA"),
    ratio("load_factor_ratio", "Energy of the month over running capacity times the hours of the month."),
    count("capacity_cut_12m_count", "Months of the last twelve in which running capacity fell.", "month"),
    count("capacity_growth_12m_count", "Months of the last twelve in which running capacity rose.", "month"),
    number("capacity_cut_age_months", "Months since running capacity last fell, within twelve months.", "month"),
    count("closed_account_12m_count", "Accounts closed within the last twelve months.", "account"),
)

PAYMENT_FEATURES: tuple[Column, ...] = (
    money("billed_month_cny", "Bills issued in the month."),
    money("billed_12m_cny", "Bills issued in the last twelve months."),
    ratio("billed_year_change_ratio", "Bills of the month over the same month of last year, less 1."),
    number("unit_price_cny_kwh", "Billed money per billed energy, last three months.", "CNY/kWh"),
    ratio("power_factor_charge_ratio", "Power factor adjustment over the energy charge, last three months."),
    ratio("basic_charge_ratio", "Basic charge over the total bill, last three months."),
    count("bill_correction_12m_count", "Correction bills of the last twelve months.", "bill"),
    number(
        "days_to_pay",
        "Days from the issue of a bill to a payment of it, mean over the payments of three months.",
        "day",
    ),
    count("late_3m_count", "Bills of the last three months paid after the due date or still open after it.", "bill"),
    count("late_12m_count", "Bills of the last twelve months paid after the due date or still open after it.", "bill"),
    count("partial_12m_count", "Bills of the last twelve months that were paid in more than one payment.", "bill"),
    money(
        "owed_cny", "Billed and due by the end of the month, less what was paid for these bills, last twelve months."
    ),
    ratio("owed_ratio", "owed_cny over billed_12m_cny."),
    money("prepaid_12m_cny", "Prepayments (预收) of the last twelve months."),
    count("payment_channel_12m_count", "Different payment channels used in the last twelve months.", "channel"),
    count("returned_payment_12m_count", "Payments of the last twelve months that were returned.", "payment"),
)

SERVICE_FEATURES: tuple[Column, ...] = (
    count("ticket_month_count", "95598 tickets of the month.", "ticket"),
    count("ticket_3m_count", "95598 tickets of the last three months.", "ticket"),
    count("ticket_12m_count", "95598 tickets of the last twelve months.", "ticket"),
    count("complaint_3m_count", "Complaints (投诉, 举报) of the last three months.", "ticket"),
    count("complaint_12m_count", "Complaints (投诉, 举报) of the last twelve months.", "ticket"),
    count("repair_12m_count", "Fault reports (报修) of the last twelve months.", "ticket"),
    count("repeated_12m_count", "Repeated tickets of the last twelve months.", "ticket"),
    number("satisfaction_mean", "Mean satisfaction of the last twelve months.", "score"),
    number("call_mean_seconds", "Mean length of a call, last twelve months.", "s"),
    number("ticket_age_days", "Days from the last ticket within twelve months to the end of the month.", "day"),
    count("product_count", "Products held at the end of the month.", "product"),
    money("product_fee_cny", "Monthly fees of the products held."),
    count("product_started_12m_count", "Products started in the last twelve months.", "product"),
    count("product_ended_12m_count", "Products that left the customer within the last twelve months.", "product"),
)

FEATURE_COLUMNS = (
    CONTEXT_FEATURES,
    USAGE_FEATURES,
    BAND_FEATURES,
    CAPACITY_FEATURES,
    PAYMENT_FEATURES,
    SERVICE_FEATURES,
)
FEATURE_NAMES: tuple[str, ...] = tuple(column.name for group in FEATURE_COLUMNS for column in group)
