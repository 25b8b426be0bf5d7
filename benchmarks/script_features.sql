-- The 72 features as one would write them by hand for speed, from the cleaned tables in out.
--
-- What makes it fast: customers are numbered, a month is a whole number, and a look back is a range over a customer's
-- months in order (usage), or a month of history copied to each of the as-of months that see it (everything else).

-- section: people
CREATE MACRO mm(day) AS year(day) * 12 + month(day);
CREATE MACRO ratio(a, b) AS CASE WHEN CAST(b AS DOUBLE) <> 0 THEN CAST(a AS DOUBLE) / CAST(b AS DOUBLE) END;
CREATE MACRO exact(x) AS CAST(x AS DECIMAL(18, 3));
-- One whole number for a customer and a month.
CREATE MACRO at_key(c, m) AS c * 65536 + m;
CREATE TEMP TABLE person AS
SELECT customer_id, row_number() OVER () AS c FROM (SELECT DISTINCT customer_id FROM out.cleaned.customer_monthly);
CREATE TEMP TABLE account AS
SELECT a.account_id, p.c, mm(a.month) AS m, last_day(a.month) AS ends, a.month, a.contract_kva, a.run_kva,
       a.opened_date, a.closed_date, a.contract_end_date, a.voltage_kv, a.tariff_system, a.is_market_traded,
       (a.closed_date IS NULL OR a.closed_date > last_day(a.month)) AND coalesce(a.account_status, '') <> '已销户' AS is_open
FROM out.cleaned.account_monthly a JOIN person p USING (customer_id);
CREATE TEMP TABLE owner AS SELECT account_id, m, c FROM account;
CREATE TEMP TABLE last_month AS SELECT max(mm(month)) AS m FROM out.cleaned.customer_monthly;

-- section: accounts
CREATE TEMP TABLE f_account AS
SELECT at_key(c, m) AS k, count(*) AS account_count, max(CAST(ends - opened_date AS DOUBLE) / 30.4375) AS tenure_months,
       max(voltage_kv) AS voltage_max_kv, bool_or(tariff_system = '两部制') AS is_two_part_tariff,
       bool_or(is_market_traded) AS has_market_account,
       min(CAST(contract_end_date - ends AS DOUBLE) / 30.4375) AS contract_left_months,
       CAST(sum(exact(contract_kva)) AS DOUBLE) AS contract_kva, CAST(sum(exact(run_kva)) AS DOUBLE) AS run_kva
FROM account WHERE is_open GROUP BY c, m;

-- section: capacity
CREATE TEMP TABLE f_capacity AS
WITH steps AS (
    SELECT *, coalesce(lag(m) OVER before = m - 1, false) AS follows, lag(run_kva) OVER before AS before_kva,
           lag(is_open) OVER before AS before_open
    FROM account WINDOW before AS (PARTITION BY account_id ORDER BY m)),
history AS (
    SELECT c, m, exact(sum(exact(CASE WHEN is_open THEN contract_kva END))) AS contract_kva,
           exact(sum(exact(CASE WHEN is_open THEN run_kva END))) AS run_kva,
           bool_or(follows AND run_kva < before_kva) AS cut, bool_or(follows AND run_kva > before_kva) AS grown,
           count_if(NOT is_open AND (coalesce(date_trunc('month', closed_date) = month, false)
                    OR (follows AND before_open))) AS closed
    FROM steps GROUP BY c, m),
seen AS (
    SELECT at_key(c, m + age) AS k, age, h.* EXCLUDE (c, m) FROM history h, range(0, 12) r(age)
    WHERE m + age <= (SELECT m FROM last_month)),
totals AS (
    SELECT k, sum(run_kva) FILTER (age = 0) AS run_now, sum(contract_kva) FILTER (age = 0) AS contract_now,
           sum(run_kva) FILTER (age = 3) AS run_before, sum(contract_kva) FILTER (age = 3) AS contract_before,
           count(run_kva) AS known_months, count_if(cut) AS cuts, count_if(grown) AS growths,
           min(age) FILTER (cut) AS cut_age, sum(closed) AS closed
    FROM seen GROUP BY k)
SELECT k, ratio(run_now, contract_now) AS run_contract_ratio,
       ratio(run_now, contract_now) - ratio(run_before, contract_before) AS run_contract_change_3m_ratio,
       CASE WHEN known_months > 0 THEN cuts END AS capacity_cut_12m_count,
       CASE WHEN known_months > 0 THEN growths END AS capacity_growth_12m_count,
       CAST(cut_age AS DOUBLE) AS capacity_cut_age_months,
       CASE WHEN known_months > 0 THEN closed END AS closed_account_12m_count
