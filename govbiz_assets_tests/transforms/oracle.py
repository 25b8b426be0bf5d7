# ruff: noqa: E501 -- SQL reads better unbroken
"""The features once more, by hand in SQL: date ranges, statistics functions and subqueries instead of an as-of panel.

Tables: base(month, customer_id, division_code, e = last day of the month), accounts, usage, bills, payments, tickets,
subscriptions, weather. `m(k)` is the first day of the month k months before the row's.
"""

from __future__ import annotations

PRELUDE = """
CREATE OR REPLACE TEMP VIEW open_accounts AS
  SELECT * FROM accounts
  WHERE coalesce(closed_date, DATE '9999-01-01') > last_day(month) AND coalesce(account_status, '') <> '已销户';
CREATE OR REPLACE TEMP VIEW base AS
  SELECT c.month, c.customer_id, c.division_code, last_day(c.month) AS e,
    (c.month - INTERVAL 2 MONTH)::DATE AS m2, (c.month - INTERVAL 11 MONTH)::DATE AS m11
  FROM customers c
  WHERE EXISTS (FROM open_accounts a WHERE a.month = c.month AND a.customer_id = c.customer_id);
CREATE OR REPLACE TEMP VIEW cu AS
  SELECT a.customer_id, u.month, sum(u.kwh)::DOUBLE AS kwh, sum(kwh_sharp)::DOUBLE AS s, sum(kwh_peak)::DOUBLE AS p,
    sum(kwh_flat)::DOUBLE AS f, sum(kwh_valley)::DOUBLE AS v, sum(kwh_deep)::DOUBLE AS d, sum(read_days) AS days,
    sum(silent_days) AS silent, sum(estimated_days) AS estimated, sum(workday_days) AS wd, sum(restday_days) AS rd,
    sum(workday_kwh)::DOUBLE AS wk, sum(restday_kwh)::DOUBLE AS rk, sum(spring_festival_days) AS fd,
    sum(spring_festival_kwh)::DOUBLE AS fk, sum(day_max_kwh)::DOUBLE AS top
  FROM usage u JOIN accounts a USING (month, account_id) GROUP BY ALL;
CREATE OR REPLACE TEMP VIEW cb AS
  SELECT b.*, a.customer_id FROM bills b JOIN accounts a USING (month, account_id);
CREATE OR REPLACE TEMP VIEW cp AS
  SELECT p.*, a.customer_id FROM payments p JOIN accounts a USING (month, account_id);
CREATE OR REPLACE TEMP VIEW matched AS
  SELECT b.customer_id, b.bill_id, b.month AS bill_month_, b.issued_date, b.due_date, b.total_cny, p.paid_date, p.paid_cny,
    p.month AS pay_month, p.payment_id
  FROM cb b JOIN cp p ON p.bill_id = b.bill_id
  WHERE p.month BETWEEN b.month - INTERVAL 1 MONTH AND b.month + INTERVAL 9 MONTH;
CREATE OR REPLACE TEMP VIEW ct AS
  SELECT t.*, a.customer_id FROM tickets t JOIN accounts a USING (month, account_id);
"""

