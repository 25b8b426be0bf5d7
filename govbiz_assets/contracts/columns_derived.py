"""Columns that the house makes: quality accounts, reference data, monthly usage, segments, rules, scores, forecasts."""

from __future__ import annotations

from govbiz_assets.contracts.column import Column, count, date, energy, flag, money, number, ratio, text

QUALITY: tuple[Column, ...] = (
    text("channel", "Standard channel of the delivery, for example usage or bill."),
    count("byte_count", "Size of the file.", "byte"),
    text("encoding", "Text encoding of the file, null for binary formats."),
    text("delimiter", "Field delimiter of the file, null for binary formats."),
    count("record_count", "Records counted in the file, apart from the reader.", "row"),
    flag("has_many_months", "The file holds records of many months; it is counted whole in each of them."),
    flag("is_regular", "The file has no broken record and was read by the engine."),
    text("mapping_json", "Delivered header of each field, as JSON."),
    text("unmapped_headers", "Delivered headers that no field takes, comma-separated."),
    text("file_status", "accepted, refused, or ignored where no channel reads the file."),
    text("rule", "Rule that the record or file broke."),
    text("reason", "What is wrong and what to do, in one line."),
    text("field", "Field that broke the rule, null where the whole record did."),
    text("record_json", "The record as received, as JSON.", "identifying"),
    text("disposition", "duplicate (same content as the kept one), superseded (same key) or merged (same customer)."),
    text("kept_source_file", "File of the record that was kept instead."),
    count("kept_row_no", "Number of the record that was kept instead.", "row"),
    count("received_count", "Records received.", "row"),
    count("kept_count", "Records kept in the cleaned layer.", "row"),
    count("duplicate_count", "Records with the same content as a kept one.", "row"),
    count("superseded_count", "Records replaced by one of the same key, or merged into one of the customer.", "row"),
    count("quarantined_count", "Records in quarantine.", "row"),
    text("rule_id", "Quality rule, D1 to D28; see docs/quality-rules.md."),
    text("defect", "Kind of defect that the rule found; see docs/quality-rules.md."),
    text("action", "What is done about the defect: fix, flag or quarantine."),
    count("checked_count", "Records, files, or accounts with all their days that were looked at.", "case"),
    count("found_count", "Those among them that have the defect.", "case"),
    text("subject_id", "What is flagged: a pseudonym, a division, or a file."),
    date("subject_date", "Day or month that the flag speaks of."),
    text("other_id", "Pseudonym of the other one: the original bill, the twin, the owner before."),
    number("expected", "What the value should be, or its bound.", "as value"),
    energy("impact_kwh", "Energy that is in doubt."),
    money("impact_cny", "Money that is in doubt."),
    text("table_name", "Table that was checked, layer.table."),
    text("check_name", "Name of the check."),
    number("threshold", "Limit that the value was held against.", "as value"),
    flag("passed", "The value is within its limit."),
    flag("is_warning", "A failure is shown and does not make a run fail; null in results of earlier versions."),
)

REFERENCE: tuple[Column, ...] = (
    text("division_name", "Name of the administrative division.", "public"),
    text("division_level", "省, 市, 县 or 区.", "public"),
    text("parent_code", "Division that this one belongs to.", "public"),
    text("industry_name", "Name of the industry.", "public"),
    text("section_code", "Section letter of GB/T 4754.", "public"),
    text("section_name", "Name of the section.", "public"),
    flag("is_high_energy", "Energy-intensive industry (高耗能)."),
    text("product_name", "Name of the product.", "public"),
    text("product_group", "Group of the product.", "public"),
    text("price_name", "Name of the tariff.", "public"),
    number("energy_sharp_cny_kwh", "Energy price in the sharp band.", "CNY/kWh"),
    number("energy_peak_cny_kwh", "Energy price in the peak band.", "CNY/kWh"),
    number("energy_flat_cny_kwh", "Energy price in the flat band.", "CNY/kWh"),
    number("energy_valley_cny_kwh", "Energy price in the valley band.", "CNY/kWh"),
    number("energy_deep_cny_kwh", "Energy price in the deep valley band.", "CNY/kWh"),
    number("basic_cny_kva", "Basic charge per month.", "CNY/kVA"),
    date("calendar_date", "Day of the calendar."),
    flag("is_workday", "Working day in China, make-up days included."),
    flag("is_holiday", "Public holiday in China."),
    text("holiday_name", "Name of the public holiday, null on other days.", "public"),
    flag("is_spring_festival", "Day of the Spring Festival holiday."),
)

USAGE_MONTH: tuple[Column, ...] = (
    count("read_days", "Days with a reading.", "day"),
    count("silent_days", "Days with at most 1 kWh.", "day"),
    count("estimated_days", "Days with an estimated reading.", "day"),
    count("workday_days", "Working days with a reading.", "day"),
    energy("workday_kwh", "Energy on working days."),
    count("restday_days", "Days off with a reading.", "day"),
    energy("restday_kwh", "Energy on days off."),
    count("spring_festival_days", "Days of the Spring Festival holiday with a reading.", "day"),
    energy("spring_festival_kwh", "Energy on days of the Spring Festival holiday."),
    energy("day_max_kwh", "Largest daily energy."),
)