FROM totals;

-- section: usage
-- Every look back of usage is a range over the customer's months in order; months of active customers without usage
-- stand in the row as well.
CREATE TEMP TABLE f_usage AS
WITH history AS (
    SELECT o.c, o.m, month(u.month) AS season, exact(sum(kwh)) AS kwh, exact(sum(kwh_sharp)) AS sharp,
           exact(sum(kwh_peak)) AS peak, exact(sum(kwh_flat)) AS flat, exact(sum(kwh_valley)) AS valley,
           exact(sum(kwh_deep)) AS deep, exact(sum(workday_kwh)) AS work_kwh, exact(sum(restday_kwh)) AS rest_kwh,
           exact(sum(spring_festival_kwh)) AS fest_kwh, CAST(sum(read_days) AS INTEGER) AS days,
           CAST(sum(silent_days) AS INTEGER) AS silent, CAST(sum(estimated_days) AS INTEGER) AS estimated,
           CAST(sum(workday_days) AS INTEGER) AS work_days, CAST(sum(restday_days) AS INTEGER) AS rest_days,
           CAST(sum(spring_festival_days) AS INTEGER) AS fest_days, exact(sum(day_max_kwh)) AS day_max
    FROM out.cleaned.usage_monthly u JOIN owner o ON o.account_id = u.account_id AND o.m = mm(u.month)
    GROUP BY o.c, o.m, u.month),
line AS (
    SELECT h.* EXCLUDE (c, m), coalesce(h.c, r.c) AS c, coalesce(h.m, r.m) AS m, h.m - 22800 AS h_x,
           CAST(kwh AS DECIMAL(38, 3)) * kwh AS square, CAST(kwh AS DECIMAL(38, 3)) * (h.m - 22800) AS by_x,
           CAST(CAST(kwh AS DOUBLE) * 1000 AS BIGINT) * 4096 + h.m - 22800 AS peak_order,
           CASE WHEN season IN (7, 8, 9) THEN kwh END AS summer, CASE WHEN season IN (12, 1, 2) THEN kwh END AS winter
    FROM history h
    FULL JOIN (SELECT p.c, mm(month) AS m FROM out.cleaned.customer_monthly JOIN person p USING (customer_id)) r
        ON r.c = h.c AND r.m = h.m),
totals AS (
    SELECT at_key(c, m) AS k, m - 22800 AS x, kwh AS kwh_0, sum(kwh) OVER (PARTITION BY c ORDER BY m RANGE BETWEEN 1 PRECEDING AND 1 PRECEDING) AS kwh_1,
           sum(kwh) OVER (PARTITION BY c ORDER BY m RANGE BETWEEN 12 PRECEDING AND 12 PRECEDING) AS kwh_12, sum(kwh) OVER q AS kwh_q,
           sum(kwh) OVER l AS kwh_l, count(days) OVER l AS months_l, count(days) OVER q AS months_q,
           count(days) OVER (PARTITION BY c ORDER BY m RANGE BETWEEN 14 PRECEDING AND CURRENT ROW) AS months_seen,
           sum(kwh) OVER y AS kwh_y, sum(square) OVER y AS squares, sum(by_x) OVER y AS by_x, count(days) OVER y AS n,
           sum(h_x) OVER y AS xs, sum(h_x * h_x) OVER y AS x_squares, max(peak_order) OVER y AS peak_order,
           silent AS silent_0, days AS days_0, estimated AS estimated_0, sum(silent) OVER q AS silent_q,
           sum(days) OVER q AS days_q, sum(work_kwh) OVER q AS work_kwh_q, sum(work_days) OVER q AS work_days_q,
           sum(rest_kwh) OVER q AS rest_kwh_q, sum(rest_days) OVER q AS rest_days_q, sum(work_kwh) OVER y AS work_kwh_y,
           sum(work_days) OVER y AS work_days_y, sum(fest_kwh) OVER y AS fest_kwh, sum(fest_days) OVER y AS fest_days,
           max(day_max) OVER q AS day_max, sum(summer) OVER y AS summer, sum(winter) OVER y AS winter,
           sum(sharp) OVER q AS sharp_q, sum(peak) OVER q AS peak_q, sum(flat) OVER q AS flat_q,
           sum(valley) OVER q AS valley_q, sum(deep) OVER q AS deep_q, sum(sharp) OVER l AS sharp_l,
           sum(peak) OVER l AS peak_l, sum(valley) OVER l AS valley_l, sum(deep) OVER l AS deep_l
    FROM line
    WINDOW q AS (PARTITION BY c ORDER BY m RANGE BETWEEN 2 PRECEDING AND CURRENT ROW),
           y AS (PARTITION BY c ORDER BY m RANGE BETWEEN 11 PRECEDING AND CURRENT ROW),
           l AS (PARTITION BY c ORDER BY m RANGE BETWEEN 14 PRECEDING AND 12 PRECEDING)),