QUERIES = {
    "accounts": """
      SELECT b.month, b.customer_id, count(*) AS account_count,
        max(date_diff('day', a.opened_date, b.e)) / 30.4375 AS tenure_months, max(a.voltage_kv) AS voltage_max_kv,
        bool_or(a.tariff_system = '两部制') AS is_two_part_tariff, bool_or(a.is_market_traded) AS has_market_account,
        min(date_diff('day', b.e, a.contract_end_date)) / 30.4375 AS contract_left_months,
        sum(a.contract_kva) AS contract_kva, sum(a.run_kva) AS run_kva, sum(a.run_kva) / sum(a.contract_kva) AS run_contract_ratio
      FROM base b JOIN open_accounts a USING (month, customer_id) GROUP BY ALL""",
    "usage": """
      SELECT b.month, b.customer_id, sum(kwh) FILTER (u.month = b.month) AS kwh_month,
        sum(kwh) FILTER (u.month >= m2) AS kwh_3m, sum(kwh) FILTER (u.month >= m11) AS kwh_12m,
        count(*) FILTER (u.month >= m11) AS usage_months,
        stddev_pop(kwh) FILTER (u.month >= m11) / avg(kwh) FILTER (u.month >= m11) AS kwh_variation_ratio,
        CASE WHEN count(*) FILTER (u.month >= m11) > 1 THEN regr_slope(kwh, year(u.month) * 12 + month(u.month))
          FILTER (u.month >= m11) / avg(kwh) FILTER (u.month >= m11) END AS kwh_trend_ratio,
        date_diff('month', (SELECT max(t.month) FROM cu t WHERE t.customer_id = b.customer_id
            AND t.month BETWEEN b.m11 AND b.month AND t.kwh >= ALL (SELECT s.kwh FROM cu s
            WHERE s.customer_id = b.customer_id AND s.month BETWEEN b.m11 AND b.month)), b.month) AS months_since_kwh_max,
        sum(silent) FILTER (u.month = b.month) / sum(days) FILTER (u.month = b.month) AS silent_day_ratio,
        sum(estimated) FILTER (u.month = b.month) / sum(days) FILTER (u.month = b.month) AS estimated_day_ratio,
        sum(silent) FILTER (u.month >= m2) / sum(days) FILTER (u.month >= m2) AS silent_day_3m_ratio,
        (sum(rk) FILTER (u.month >= m2) / sum(rd) FILTER (u.month >= m2))
          / (sum(wk) FILTER (u.month >= m2) / sum(wd) FILTER (u.month >= m2)) AS restday_workday_ratio,
        (sum(fk) FILTER (u.month >= m11) / sum(fd) FILTER (u.month >= m11))
          / (sum(wk) FILTER (u.month >= m11) / sum(wd) FILTER (u.month >= m11)) AS spring_festival_ratio,
        max(top) FILTER (u.month >= m2) * sum(days) FILTER (u.month >= m2) / sum(kwh) FILTER (u.month >= m2)
          AS day_max_mean_ratio,
        coalesce(sum(kwh) FILTER (u.month >= m11 AND month(u.month) IN (7, 8, 9)), 0) / sum(kwh) FILTER (u.month >= m11)
          AS kwh_summer_ratio,
        coalesce(sum(kwh) FILTER (u.month >= m11 AND month(u.month) IN (12, 1, 2)), 0) / sum(kwh) FILTER (u.month >= m11)
          AS kwh_winter_ratio,
        sum(s) FILTER (u.month >= m2) / sum(kwh) FILTER (u.month >= m2) AS sharp_ratio,
        sum(p) FILTER (u.month >= m2) / sum(kwh) FILTER (u.month >= m2) AS peak_ratio,
        sum(f) FILTER (u.month >= m2) / sum(kwh) FILTER (u.month >= m2) AS flat_ratio,
        sum(v) FILTER (u.month >= m2) / sum(kwh) FILTER (u.month >= m2) AS valley_ratio,
        sum(d) FILTER (u.month >= m2) / sum(kwh) FILTER (u.month >= m2) AS deep_ratio,
        (coalesce(sum(s) FILTER (u.month >= m2), 0) + sum(p) FILTER (u.month >= m2))
          / (coalesce(sum(d) FILTER (u.month >= m2), 0) + sum(v) FILTER (u.month >= m2)) AS peak_valley_ratio
      FROM base b JOIN cu u ON u.customer_id = b.customer_id
        AND u.month BETWEEN b.month - INTERVAL 14 MONTH AND b.month GROUP BY b.month, b.customer_id, m2, m11, b.e""",
    "changes": """
      SELECT n.month, n.customer_id, n.kwh / nullif(before.kwh, 0) - 1 AS kwh_month_change_ratio,
        n.kwh / nullif(ago.kwh, 0) - 1 AS kwh_year_change_ratio,
        CASE WHEN q.n = 3 AND l.n = 3 THEN q.kwh / nullif(l.kwh, 0) - 1 END AS kwh_3m_year_change_ratio,
        CASE WHEN q.n = 3 AND l.n = 3 THEN q.top / nullif(q.kwh, 0) - l.top / nullif(l.kwh, 0) END AS peak_year_change_ratio,
        CASE WHEN q.n = 3 AND l.n = 3 THEN q.low / nullif(q.kwh, 0) - l.low / nullif(l.kwh, 0) END AS valley_year_change_ratio
      FROM base b JOIN cu n USING (month, customer_id)
        LEFT JOIN cu before ON before.customer_id = b.customer_id AND before.month = b.month - INTERVAL 1 MONTH
        LEFT JOIN cu ago ON ago.customer_id = b.customer_id AND ago.month = b.month - INTERVAL 1 YEAR,
        LATERAL (SELECT count(*) AS n, sum(x.kwh) AS kwh, sum(x.p + coalesce(x.s, 0)) AS top, sum(x.v + coalesce(x.d, 0)) AS low
          FROM cu x WHERE x.customer_id = b.customer_id AND x.month BETWEEN b.m2 AND b.month) q,
        LATERAL (SELECT count(*) AS n, sum(x.kwh) AS kwh, sum(x.p + coalesce(x.s, 0)) AS top, sum(x.v + coalesce(x.d, 0)) AS low
          FROM cu x WHERE x.customer_id = b.customer_id
            AND x.month BETWEEN b.m2 - INTERVAL 1 YEAR AND b.month - INTERVAL 1 YEAR) l""",
    "capacity": """
      WITH steps AS (
        SELECT a.customer_id, a.month, bool_or(a.run_kva < p.run_kva) AS cut, bool_or(a.run_kva > p.run_kva) AS grown
        FROM accounts a JOIN accounts p ON p.account_id = a.account_id AND p.month = a.month - INTERVAL 1 MONTH GROUP BY ALL),
      closed AS (SELECT customer_id, date_trunc('month', min(closed_date)) AS month FROM accounts
        WHERE closed_date IS NOT NULL GROUP BY customer_id, account_id),
      used AS (SELECT customer_id, month, sum(run_kva) / sum(contract_kva) AS used FROM open_accounts GROUP BY ALL)
      SELECT b.month, b.customer_id,
        (SELECT count(*) FROM steps s WHERE s.customer_id = b.customer_id AND cut AND s.month BETWEEN b.m11 AND b.month)
          AS capacity_cut_12m_count,
        (SELECT count(*) FROM steps s WHERE s.customer_id = b.customer_id AND grown AND s.month BETWEEN b.m11 AND b.month)
          AS capacity_growth_12m_count,
        (SELECT date_diff('month', max(s.month), b.month) FROM steps s
          WHERE s.customer_id = b.customer_id AND cut AND s.month BETWEEN b.m11 AND b.month) AS capacity_cut_age_months,
        (SELECT count(*) FROM closed c WHERE c.customer_id = b.customer_id AND c.month BETWEEN b.m11 AND b.month)
          AS closed_account_12m_count,
        now.used - ago.used AS run_contract_change_3m_ratio
      FROM base b LEFT JOIN used now USING (month, customer_id)
        LEFT JOIN used ago ON ago.customer_id = b.customer_id AND ago.month = b.month - INTERVAL 3 MONTH""",
    "bills": """
      SELECT b.month, b.customer_id, sum(x.total_cny) FILTER (x.month = b.month) AS billed_month_cny,
        sum(x.total_cny) FILTER (x.month >= m11) AS billed_12m_cny,
        (sum(x.total_cny) FILTER (x.month = b.month))::DOUBLE
          / nullif(sum(x.total_cny) FILTER (x.month = b.month - INTERVAL 1 YEAR), 0)::DOUBLE - 1 AS billed_year_change_ratio,
        (sum(x.total_cny) FILTER (x.month >= m2))::DOUBLE / (sum(x.kwh) FILTER (x.month >= m2))::DOUBLE AS unit_price_cny_kwh,
        (sum(power_factor_cny) FILTER (x.month >= m2))::DOUBLE / (sum(energy_cny) FILTER (x.month >= m2))::DOUBLE
          AS power_factor_charge_ratio,
        (sum(basic_cny) FILTER (x.month >= m2))::DOUBLE / (sum(x.total_cny) FILTER (x.month >= m2))::DOUBLE
          AS basic_charge_ratio,
        count(*) FILTER (x.month >= m11 AND bill_kind <> '正常') AS bill_correction_12m_count
      FROM base b JOIN cb x ON x.customer_id = b.customer_id AND x.month BETWEEN b.month - INTERVAL 12 MONTH AND b.month
      GROUP BY b.month, b.customer_id, m2, m11""",
    "debts": """
      WITH due AS (SELECT x.*, total_cny > 0 AND total_cny > coalesce((SELECT sum(y.paid_cny) FROM matched y
          WHERE y.bill_id = x.bill_id AND y.paid_date <= x.due_date), 0) AS late FROM cb x WHERE due_date IS NOT NULL),
      facts AS (
        SELECT b.month, b.customer_id, count(*) FILTER (late AND d.month >= m2) AS late_3m_count,
          count(*) FILTER (late) AS late_12m_count,
          sum(d.total_cny - coalesce((SELECT sum(y.paid_cny) FROM matched y WHERE y.bill_id = d.bill_id
            AND y.pay_month <= b.month), 0)) AS balance
        FROM base b JOIN due d ON d.customer_id = b.customer_id AND d.month BETWEEN m11 AND b.month AND d.due_date <= b.e
        GROUP BY b.month, b.customer_id)
      SELECT month, customer_id, late_3m_count, late_12m_count, greatest(balance, 0) AS owed_cny FROM facts""",
    "payments": """
      SELECT b.month, b.customer_id,
        (SELECT avg(date_diff('day', y.issued_date, y.paid_date)) FROM matched y WHERE y.customer_id = b.customer_id
          AND y.pay_month BETWEEN b.m2 AND b.month) AS days_to_pay,
        sum(p.paid_cny * (p.payment_kind IS NOT DISTINCT FROM '预收')::INT) AS prepaid_12m_cny,
        count(DISTINCT p.payment_channel) AS payment_channel_12m_count,
        count(*) FILTER (p.paid_cny < 0) AS returned_payment_12m_count
      FROM base b JOIN cp p ON p.customer_id = b.customer_id AND p.month BETWEEN m11 AND b.month GROUP BY ALL""",
    "parts": """
      WITH parts AS (SELECT b.month, b.customer_id, y.bill_id FROM base b JOIN matched y ON y.customer_id = b.customer_id
          AND y.paid_cny > 0 AND y.bill_month_ BETWEEN b.m11 AND b.month AND y.pay_month <= b.month
        GROUP BY ALL HAVING count(*) > 1)
      SELECT b.month, b.customer_id, count(p.bill_id) AS partial_12m_count
      FROM base b LEFT JOIN parts p USING (month, customer_id)
      WHERE p.bill_id IS NOT NULL OR EXISTS (FROM cb x WHERE x.customer_id = b.customer_id
        AND x.month BETWEEN b.m11 AND b.month AND x.due_date <= b.e) GROUP BY ALL""",
    "tickets": """
      SELECT b.month, b.customer_id, count(t.ticket_id) FILTER (t.month = b.month) AS ticket_month_count,
        count(t.ticket_id) FILTER (t.month >= m2) AS ticket_3m_count, count(t.ticket_id) AS ticket_12m_count,
        count(t.ticket_id) FILTER (t.month >= m2 AND ticket_type IN ('投诉', '举报')) AS complaint_3m_count,
        count(t.ticket_id) FILTER (ticket_type IN ('投诉', '举报')) AS complaint_12m_count,
        count(t.ticket_id) FILTER (ticket_type = '报修') AS repair_12m_count,
        count(t.ticket_id) FILTER (is_repeated) AS repeated_12m_count, avg(satisfaction_score) AS satisfaction_mean,
        avg(call_seconds) AS call_mean_seconds, date_diff('day', max(handled_at)::DATE, b.e) AS ticket_age_days
      FROM base b LEFT JOIN ct t ON t.customer_id = b.customer_id AND t.month BETWEEN m11 AND b.month
      GROUP BY b.month, b.customer_id, b.e, m2""",
    "products": """
      SELECT b.month, b.customer_id,
        (SELECT count(*) FROM subscriptions s WHERE s.customer_id = b.customer_id AND s.month = b.month
          AND coalesce(started_date, b.e) <= b.e AND coalesce(ended_date, DATE '9999-01-01') > b.e) AS product_count,
        (SELECT coalesce(sum(fee_cny), 0) FROM subscriptions s WHERE s.customer_id = b.customer_id AND s.month = b.month
          AND coalesce(started_date, b.e) <= b.e AND coalesce(ended_date, DATE '9999-01-01') > b.e) AS product_fee_cny,
        (SELECT count(*) FROM subscriptions s WHERE s.customer_id = b.customer_id AND s.month BETWEEN b.m11 AND b.month
          AND s.started_date BETWEEN s.month AND last_day(s.month)) AS product_started_12m_count,
        (SELECT count(*) FROM subscriptions s WHERE s.customer_id = b.customer_id AND s.month BETWEEN b.m11 AND b.month
          AND s.ended_date BETWEEN s.month AND last_day(s.month)) AS product_ended_12m_count
      FROM base b""",
    "weather": """
      WITH days AS (SELECT month, division_code, (temperature_max_c + temperature_min_c) / 2 AS t FROM weather),
      sums AS (SELECT month, division_code, sum(greatest(t - 26, 0)) AS cooling, sum(greatest(5 - t, 0)) AS heating
        FROM days GROUP BY ALL)
      SELECT b.month, b.customer_id,
        coalesce(own.cooling, city.cooling) AS cooling_degree_days, coalesce(own.heating, city.heating) AS heating_degree_days
      FROM base b LEFT JOIN sums own USING (month, division_code)
        LEFT JOIN sums city ON city.month = b.month AND city.division_code = left(b.division_code, 4) || '00'""",
}