COVERAGE: tuple[Column, ...] = (
    text("customer_group", "all, or the city of the customers: name of GB/T 2260, else its code; unknown without one."),
    count("due_count", "Records that the month's own archive makes due; null where nothing says so.", "row"),
    count(
        "expected_count",
        "Records due in the month, else the channel's own level of the twelve months before; null where it has none.",
        "row",
    ),
    ratio("coverage_ratio", "Records received over records expected; above 1 where more came."),
    count("history_months", "Months, of the twelve before, that the expected band is made from.", "month"),
    ratio("usual_coverage_ratio", "Median coverage of the twelve months before."),
    ratio("spread_coverage_ratio", "Spread of coverage over them: 1.4826 times the median absolute deviation."),
    ratio("low_coverage_ratio", "Least coverage that history expects; below it the month is thin."),
    text("coverage_status", "ok, thin, missing, absent (not in the profile) or unexpected (nothing was due)."),
)

BILLING_MONTH: tuple[Column, ...] = (
    count("bill_count", "Bills, corrections included.", "bill"),
    count("correction_count", "Bills that correct others: 追补, 退补 or 红冲.", "bill"),
    energy("correction_kwh", "Energy of the corrections."),
    money("correction_cny", "Money of the corrections."),
    date("usage_month", "Month in which the energy was used, first day."),
    text("read_method", "How the energy was got from the readings; unknown where they do not say it."),
)

SEGMENTS_AND_RULES: tuple[Column, ...] = (
    text("method", "Method that made the segments."),
    count("cluster_id", "Number of the segment, 1 is the one with the largest usage.", "id"),
    text("cluster_name", "Name of the segment from what sets it apart."),
    text("feature", "Feature that is described."),
    number("mean", "Mean, or the expected value of a forecast.", "as measure"),
    number("median", "Median.", "as feature"),
    count("customer_count", "Customers.", "customer"),
    text("item", "Product held or behaviour shown."),
    text("algorithm", "Algorithm that found the itemsets."),
    text("itemset", "Items joined by ' + ' in sorted order."),
    count("item_count", "Items in the set.", "item"),
    ratio("support", "Share of baskets that hold all items."),
    count("basket_count", "Baskets that hold all items.", "basket"),
    text("antecedent", "Items on the left of the rule, joined by ' + '."),
    text("consequent", "Items on the right of the rule, joined by ' + '."),
    ratio("confidence", "Share of the baskets with the antecedent that hold the consequent as well."),
    number("lift", "Confidence over the consequent's support; 1 is independence.", "factor"),
)

SCORES: tuple[Column, ...] = (
    text("label", "Outcome that is predicted."),
    count("horizon_months", "Months in which the outcome is looked for, after a gap of one month.", "month"),
    date("as_of_month", "Month at whose end the outcome was still unknown."),
    text("event_kind", "Kind of the event: closure or capacity_cut, null where there was none."),
    date("event_month", "Month of the event, null where there was none."),
    text("model", "Model, or naive rule, that made the number."),
    ratio("probability", "Probability of the outcome within the horizon."),
    count("decile", "Tenth of the customers by risk, 1 is the highest.", "decile"),
    text("reason_1", "First reason for the score."),
    text("reason_2", "Second reason for the score."),
    text("reason_3", "Third reason for the score."),
    text("metric", "Name of the quality figure."),
    number("value", "The figure.", "as metric"),
    number("naive_value", "The same figure of the naive rule.", "as metric"),
    count("n", "Cases behind the figure.", "case"),
    count("n_events", "Events behind the figure.", "event"),
    text("outcome_label", "Outcome that the source delivers, named by the profile."),
)

FORECASTS: tuple[Column, ...] = (
    text("level", "Level of a series: customer, account, industry, division or province; or of a roll-up's members."),
    text("series_id", "Identifier of the series on its level."),
    text("measure", "kwh, cny, or kwh_daily for the daily load."),
    date("target_month", "Month that is forecast, first day."),
    date("target_date", "Day that is forecast."),
    count("horizon", "Months from the origin to the target.", "month"),
    number("lo_80", "Lower bound of the 80% interval.", "as measure"),
    number("hi_80", "Upper bound of the 80% interval.", "as measure"),
    number("lo_95", "Lower bound of the 95% interval.", "as measure"),
    number("hi_95", "Upper bound of the 95% interval.", "as measure"),
)

DERIVED_COLUMNS = (
    *(QUALITY, REFERENCE, USAGE_MONTH, BILLING_MONTH, COVERAGE),
    *(SEGMENTS_AND_RULES, SCORES, FORECASTS),
)