named AS (
    SELECT *, CAST(kwh_y AS DECIMAL(38, 3)) AS wide, CAST(kwh_y AS DOUBLE) / n AS mean,
           months_q = 3 AND months_l = 3 AS has_last_year,
           peak_q + coalesce(sharp_q, 0) AS high_q, valley_q + coalesce(deep_q, 0) AS low_q,
           peak_l + coalesce(sharp_l, 0) AS high_l, valley_l + coalesce(deep_l, 0) AS low_l
    FROM totals WHERE months_seen > 0)
SELECT k, n AS usage_months, exact(kwh_0) AS kwh_month, exact(kwh_q) AS kwh_3m, exact(kwh_y) AS kwh_12m,
       ratio(kwh_0, kwh_1) - 1 AS kwh_month_change_ratio, ratio(kwh_0, kwh_12) - 1 AS kwh_year_change_ratio,
       CASE WHEN has_last_year THEN ratio(kwh_q, kwh_l) - 1 END AS kwh_3m_year_change_ratio,
       ratio(ratio(CAST(n * by_x - xs * wide AS DOUBLE), n * x_squares - xs * xs), mean) AS kwh_trend_ratio,
       ratio(sqrt(CAST(n * squares - wide * wide AS DOUBLE)) / n, mean) AS kwh_variation_ratio,
       x - peak_order % 4096 AS months_since_kwh_max, ratio(silent_0, days_0) AS silent_day_ratio,
       ratio(silent_q, days_q) AS silent_day_3m_ratio, ratio(estimated_0, days_0) AS estimated_day_ratio,
       ratio(ratio(rest_kwh_q, rest_days_q), ratio(work_kwh_q, work_days_q)) AS restday_workday_ratio,
       ratio(ratio(fest_kwh, fest_days), ratio(work_kwh_y, work_days_y)) AS spring_festival_ratio,
       ratio(day_max, ratio(kwh_q, days_q)) AS day_max_mean_ratio,
       ratio(coalesce(summer, 0), kwh_y) AS kwh_summer_ratio, ratio(coalesce(winter, 0), kwh_y) AS kwh_winter_ratio,
       ratio(sharp_q, kwh_q) AS sharp_ratio, ratio(peak_q, kwh_q) AS peak_ratio, ratio(flat_q, kwh_q) AS flat_ratio,
       ratio(valley_q, kwh_q) AS valley_ratio, ratio(deep_q, kwh_q) AS deep_ratio,
       CASE WHEN peak_q IS NOT NULL AND kwh_q > 0 THEN ratio(high_q, low_q) END AS peak_valley_ratio,
       CASE WHEN has_last_year THEN ratio(high_q, kwh_q) - ratio(high_l, kwh_l) END AS peak_year_change_ratio,
       CASE WHEN has_last_year THEN ratio(low_q, kwh_q) - ratio(low_l, kwh_l) END AS valley_year_change_ratio
FROM named;

-- section: billed
CREATE TEMP TABLE f_billed AS
WITH history AS (
    SELECT o.c, o.m, exact(sum(total_cny)) AS total, exact(sum(exact(energy_cny))) AS energy,
           exact(sum(exact(basic_cny))) AS basic, exact(sum(exact(power_factor_cny))) AS factor,
           exact(sum(kwh)) AS kwh, count_if(coalesce(bill_kind, '正常') <> '正常') AS corrections
    FROM out.cleaned.bill b JOIN owner o ON o.account_id = b.account_id AND o.m = mm(b.month) GROUP BY o.c, o.m),
seen AS (
    SELECT at_key(c, m + age) AS k, age, h.* EXCLUDE (c, m) FROM history h, range(0, 13) r(age)
    WHERE m + age <= (SELECT m FROM last_month)),
totals AS (
    SELECT k, sum(total) FILTER (age = 0) AS now, sum(total) FILTER (age = 12) AS year_ago,
           sum(total) FILTER (age < 12) AS total_y, sum(total) FILTER (age < 3) AS total_q,
           sum(kwh) FILTER (age < 3) AS kwh_q, sum(energy) FILTER (age < 3) AS energy_q,
           sum(basic) FILTER (age < 3) AS basic_q, sum(factor) FILTER (age < 3) AS factor_q,
           sum(corrections) FILTER (age < 12) AS corrections
    FROM seen GROUP BY k)
SELECT k, CAST(now AS DECIMAL(18, 2)) AS billed_month_cny, CAST(total_y AS DECIMAL(18, 2)) AS billed_12m_cny,
       ratio(now, year_ago) - 1 AS billed_year_change_ratio, ratio(total_q, kwh_q) AS unit_price_cny_kwh,
       ratio(factor_q, energy_q) AS power_factor_charge_ratio, ratio(basic_q, total_q) AS basic_charge_ratio,
       corrections AS bill_correction_12m_count
FROM totals;

-- section: settled
CREATE TEMP TABLE matched AS
SELECT b.bill_id, b.c, b.m AS bill_m, b.due_m, b.issued_date, b.due_date, p.payment_id, p.m AS pay_m, p.paid_date, p.paid_cny
FROM (SELECT b.bill_id, o.c, o.m, mm(b.due_date) AS due_m, b.issued_date, b.due_date
      FROM out.cleaned.bill b JOIN owner o ON o.account_id = b.account_id AND o.m = mm(b.month)) b
JOIN (SELECT p.bill_id, p.payment_id, o.m, p.paid_date, p.paid_cny
      FROM out.cleaned.payment p JOIN owner o ON o.account_id = p.account_id AND o.m = mm(p.month)) p
ON p.bill_id = b.bill_id
WHERE p.m - b.m BETWEEN -1 AND 9;
CREATE TEMP TABLE f_settled AS
WITH entries AS (
    SELECT o.c, o.m, mm(b.due_date) AS known, CAST(b.total_cny AS DECIMAL(38, 2)) AS amount,
           CAST(b.total_cny > 0 AND coalesce(t.paid, 0) < b.total_cny AS INTEGER) AS late, 0 AS part
    FROM out.cleaned.bill b JOIN owner o ON o.account_id = b.account_id AND o.m = mm(b.month)
    LEFT JOIN (SELECT bill_id, sum(paid_cny) AS paid FROM matched WHERE paid_date <= due_date GROUP BY bill_id) t
        ON t.bill_id = b.bill_id
    WHERE b.due_date IS NOT NULL
    UNION ALL
    SELECT c, bill_m, greatest(due_m, pay_m), -CAST(paid_cny AS DECIMAL(38, 2)), 0, 0 FROM matched WHERE due_m IS NOT NULL
    UNION ALL
    SELECT c, bill_m, pay_m, 0, 0, 1 FROM (
        SELECT *, row_number() OVER (PARTITION BY bill_id ORDER BY paid_date, payment_id) AS turn
        FROM matched SEMI JOIN (SELECT bill_id FROM matched WHERE paid_cny > 0 GROUP BY bill_id HAVING count(*) > 1)
            USING (bill_id)
        WHERE paid_cny > 0) WHERE turn = 2),
monthly AS (
    SELECT c, m, known, sum(amount) AS amount, sum(late) AS late, sum(part) AS part FROM entries GROUP BY c, m, known),
totals AS (
    SELECT at_key(c, m + age) AS k, sum(amount) AS balance, sum(late) FILTER (age < 3) AS late_q, sum(late) AS late_y,
           sum(part) AS parts
    FROM monthly, range(0, 12) r(age) WHERE m + age >= known AND m + age <= (SELECT m FROM last_month) GROUP BY k)
SELECT k, coalesce(late_q, 0) AS late_3m_count, late_y AS late_12m_count, parts AS partial_12m_count,
       CAST(greatest(balance, 0) AS DECIMAL(18, 2)) AS owed_cny
FROM totals;

-- section: paid
-- Fewer than 63 payment channels: a set of them is a number.
CREATE TEMP TABLE f_paid AS
WITH channels AS (
    SELECT payment_channel, 1::BIGINT << (row_number() OVER ())::INTEGER AS bit
    FROM (SELECT DISTINCT payment_channel FROM out.cleaned.payment WHERE payment_channel IS NOT NULL)),
history AS (
    SELECT o.c, o.m, sum(CASE WHEN p.payment_kind = '预收' THEN p.paid_cny ELSE 0 END) AS prepaid,
           count_if(p.paid_cny < 0) AS returned, coalesce(bit_or(s.bit), 0) AS used, NULL::BIGINT AS days,
           0 AS day_count
    FROM out.cleaned.payment p JOIN owner o ON o.account_id = p.account_id AND o.m = mm(p.month)
    LEFT JOIN channels s ON s.payment_channel = p.payment_channel GROUP BY o.c, o.m
    UNION ALL
    SELECT c, pay_m, 0, 0, 0, sum(paid_date - issued_date), count(issued_date) FROM matched GROUP BY c, pay_m),
totals AS (
    SELECT at_key(c, m + age) AS k, sum(days) FILTER (age < 3) AS days, sum(day_count) FILTER (age < 3) AS day_count,
           sum(prepaid) AS prepaid, bit_or(used) AS used, sum(returned) AS returned
    FROM history, range(0, 12) r(age) WHERE m + age <= (SELECT m FROM last_month) GROUP BY k)
SELECT k, ratio(days, day_count) AS days_to_pay, CAST(prepaid AS DECIMAL(18, 2)) AS prepaid_12m_cny,
       bit_count(used)::BIGINT AS payment_channel_12m_count, returned AS returned_payment_12m_count
FROM totals;

-- section: service
CREATE TEMP TABLE f_ticket AS
WITH history AS (
    SELECT o.c, o.m, count(*) AS n, count_if(ticket_type IN ('投诉', '举报')) AS complaints,
           count_if(ticket_type = '报修') AS repairs, count_if(is_repeated) AS repeated,
           sum(exact(satisfaction_score)) AS score, count(satisfaction_score) AS scores,
           sum(exact(call_seconds)) AS seconds, count(call_seconds) AS calls, max(handled_at)::DATE AS last_day
    FROM out.cleaned.ticket t JOIN owner o ON o.account_id = t.account_id AND o.m = mm(t.month) GROUP BY o.c, o.m),
totals AS (
    SELECT at_key(c, m + age) AS k, c, m + age AS seen_m, sum(n) FILTER (age = 0) AS n_0, sum(n) FILTER (age < 3) AS n_q,
           sum(n) AS n_y, sum(complaints) FILTER (age < 3) AS complaints_q, sum(complaints) AS complaints_y,
           sum(repairs) AS repairs, sum(repeated) AS repeated, sum(score) AS score, sum(scores) AS scores,
           sum(seconds) AS seconds, sum(calls) AS calls, max(last_day) AS last_day
    FROM history, range(0, 12) r(age) WHERE m + age <= (SELECT m FROM last_month) GROUP BY ALL)
SELECT k, n_0, n_q, n_y, complaints_q, complaints_y, repairs, repeated, ratio(score, scores) AS satisfaction_mean,
       ratio(seconds, calls) AS call_mean_seconds,
       CAST(last_day(make_date((seen_m - 1) // 12, (seen_m - 1) % 12 + 1, 1)) - last_day AS DOUBLE) AS ticket_age_days
FROM totals;
CREATE TEMP TABLE f_product AS
WITH history AS (
    SELECT p.c, mm(s.month) AS m, count_if(date_trunc('month', started_date) = month) AS started,
           count_if(date_trunc('month', ended_date) = month) AS ended,
           count_if((started_date IS NULL OR started_date <= last_day(month))
                    AND (ended_date IS NULL OR ended_date > last_day(month))) AS held,
           sum(fee_cny) FILTER ((started_date IS NULL OR started_date <= last_day(month))
                    AND (ended_date IS NULL OR ended_date > last_day(month))) AS fee
    FROM out.cleaned.subscription_monthly s JOIN person p USING (customer_id) GROUP BY ALL)
SELECT at_key(c, m + age) AS k, sum(started) AS started, sum(ended) AS ended, sum(held) FILTER (age = 0) AS held,
       CAST(sum(fee) FILTER (age = 0) AS DECIMAL(18, 2)) AS fee
FROM history, range(0, 12) r(age) WHERE m + age <= (SELECT m FROM last_month) GROUP BY k;

-- section: features
CREATE TEMP TABLE degree_days AS
SELECT month, division_code, CAST(sum(exact(greatest(mean - 26, 0))) AS DOUBLE) AS cooling,
       CAST(sum(exact(greatest(5 - mean, 0))) AS DOUBLE) AS heating
FROM (SELECT month, division_code, (temperature_max_c + temperature_min_c) / 2 AS mean FROM out.cleaned.weather_daily)
GROUP BY ALL;
CREATE TABLE out.features.customer_monthly AS
SELECT r.month, r.customer_id, r.division_code, r.industry_code, r.enterprise_scale, r.is_government, r.credit_grade,
       i.is_high_energy, a.contract_kva, a.run_kva,
       a.account_count, a.tenure_months, a.voltage_max_kv, a.is_two_part_tariff, a.has_market_account,
       a.contract_left_months, coalesce(own.cooling, city.cooling) AS cooling_degree_days,
       coalesce(own.heating, city.heating) AS heating_degree_days,
       u.kwh_month, u.kwh_3m, u.kwh_12m, u.kwh_month_change_ratio, u.kwh_year_change_ratio, u.kwh_3m_year_change_ratio,
       u.kwh_trend_ratio, u.kwh_variation_ratio, u.usage_months, u.months_since_kwh_max, u.silent_day_ratio,
       u.silent_day_3m_ratio, u.estimated_day_ratio, u.restday_workday_ratio, u.spring_festival_ratio,
       u.day_max_mean_ratio, u.kwh_summer_ratio, u.kwh_winter_ratio, u.sharp_ratio, u.peak_ratio, u.flat_ratio,
       u.valley_ratio, u.deep_ratio, u.peak_valley_ratio, u.peak_year_change_ratio, u.valley_year_change_ratio,
       c.run_contract_ratio, c.run_contract_change_3m_ratio, ratio(u.kwh_month, a.run_kva) AS kwh_per_kva,
       ratio(u.kwh_month, a.run_kva * (day(last_day(r.month)) * 24)) AS load_factor_ratio, c.capacity_cut_12m_count,
       c.capacity_growth_12m_count, c.capacity_cut_age_months, c.closed_account_12m_count::BIGINT AS closed_account_12m_count,
       b.billed_month_cny, b.billed_12m_cny, b.billed_year_change_ratio, b.unit_price_cny_kwh,
       b.power_factor_charge_ratio, b.basic_charge_ratio, b.bill_correction_12m_count::BIGINT AS bill_correction_12m_count,
       p.days_to_pay, s.late_3m_count::BIGINT AS late_3m_count, s.late_12m_count::BIGINT AS late_12m_count,
       s.partial_12m_count::BIGINT AS partial_12m_count, s.owed_cny, ratio(s.owed_cny, b.billed_12m_cny) AS owed_ratio,
       p.prepaid_12m_cny, p.payment_channel_12m_count, p.returned_payment_12m_count::BIGINT AS returned_payment_12m_count,
       coalesce(t.n_0, 0)::BIGINT AS ticket_month_count, coalesce(t.n_q, 0)::BIGINT AS ticket_3m_count,
       coalesce(t.n_y, 0)::BIGINT AS ticket_12m_count, coalesce(t.complaints_q, 0)::BIGINT AS complaint_3m_count,
       coalesce(t.complaints_y, 0)::BIGINT AS complaint_12m_count, coalesce(t.repairs, 0)::BIGINT AS repair_12m_count,
       coalesce(t.repeated, 0)::BIGINT AS repeated_12m_count, t.satisfaction_mean, t.call_mean_seconds, t.ticket_age_days,
       coalesce(q.held, 0)::BIGINT AS product_count, coalesce(q.fee, 0)::DECIMAL(18, 2) AS product_fee_cny,
       coalesce(q.started, 0)::BIGINT AS product_started_12m_count, coalesce(q.ended, 0)::BIGINT AS product_ended_12m_count
FROM (SELECT m.*, at_key(n.c, mm(m.month)) AS k, left(m.division_code, 4) || '00' AS city_code
      FROM out.cleaned.customer_monthly m JOIN person n USING (customer_id)) r
JOIN f_account a ON a.k = r.k
LEFT JOIN f_usage u ON u.k = r.k LEFT JOIN f_capacity c ON c.k = r.k LEFT JOIN f_billed b ON b.k = r.k
LEFT JOIN f_settled s ON s.k = r.k LEFT JOIN f_paid p ON p.k = r.k LEFT JOIN f_ticket t ON t.k = r.k
LEFT JOIN f_product q ON q.k = r.k LEFT JOIN house.reference.industry i ON i.industry_code = r.industry_code
LEFT JOIN degree_days own ON own.month = r.month AND own.division_code = r.division_code
LEFT JOIN degree_days city ON city.month = r.month AND city.division_code = r.city_code;
