-- The cleaned layer as one would write it by hand for speed. Attached: vault (raw), house (reference), out (results).
-- Sections run in this order; a section marked "each month" runs once per month with $month in place of its first day.
--
-- What makes it fast: texts with few different values (dates, months, flags, numbers with units) are read once per
-- value and joined; readings are written in one pass that trusts the engine's casts and marks what they cannot read;
-- repeated readings are found by the same pass that sums the month.

-- section: macros
CREATE MACRO half_width(v) AS CASE WHEN v = '' THEN '' ELSE regexp_replace(
    translate(v, '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ．，－−＋（）／：　' || chr(160) || '￥',
                 '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.,--+()/:  ¥'),
    '^[\s　\x{a0}\x{feff}]+|[\s　\x{a0}\x{feff}]+$', '', 'g') END;
CREATE MACRO text_of(v) AS nullif(
    trim(v, ' ' || chr(9) || chr(10) || chr(12) || chr(13) || chr(12288) || chr(160) || chr(65279)), '');
CREATE MACRO code_of(v) AS CASE WHEN regexp_matches(v, '^[!-~]+$') THEN v ELSE nullif(half_width(v), '') END;
CREATE MACRO digits_of(v) AS replace(regexp_extract(
    regexp_replace(regexp_replace(half_width(v),
        '^\(\s*¥?\s*((?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)\s*(?:元|[kK][wW][hH]|千瓦时|度|℃|°C|[kK][vV]|千伏|[kK][vV][aA]|千伏安|[kK][wW]|秒|%)?\s*\)$', '-\1', 'g'),
        '^([+-])¥', '\1', 'g'),
    '^¥?\s*([+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?)\s*(?:元|[kK][wW][hH]|千瓦时|度|℃|°C|[kK][vV]|千伏|[kK][vV][aA]|千伏安|[kK][wW]|秒|%)?$', 1), ',', '');
CREATE MACRO energy_of(v) AS CASE WHEN v = '' THEN NULL ELSE
    coalesce(TRY_CAST(v AS DECIMAL(18, 3)), TRY_CAST(digits_of(v) AS DECIMAL(18, 3))) END;
CREATE MACRO money_of(v) AS CASE WHEN v = '' THEN NULL ELSE
    coalesce(TRY_CAST(v AS DECIMAL(18, 2)), TRY_CAST(digits_of(v) AS DECIMAL(18, 2))) END;
CREATE MACRO finite(n) AS CASE WHEN abs(n) < 'inf'::DOUBLE THEN n END;
CREATE MACRO double_of(v) AS CASE WHEN v = '' THEN NULL ELSE
    finite(coalesce(TRY_CAST(v AS DOUBLE), TRY_CAST(digits_of(v) AS DOUBLE))) END;
CREATE MACRO sane(day) AS CASE WHEN day BETWEEN DATE '1900-01-01' AND DATE '2099-12-31' THEN day END;
CREATE MACRO date_of(v) AS coalesce(
    CASE WHEN CAST(TRY_CAST(v AS DATE) AS VARCHAR) = v THEN sane(TRY_CAST(v AS DATE)) END,
    TRY_CAST(regexp_extract(regexp_replace(half_width(v),
        '^((?:19|20)\d{2})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))\s*(?:(?:星期|周|礼拜).)?(?:[ T]+(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:\s*\+08(?::?00)?)?)?$',
        '\1-\2\4-\3\5', 'g'), '^(?:19|20)\d{2}-\d{1,2}-\d{1,2}$', 0) AS DATE));
CREATE MACRO first_day(day) AS make_date(year(day), month(day), 1);
CREATE MACRO month_of(v) AS first_day(coalesce(
    TRY_CAST(regexp_extract(regexp_replace(half_width(v), '^((?:19|20)\d{2})(?:[-/.年](\d{1,2})月?|(\d{2}))$', '\1-\2\3-01', 'g'),
        '^(?:19|20)\d{2}-\d{1,2}-\d{1,2}$', 0) AS DATE), date_of(v)));
CREATE MACRO moment_of(v) AS coalesce(
    TRY_CAST(regexp_replace(regexp_extract(regexp_replace(half_width(v),
        '^((?:19|20)\d{2})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))\s*(?:(?:星期|周|礼拜).)?[ T]+((?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)(?:\s*\+08(?::?00)?)?$',
        '\1-\2\4-\3\5 \6', 'g'),
        '^(?:19|20)\d{2}-\d{1,2}-\d{1,2} (?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?$', 0),
        '^(\S+ \d{1,2}:\d{2})$', '\1:00', 'g') AS TIMESTAMP), CAST(date_of(v) AS TIMESTAMP));
CREATE MACRO flag_of(v) AS CASE WHEN upper(half_width(v)) IN ('是', '1', 'TRUE', 'T', 'Y', 'YES', '有') THEN true
    WHEN upper(half_width(v)) IN ('否', '0', 'FALSE', 'F', 'N', 'NO', '无') THEN false END;
CREATE MACRO unread(n, v) AS n IS NULL AND text_of(v) IS NOT NULL;
CREATE MACRO blank(n, v) AS n IS NULL AND text_of(v) IS NULL;

-- section: tables
CREATE SCHEMA out.cleaned;
CREATE SCHEMA out.quality;
CREATE SCHEMA out.features;
CREATE TABLE out.quality.quarantine (month DATE, channel VARCHAR, source_file VARCHAR, row_no BIGINT, rule VARCHAR,
    field VARCHAR, reason VARCHAR, record_json VARCHAR);
CREATE TABLE out.quality.set_aside (month DATE, channel VARCHAR, source_file VARCHAR, row_no BIGINT,
    disposition VARCHAR, kept_source_file VARCHAR, kept_row_no BIGINT);
CREATE TABLE out.cleaned.usage_daily (month DATE, account_id VARCHAR, usage_date DATE, kwh DECIMAL(18, 3),
    kwh_sharp DECIMAL(18, 3), kwh_peak DECIMAL(18, 3), kwh_flat DECIMAL(18, 3), kwh_valley DECIMAL(18, 3),
    kwh_deep DECIMAL(18, 3), read_type VARCHAR, source_file VARCHAR, row_no BIGINT);
CREATE TABLE out.cleaned.usage_monthly (month DATE, account_id VARCHAR, kwh DECIMAL(18, 3), kwh_sharp DECIMAL(18, 3),
    kwh_peak DECIMAL(18, 3), kwh_flat DECIMAL(18, 3), kwh_valley DECIMAL(18, 3), kwh_deep DECIMAL(18, 3),
    read_days BIGINT, silent_days BIGINT, estimated_days BIGINT, workday_days BIGINT, workday_kwh DECIMAL(18, 3),
    restday_days BIGINT, restday_kwh DECIMAL(18, 3), spring_festival_days BIGINT, spring_festival_kwh DECIMAL(18, 3),
    day_max_kwh DECIMAL(18, 3));
-- Records that were refused: raw row id, rule and field. Records that were set aside: raw row ids of both.
CREATE TEMP TABLE refused (channel VARCHAR, rid BIGINT, month DATE, source_file VARCHAR, row_no BIGINT, problem VARCHAR);
CREATE TEMP TABLE aside (channel VARCHAR, rid BIGINT, month DATE, source_file VARCHAR, row_no BIGINT,
    disposition VARCHAR, kept_source_file VARCHAR, kept_row_no BIGINT);

-- section: texts
CREATE TEMP TABLE account_no AS
SELECT given, code_of(given) AS account_no, pseudonym('a', code_of(given)) AS account_id
FROM (SELECT account_no AS given FROM vault.raw.account UNION SELECT account_no FROM vault.raw.bill
      UNION SELECT account_no FROM vault.raw.payment UNION SELECT account_no FROM vault.raw.ticket);
CREATE TEMP TABLE customer_no AS
SELECT given, code_of(given) AS customer_no, pseudonym('c', code_of(given)) AS customer_id
FROM (SELECT customer_no AS given FROM vault.raw.customer UNION SELECT customer_no FROM vault.raw.account
      UNION SELECT customer_no FROM vault.raw.subscription UNION SELECT parent_customer_no FROM vault.raw.customer);
CREATE TEMP TABLE days AS
SELECT given, date_of(given) AS day
FROM (SELECT registered_date AS given FROM vault.raw.customer UNION SELECT opened_date FROM vault.raw.account
      UNION SELECT closed_date FROM vault.raw.account UNION SELECT contract_end_date FROM vault.raw.account
      UNION SELECT issued_date FROM vault.raw.bill UNION SELECT due_date FROM vault.raw.bill
      UNION SELECT period_start FROM vault.raw.bill UNION SELECT period_end FROM vault.raw.bill
      UNION SELECT credited_date FROM vault.raw.payment
      UNION SELECT paid_date FROM vault.raw.payment UNION SELECT started_date FROM vault.raw.subscription
      UNION SELECT ended_date FROM vault.raw.subscription UNION SELECT weather_date FROM vault.raw.weather);
CREATE TEMP TABLE months AS
SELECT given, month_of(given) AS first_day
FROM (SELECT bill_month AS given FROM vault.raw.bill UNION SELECT charge_month FROM vault.raw.bill);
CREATE TEMP TABLE flags AS
SELECT given, flag_of(given) AS flag
FROM (SELECT is_government AS given FROM vault.raw.customer UNION SELECT is_market_traded FROM vault.raw.account
      UNION SELECT is_repeated FROM vault.raw.ticket);
CREATE TEMP TABLE doubles AS
SELECT given, double_of(given) AS number
FROM (SELECT voltage_kv AS given FROM vault.raw.account UNION SELECT contract_kva FROM vault.raw.account
      UNION SELECT run_kva FROM vault.raw.account UNION SELECT temperature_max_c FROM vault.raw.weather
      UNION SELECT temperature_min_c FROM vault.raw.weather);

-- section: customer
CREATE TEMP TABLE customer AS
SELECT *, CASE WHEN read_problem IS NOT NULL THEN read_problem || ':'
               WHEN customer_no IS NULL THEN 'missing_value:customer_no'
               WHEN unread(is_government, is_government_text) THEN 'unparsable:is_government'
               WHEN unread(registered_date, registered_date_text) THEN 'unparsable:registered_date' END AS problem
FROM (SELECT r.rowid AS rid, r.month, r.source_file, r.row_no, r.read_problem, n.customer_no, n.customer_id,
             code_of(r.division_code) AS division_code, code_of(r.industry_code) AS industry_code,
             text_of(r.enterprise_scale) AS enterprise_scale, f.flag AS is_government,
             text_of(r.credit_grade) AS credit_grade, d.day AS registered_date,
             r.is_government AS is_government_text, r.registered_date AS registered_date_text,
             p.customer_no AS parent_customer_no, p.customer_id AS parent_customer_id
      FROM vault.raw.customer r LEFT JOIN customer_no n ON n.given = r.customer_no
      LEFT JOIN customer_no p ON p.given = r.parent_customer_no
      LEFT JOIN flags f ON f.given = r.is_government LEFT JOIN days d ON d.given = r.registered_date);
INSERT INTO refused SELECT 'customer', rid, month, source_file, row_no, problem FROM customer WHERE problem IS NOT NULL;
INSERT INTO aside
WITH repeated AS (SELECT month, customer_no FROM customer WHERE problem IS NULL GROUP BY ALL HAVING count(*) > 1),
ranked AS (
    SELECT c.*, row_number() OVER latest AS turn, {'a': text_of(r.customer_name), 'b': code_of(r.credit_code),
        'c': c.division_code, 'd': c.industry_code, 'e': c.enterprise_scale, 'f': c.is_government, 'g': c.credit_grade,
        'h': text_of(r.contact_name), 'i': text_of(r.contact_phone), 'j': text_of(r.address),
        'k': c.registered_date, 'l': c.parent_customer_no} AS content,
        first_value(content) OVER latest AS kept_content, first_value(c.source_file) OVER latest AS kept_source_file,
        first_value(c.row_no) OVER latest AS kept_row_no
    FROM customer c SEMI JOIN repeated USING (month, customer_no) JOIN vault.raw.customer r ON r.rowid = c.rid
    WHERE c.problem IS NULL
    WINDOW latest AS (PARTITION BY c.month, c.customer_no ORDER BY r.loaded_at DESC, c.source_file DESC, c.row_no DESC))
SELECT 'customer', rid, month, source_file, row_no,
       if(content IS NOT DISTINCT FROM kept_content, 'duplicate', 'superseded'), kept_source_file, kept_row_no
FROM ranked WHERE turn > 1;
CREATE TABLE out.cleaned.customer_monthly AS
SELECT month, customer_id, division_code, industry_code, enterprise_scale, is_government, credit_grade,
       registered_date, parent_customer_id, source_file, row_no
FROM customer WHERE problem IS NULL AND rid NOT IN (SELECT rid FROM aside WHERE channel = 'customer');
DROP TABLE customer;

-- section: account
CREATE TEMP TABLE account AS
SELECT *, CASE WHEN read_problem IS NOT NULL THEN read_problem || ':'
               WHEN account_no IS NULL THEN 'missing_value:account_no'
               WHEN customer_no IS NULL THEN 'missing_value:customer_no'
               WHEN unread(voltage_kv, voltage_kv_text) THEN 'unparsable:voltage_kv'
               WHEN unread(contract_kva, contract_kva_text) THEN 'unparsable:contract_kva'
               WHEN unread(run_kva, run_kva_text) THEN 'unparsable:run_kva'
               WHEN unread(opened_date, opened_date_text) THEN 'unparsable:opened_date'
               WHEN unread(closed_date, closed_date_text) THEN 'unparsable:closed_date'
               WHEN unread(contract_end_date, contract_end_date_text) THEN 'unparsable:contract_end_date'
               WHEN unread(is_market_traded, is_market_traded_text) THEN 'unparsable:is_market_traded'
               WHEN voltage_kv NOT BETWEEN 0.1 AND 1000 THEN 'out_of_range:voltage_kv'
               WHEN contract_kva NOT BETWEEN 0 AND 5000000 THEN 'out_of_range:contract_kva'
               WHEN run_kva NOT BETWEEN 0 AND 5000000 THEN 'out_of_range:run_kva' END AS problem
FROM (SELECT r.rowid AS rid, r.month, r.source_file, r.row_no, r.read_problem, a.account_no, a.account_id,
             n.customer_no, n.customer_id, code_of(r.division_code) AS division_code,
             code_of(r.industry_code) AS industry_code, v.number AS voltage_kv, code_of(r.price_code) AS price_code,
             text_of(r.tariff_system) AS tariff_system, ck.number AS contract_kva, rk.number AS run_kva,
             od.day AS opened_date, cd.day AS closed_date, text_of(r.account_status) AS account_status,
             ed.day AS contract_end_date, f.flag AS is_market_traded, r.voltage_kv AS voltage_kv_text,
             r.contract_kva AS contract_kva_text, r.run_kva AS run_kva_text, r.opened_date AS opened_date_text,
             r.closed_date AS closed_date_text, r.contract_end_date AS contract_end_date_text,
             r.is_market_traded AS is_market_traded_text
      FROM vault.raw.account r LEFT JOIN account_no a ON a.given = r.account_no
      LEFT JOIN customer_no n ON n.given = r.customer_no LEFT JOIN doubles v ON v.given = r.voltage_kv
      LEFT JOIN doubles ck ON ck.given = r.contract_kva LEFT JOIN doubles rk ON rk.given = r.run_kva
      LEFT JOIN days od ON od.given = r.opened_date LEFT JOIN days cd ON cd.given = r.closed_date
      LEFT JOIN days ed ON ed.given = r.contract_end_date LEFT JOIN flags f ON f.given = r.is_market_traded);
INSERT INTO refused SELECT 'account', rid, month, source_file, row_no, problem FROM account WHERE problem IS NOT NULL;
INSERT INTO aside
WITH repeated AS (SELECT month, account_no FROM account WHERE problem IS NULL GROUP BY ALL HAVING count(*) > 1),
ranked AS (
    SELECT c.*, row_number() OVER latest AS turn, {'a': c.customer_no, 'b': c.division_code, 'c': c.industry_code,
        'd': c.voltage_kv, 'e': c.price_code, 'f': c.tariff_system, 'g': c.contract_kva, 'h': c.run_kva,
        'i': c.opened_date, 'j': c.closed_date, 'k': c.account_status, 'l': c.contract_end_date,
        'm': c.is_market_traded} AS content,
        first_value(content) OVER latest AS kept_content, first_value(c.source_file) OVER latest AS kept_source_file,
        first_value(c.row_no) OVER latest AS kept_row_no
    FROM account c SEMI JOIN repeated USING (month, account_no) JOIN vault.raw.account r ON r.rowid = c.rid
    WHERE c.problem IS NULL
    WINDOW latest AS (PARTITION BY c.month, c.account_no ORDER BY r.loaded_at DESC, c.source_file DESC, c.row_no DESC))
SELECT 'account', rid, month, source_file, row_no,
       if(content IS NOT DISTINCT FROM kept_content, 'duplicate', 'superseded'), kept_source_file, kept_row_no
FROM ranked WHERE turn > 1;
CREATE TABLE out.cleaned.account_monthly AS
SELECT month, account_id, customer_id, division_code, industry_code, voltage_kv, price_code, tariff_system,
       contract_kva, run_kva, opened_date, closed_date, account_status, contract_end_date, is_market_traded,
       source_file, row_no
FROM account WHERE problem IS NULL AND rid NOT IN (SELECT rid FROM aside WHERE channel = 'account');
DROP TABLE account;

-- section: bill
CREATE TEMP TABLE bill AS
SELECT *, CASE WHEN read_problem IS NOT NULL THEN read_problem || ':'
               WHEN bill_no IS NULL THEN 'missing_value:bill_no'
               WHEN account_no IS NULL THEN 'missing_value:account_no'
               WHEN blank(bill_month, bill_month_text) THEN 'missing_value:bill_month'
               WHEN blank(total_cny, total_cny_text) THEN 'missing_value:total_cny'
               WHEN unread(bill_month, bill_month_text) THEN 'unparsable:bill_month'
               WHEN unread(charge_month, charge_month_text) THEN 'unparsable:charge_month'
               WHEN unread(kwh, kwh_text) THEN 'unparsable:kwh'
               WHEN unread(energy_cny, energy_cny_text) THEN 'unparsable:energy_cny'
               WHEN unread(basic_cny, basic_cny_text) THEN 'unparsable:basic_cny'
               WHEN unread(power_factor_cny, power_factor_cny_text) THEN 'unparsable:power_factor_cny'
               WHEN unread(fund_cny, fund_cny_text) THEN 'unparsable:fund_cny'
               WHEN unread(other_cny, other_cny_text) THEN 'unparsable:other_cny'
               WHEN unread(total_cny, total_cny_text) THEN 'unparsable:total_cny'
               WHEN unread(issued_date, issued_date_text) THEN 'unparsable:issued_date'
               WHEN unread(due_date, due_date_text) THEN 'unparsable:due_date'
               WHEN unread(period_start, period_start_text) THEN 'unparsable:period_start'
               WHEN unread(period_end, period_end_text) THEN 'unparsable:period_end'
               WHEN unread(max_demand_kw, max_demand_kw_text) THEN 'unparsable:max_demand_kw'
               WHEN unread(power_factor_ratio, power_factor_ratio_text) THEN 'unparsable:power_factor_ratio'
               WHEN kwh NOT BETWEEN -1e9 AND 1e9 THEN 'out_of_range:kwh'
               WHEN energy_cny NOT BETWEEN -1e10 AND 1e10 THEN 'out_of_range:energy_cny'
               WHEN basic_cny NOT BETWEEN -1e10 AND 1e10 THEN 'out_of_range:basic_cny'
               WHEN power_factor_cny NOT BETWEEN -1e10 AND 1e10 THEN 'out_of_range:power_factor_cny'
               WHEN fund_cny NOT BETWEEN -1e10 AND 1e10 THEN 'out_of_range:fund_cny'
               WHEN other_cny NOT BETWEEN -1e10 AND 1e10 THEN 'out_of_range:other_cny'
               WHEN total_cny NOT BETWEEN -1e10 AND 1e10 THEN 'out_of_range:total_cny'
               WHEN bill_month <> month THEN 'wrong_month:bill_month' END AS problem
FROM (SELECT r.rowid AS rid, r.month, r.source_file, r.row_no, r.read_problem, code_of(r.bill_no) AS bill_no,
             a.account_no, a.account_id, bm.first_day AS bill_month, cm.first_day AS charge_month,
             text_of(r.bill_kind) AS bill_kind, energy_of(r.kwh) AS kwh, money_of(r.energy_cny) AS energy_cny,
             money_of(r.basic_cny) AS basic_cny, money_of(r.power_factor_cny) AS power_factor_cny,
             money_of(r.fund_cny) AS fund_cny, money_of(r.other_cny) AS other_cny, money_of(r.total_cny) AS total_cny,
             i.day AS issued_date, d.day AS due_date, r.bill_month AS bill_month_text,
             r.charge_month AS charge_month_text, r.kwh AS kwh_text, r.energy_cny AS energy_cny_text,
             r.basic_cny AS basic_cny_text, r.power_factor_cny AS power_factor_cny_text, r.fund_cny AS fund_cny_text,
             r.other_cny AS other_cny_text, r.total_cny AS total_cny_text, r.issued_date AS issued_date_text,
             r.due_date AS due_date_text, code_of(r.original_bill_no) AS original_bill_no, s.day AS period_start,
             e.day AS period_end, double_of(r.max_demand_kw) AS max_demand_kw,
             double_of(r.power_factor_ratio) AS power_factor_ratio, r.period_start AS period_start_text,
             r.period_end AS period_end_text, r.max_demand_kw AS max_demand_kw_text,
             r.power_factor_ratio AS power_factor_ratio_text
      FROM vault.raw.bill r LEFT JOIN account_no a ON a.given = r.account_no
      LEFT JOIN months bm ON bm.given = r.bill_month LEFT JOIN months cm ON cm.given = r.charge_month
      LEFT JOIN days i ON i.given = r.issued_date LEFT JOIN days d ON d.given = r.due_date
      LEFT JOIN days s ON s.given = r.period_start LEFT JOIN days e ON e.given = r.period_end);
INSERT INTO refused SELECT 'bill', rid, month, source_file, row_no, problem FROM bill WHERE problem IS NOT NULL;
INSERT INTO aside
WITH repeated AS (SELECT month, bill_no FROM bill WHERE problem IS NULL GROUP BY ALL HAVING count(*) > 1),
ranked AS (
    SELECT c.*, row_number() OVER latest AS turn, {'a': c.account_no, 'b': c.bill_month, 'c': c.charge_month,
        'd': c.bill_kind, 'e': c.kwh, 'f': c.energy_cny, 'g': c.basic_cny, 'h': c.power_factor_cny, 'i': c.fund_cny,
        'j': c.other_cny, 'k': c.total_cny, 'l': c.issued_date, 'm': c.due_date,
        'n': c.original_bill_no, 'o': c.period_start, 'p': c.period_end, 'q': c.max_demand_kw,
        'r': c.power_factor_ratio} AS content,
        first_value(content) OVER latest AS kept_content, first_value(c.source_file) OVER latest AS kept_source_file,
        first_value(c.row_no) OVER latest AS kept_row_no
    FROM bill c SEMI JOIN repeated USING (month, bill_no) JOIN vault.raw.bill r ON r.rowid = c.rid
    WHERE c.problem IS NULL
    WINDOW latest AS (PARTITION BY c.month, c.bill_no ORDER BY r.loaded_at DESC, c.source_file DESC, c.row_no DESC))
SELECT 'bill', rid, month, source_file, row_no,
       if(content IS NOT DISTINCT FROM kept_content, 'duplicate', 'superseded'), kept_source_file, kept_row_no
FROM ranked WHERE turn > 1;
CREATE TABLE out.cleaned.bill AS
SELECT month, pseudonym('b', bill_no) AS bill_id, account_id, bill_month, charge_month, bill_kind, kwh, energy_cny,
       basic_cny, power_factor_cny, fund_cny, other_cny, total_cny, issued_date, due_date,
       pseudonym('b', original_bill_no) AS original_bill_id, period_start, period_end, max_demand_kw,
       power_factor_ratio, source_file, row_no
FROM bill WHERE problem IS NULL AND rid NOT IN (SELECT rid FROM aside WHERE channel = 'bill');
DROP TABLE bill;

-- section: payment
CREATE TEMP TABLE payment AS
SELECT *, CASE WHEN read_problem IS NOT NULL THEN read_problem || ':'
               WHEN payment_no IS NULL THEN 'missing_value:payment_no'
               WHEN account_no IS NULL THEN 'missing_value:account_no'
               WHEN blank(paid_date, paid_date_text) THEN 'missing_value:paid_date'
               WHEN blank(paid_cny, paid_cny_text) THEN 'missing_value:paid_cny'
               WHEN unread(paid_date, paid_date_text) THEN 'unparsable:paid_date'
               WHEN unread(paid_cny, paid_cny_text) THEN 'unparsable:paid_cny'
               WHEN unread(credited_date, credited_date_text) THEN 'unparsable:credited_date'
               WHEN paid_cny NOT BETWEEN -1e10 AND 1e10 THEN 'out_of_range:paid_cny'
               WHEN first_day(paid_date) <> month THEN 'wrong_month:paid_date' END AS problem
FROM (SELECT r.rowid AS rid, r.month, r.source_file, r.row_no, r.read_problem, code_of(r.payment_no) AS payment_no,
             a.account_no, a.account_id, code_of(r.bill_no) AS bill_no, d.day AS paid_date,
             money_of(r.paid_cny) AS paid_cny, text_of(r.payment_channel) AS payment_channel,
             text_of(r.payment_kind) AS payment_kind, r.paid_date AS paid_date_text, r.paid_cny AS paid_cny_text,
             c.day AS credited_date, r.credited_date AS credited_date_text
      FROM vault.raw.payment r LEFT JOIN account_no a ON a.given = r.account_no
      LEFT JOIN days d ON d.given = r.paid_date LEFT JOIN days c ON c.given = r.credited_date);
INSERT INTO refused SELECT 'payment', rid, month, source_file, row_no, problem FROM payment WHERE problem IS NOT NULL;
INSERT INTO aside
WITH repeated AS (SELECT month, payment_no FROM payment WHERE problem IS NULL GROUP BY ALL HAVING count(*) > 1),
ranked AS (
    SELECT c.*, row_number() OVER latest AS turn, {'a': c.account_no, 'b': c.bill_no, 'c': c.paid_date,
        'd': c.paid_cny, 'e': c.payment_channel, 'f': c.payment_kind, 'g': c.credited_date} AS content,
        first_value(content) OVER latest AS kept_content, first_value(c.source_file) OVER latest AS kept_source_file,
        first_value(c.row_no) OVER latest AS kept_row_no
    FROM payment c SEMI JOIN repeated USING (month, payment_no) JOIN vault.raw.payment r ON r.rowid = c.rid
    WHERE c.problem IS NULL
    WINDOW latest AS (PARTITION BY c.month, c.payment_no ORDER BY r.loaded_at DESC, c.source_file DESC, c.row_no DESC))
SELECT 'payment', rid, month, source_file, row_no,
       if(content IS NOT DISTINCT FROM kept_content, 'duplicate', 'superseded'), kept_source_file, kept_row_no
FROM ranked WHERE turn > 1;
CREATE TABLE out.cleaned.payment AS
SELECT month, pseudonym('p', payment_no) AS payment_id, account_id, pseudonym('b', bill_no) AS bill_id, paid_date,
       paid_cny, payment_channel, payment_kind, credited_date, source_file, row_no
FROM payment WHERE problem IS NULL AND rid NOT IN (SELECT rid FROM aside WHERE channel = 'payment');
DROP TABLE payment;

-- section: ticket
CREATE TEMP TABLE ticket AS
SELECT *, CASE WHEN read_problem IS NOT NULL THEN read_problem || ':'
               WHEN ticket_no IS NULL THEN 'missing_value:ticket_no'
               WHEN blank(handled_at, handled_at_text) THEN 'missing_value:handled_at'
               WHEN ticket_type IS NULL THEN 'missing_value:ticket_type'
               WHEN unread(handled_at, handled_at_text) THEN 'unparsable:handled_at'
               WHEN unread(call_seconds, call_seconds_text) THEN 'unparsable:call_seconds'
               WHEN unread(satisfaction_score, satisfaction_score_text) THEN 'unparsable:satisfaction_score'
               WHEN unread(is_repeated, is_repeated_text) THEN 'unparsable:is_repeated'
               WHEN call_seconds NOT BETWEEN 0 AND 86400 THEN 'out_of_range:call_seconds'
               WHEN satisfaction_score NOT BETWEEN 1 AND 5 THEN 'out_of_range:satisfaction_score'
               WHEN first_day(handled_at) <> month THEN 'wrong_month:handled_at' END AS problem
FROM (SELECT r.rowid AS rid, r.month, r.source_file, r.row_no, r.read_problem, code_of(r.ticket_no) AS ticket_no,
             a.account_no, a.account_id, moment_of(r.handled_at) AS handled_at, text_of(r.ticket_type) AS ticket_type,
             text_of(r.ticket_channel) AS ticket_channel, double_of(r.call_seconds) AS call_seconds,
             double_of(r.satisfaction_score) AS satisfaction_score, f.flag AS is_repeated,
             r.handled_at AS handled_at_text, r.call_seconds AS call_seconds_text,
             r.satisfaction_score AS satisfaction_score_text, r.is_repeated AS is_repeated_text
      FROM vault.raw.ticket r LEFT JOIN account_no a ON a.given = r.account_no
      LEFT JOIN flags f ON f.given = r.is_repeated);
INSERT INTO refused SELECT 'ticket', rid, month, source_file, row_no, problem FROM ticket WHERE problem IS NOT NULL;
INSERT INTO aside
WITH repeated AS (SELECT month, ticket_no FROM ticket WHERE problem IS NULL GROUP BY ALL HAVING count(*) > 1),
ranked AS (
    SELECT c.*, row_number() OVER latest AS turn, {'a': c.account_no, 'b': c.handled_at, 'c': c.ticket_type,
        'd': c.ticket_channel, 'e': text_of(r.ticket_text), 'f': c.call_seconds, 'g': c.satisfaction_score,
        'h': c.is_repeated} AS content,
        first_value(content) OVER latest AS kept_content, first_value(c.source_file) OVER latest AS kept_source_file,
        first_value(c.row_no) OVER latest AS kept_row_no
    FROM ticket c SEMI JOIN repeated USING (month, ticket_no) JOIN vault.raw.ticket r ON r.rowid = c.rid
    WHERE c.problem IS NULL
    WINDOW latest AS (PARTITION BY c.month, c.ticket_no ORDER BY r.loaded_at DESC, c.source_file DESC, c.row_no DESC))
SELECT 'ticket', rid, month, source_file, row_no,
       if(content IS NOT DISTINCT FROM kept_content, 'duplicate', 'superseded'), kept_source_file, kept_row_no
FROM ranked WHERE turn > 1;
CREATE TABLE out.cleaned.ticket AS
SELECT month, pseudonym('t', ticket_no) AS ticket_id, account_id, handled_at, ticket_type, ticket_channel,
       call_seconds, satisfaction_score, is_repeated, source_file, row_no
FROM ticket WHERE problem IS NULL AND rid NOT IN (SELECT rid FROM aside WHERE channel = 'ticket');
DROP TABLE ticket;

-- section: subscription
CREATE TEMP TABLE subscription AS
SELECT *, CASE WHEN read_problem IS NOT NULL THEN read_problem || ':'
               WHEN customer_no IS NULL THEN 'missing_value:customer_no'
               WHEN product_code IS NULL THEN 'missing_value:product_code'
               WHEN unread(started_date, started_date_text) THEN 'unparsable:started_date'
               WHEN unread(ended_date, ended_date_text) THEN 'unparsable:ended_date'
               WHEN unread(fee_cny, fee_cny_text) THEN 'unparsable:fee_cny'
               WHEN fee_cny NOT BETWEEN 0 AND 1e9 THEN 'out_of_range:fee_cny' END AS problem
FROM (SELECT r.rowid AS rid, r.month, r.source_file, r.row_no, r.read_problem, n.customer_no, n.customer_id,
             code_of(r.product_code) AS product_code, s.day AS started_date, e.day AS ended_date,
             money_of(r.fee_cny) AS fee_cny, r.started_date AS started_date_text, r.ended_date AS ended_date_text,
             r.fee_cny AS fee_cny_text
      FROM vault.raw.subscription r LEFT JOIN customer_no n ON n.given = r.customer_no
      LEFT JOIN days s ON s.given = r.started_date LEFT JOIN days e ON e.given = r.ended_date);
INSERT INTO refused
SELECT 'subscription', rid, month, source_file, row_no, problem FROM subscription WHERE problem IS NOT NULL;
INSERT INTO aside
WITH repeated AS (SELECT month, customer_no, product_code FROM subscription WHERE problem IS NULL
                  GROUP BY ALL HAVING count(*) > 1),
ranked AS (
    SELECT c.*, row_number() OVER latest AS turn, {'a': c.started_date, 'b': c.ended_date, 'c': c.fee_cny} AS content,
        first_value(content) OVER latest AS kept_content, first_value(c.source_file) OVER latest AS kept_source_file,
        first_value(c.row_no) OVER latest AS kept_row_no
    FROM subscription c SEMI JOIN repeated USING (month, customer_no, product_code)
    JOIN vault.raw.subscription r ON r.rowid = c.rid
    WHERE c.problem IS NULL
    WINDOW latest AS (PARTITION BY c.month, c.customer_no, c.product_code
                      ORDER BY r.loaded_at DESC, c.source_file DESC, c.row_no DESC))
SELECT 'subscription', rid, month, source_file, row_no,
       if(content IS NOT DISTINCT FROM kept_content, 'duplicate', 'superseded'), kept_source_file, kept_row_no
FROM ranked WHERE turn > 1;
CREATE TABLE out.cleaned.subscription_monthly AS
SELECT month, customer_id, product_code, started_date, ended_date, fee_cny, source_file, row_no
FROM subscription WHERE problem IS NULL AND rid NOT IN (SELECT rid FROM aside WHERE channel = 'subscription');
DROP TABLE subscription;

-- section: weather
CREATE TEMP TABLE weather AS
SELECT *, CASE WHEN read_problem IS NOT NULL THEN read_problem || ':'
               WHEN division_code IS NULL THEN 'missing_value:division_code'
               WHEN blank(weather_date, weather_date_text) THEN 'missing_value:weather_date'
               WHEN unread(weather_date, weather_date_text) THEN 'unparsable:weather_date'
               WHEN unread(temperature_max_c, max_text) THEN 'unparsable:temperature_max_c'
               WHEN unread(temperature_min_c, min_text) THEN 'unparsable:temperature_min_c'
               WHEN temperature_max_c NOT BETWEEN -60 AND 60 THEN 'out_of_range:temperature_max_c'
               WHEN temperature_min_c NOT BETWEEN -60 AND 60 THEN 'out_of_range:temperature_min_c'
               WHEN first_day(weather_date) <> month THEN 'wrong_month:weather_date' END AS problem
FROM (SELECT r.rowid AS rid, r.month, r.source_file, r.row_no, r.read_problem, code_of(r.division_code) AS division_code,
             d.day AS weather_date, x.number AS temperature_max_c, n.number AS temperature_min_c,
             text_of(r.weather_text) AS weather_text, r.weather_date AS weather_date_text,
             r.temperature_max_c AS max_text, r.temperature_min_c AS min_text
      FROM vault.raw.weather r LEFT JOIN days d ON d.given = r.weather_date
      LEFT JOIN doubles x ON x.given = r.temperature_max_c LEFT JOIN doubles n ON n.given = r.temperature_min_c);
INSERT INTO refused SELECT 'weather', rid, month, source_file, row_no, problem FROM weather WHERE problem IS NOT NULL;
INSERT INTO aside
WITH repeated AS (SELECT month, division_code, weather_date FROM weather WHERE problem IS NULL
                  GROUP BY ALL HAVING count(*) > 1),
ranked AS (
    SELECT c.*, row_number() OVER latest AS turn,
        {'a': c.temperature_max_c, 'b': c.temperature_min_c, 'c': c.weather_text} AS content,
        first_value(content) OVER latest AS kept_content, first_value(c.source_file) OVER latest AS kept_source_file,
        first_value(c.row_no) OVER latest AS kept_row_no
    FROM weather c SEMI JOIN repeated USING (month, division_code, weather_date)
    JOIN vault.raw.weather r ON r.rowid = c.rid
    WHERE c.problem IS NULL
    WINDOW latest AS (PARTITION BY c.month, c.division_code, c.weather_date
                      ORDER BY r.loaded_at DESC, c.source_file DESC, c.row_no DESC))
SELECT 'weather', rid, month, source_file, row_no,
       if(content IS NOT DISTINCT FROM kept_content, 'duplicate', 'superseded'), kept_source_file, kept_row_no
FROM ranked WHERE turn > 1;
CREATE TABLE out.cleaned.weather_daily AS
SELECT month, division_code, weather_date, temperature_max_c, temperature_min_c, weather_text, source_file, row_no
FROM weather WHERE problem IS NULL AND rid NOT IN (SELECT rid FROM aside WHERE channel = 'weather');
DROP TABLE weather;

-- section: usage_daily
-- One pass: what the engine's casts read at once is final; every other row is marked by a row number below zero, its
-- raw row id, and looked at again.
CREATE MACRO plain(n, v) AS coalesce(n BETWEEN 0 AND 1000000000, coalesce(v, '') = '');
INSERT INTO out.cleaned.usage_daily
SELECT month, account_id, usage_date, kwh, kwh_sharp, kwh_peak, kwh_flat, kwh_valley, kwh_deep, read_type, source_file,
       CASE WHEN read_problem IS NULL AND account_id IS NOT NULL AND usage_date - month BETWEEN 0 AND 30
                 AND CAST(usage_date AS VARCHAR) = t_date AND month(usage_date) = month(month)
                 AND kwh BETWEEN 0 AND 1000000000 AND plain(kwh_sharp, t_sharp) AND plain(kwh_peak, t_peak)
                 AND plain(kwh_flat, t_flat) AND plain(kwh_valley, t_valley) AND plain(kwh_deep, t_deep)
            THEN row_no ELSE -1 - rid END
FROM (SELECT r.rowid AS rid, r.month, r.source_file, r.row_no, r.read_problem, a.account_id,
             TRY_CAST(r.usage_date AS DATE) AS usage_date, TRY_CAST(r.kwh AS DECIMAL(18, 3)) AS kwh,
             TRY_CAST(r.kwh_sharp AS DECIMAL(18, 3)) AS kwh_sharp, TRY_CAST(r.kwh_peak AS DECIMAL(18, 3)) AS kwh_peak,
             TRY_CAST(r.kwh_flat AS DECIMAL(18, 3)) AS kwh_flat, TRY_CAST(r.kwh_valley AS DECIMAL(18, 3)) AS kwh_valley,
             TRY_CAST(r.kwh_deep AS DECIMAL(18, 3)) AS kwh_deep, text_of(r.read_type) AS read_type,
             r.usage_date AS t_date, r.kwh_sharp AS t_sharp, r.kwh_peak AS t_peak, r.kwh_flat AS t_flat,
             r.kwh_valley AS t_valley, r.kwh_deep AS t_deep
      FROM vault.raw.usage r LEFT JOIN account_no a ON a.given = r.account_no AND a.given = a.account_no);

-- section: usage_odd
CREATE TEMP TABLE odd AS
SELECT *, CASE WHEN read_problem IS NOT NULL THEN read_problem || ':'
               WHEN account_no IS NULL THEN 'missing_value:account_no'
               WHEN blank(usage_date, t_date) THEN 'missing_value:usage_date'
               WHEN blank(kwh, t_kwh) THEN 'missing_value:kwh'
               WHEN unread(usage_date, t_date) THEN 'unparsable:usage_date'
               WHEN unread(kwh, t_kwh) THEN 'unparsable:kwh'
               WHEN unread(kwh_sharp, t_sharp) THEN 'unparsable:kwh_sharp'
               WHEN unread(kwh_peak, t_peak) THEN 'unparsable:kwh_peak'
               WHEN unread(kwh_flat, t_flat) THEN 'unparsable:kwh_flat'
               WHEN unread(kwh_valley, t_valley) THEN 'unparsable:kwh_valley'
               WHEN unread(kwh_deep, t_deep) THEN 'unparsable:kwh_deep'
               WHEN kwh NOT BETWEEN 0 AND 1000000000 THEN 'out_of_range:kwh'
               WHEN kwh_sharp NOT BETWEEN 0 AND 1000000000 THEN 'out_of_range:kwh_sharp'
               WHEN kwh_peak NOT BETWEEN 0 AND 1000000000 THEN 'out_of_range:kwh_peak'
               WHEN kwh_flat NOT BETWEEN 0 AND 1000000000 THEN 'out_of_range:kwh_flat'
               WHEN kwh_valley NOT BETWEEN 0 AND 1000000000 THEN 'out_of_range:kwh_valley'
               WHEN kwh_deep NOT BETWEEN 0 AND 1000000000 THEN 'out_of_range:kwh_deep'
               WHEN first_day(usage_date) <> month THEN 'wrong_month:usage_date' END AS problem
FROM (SELECT r.rowid AS rid, r.month, r.source_file, r.row_no, r.read_problem, code_of(r.account_no) AS account_no,
             date_of(r.usage_date) AS usage_date, energy_of(r.kwh) AS kwh, energy_of(r.kwh_sharp) AS kwh_sharp,
             energy_of(r.kwh_peak) AS kwh_peak, energy_of(r.kwh_flat) AS kwh_flat, energy_of(r.kwh_valley) AS kwh_valley,
             energy_of(r.kwh_deep) AS kwh_deep, text_of(r.read_type) AS read_type, r.usage_date AS t_date,
             r.kwh AS t_kwh, r.kwh_sharp AS t_sharp, r.kwh_peak AS t_peak, r.kwh_flat AS t_flat,
             r.kwh_valley AS t_valley, r.kwh_deep AS t_deep
      FROM vault.raw.usage r
      JOIN (SELECT -1 - row_no AS rid FROM out.cleaned.usage_daily WHERE row_no < 0) marked ON marked.rid = r.rowid);
DELETE FROM out.cleaned.usage_daily WHERE row_no < 0;
INSERT INTO out.cleaned.usage_daily
SELECT month, pseudonym('a', account_no), usage_date, kwh, kwh_sharp, kwh_peak, kwh_flat, kwh_valley, kwh_deep,
       read_type, source_file, row_no FROM odd WHERE problem IS NULL;
INSERT INTO refused SELECT 'usage', rid, month, source_file, row_no, problem FROM odd WHERE problem IS NOT NULL;
DROP TABLE odd;

-- section: usage_monthly, each month
-- A day stands twice exactly where there are more readings than different days.
CREATE OR REPLACE TEMP TABLE monthly AS
SELECT month, account_id, sum(kwh) AS kwh, sum(kwh_sharp) AS kwh_sharp, sum(kwh_peak) AS kwh_peak,
       sum(kwh_flat) AS kwh_flat, sum(kwh_valley) AS kwh_valley, sum(kwh_deep) AS kwh_deep, count(*) AS read_days,
       count(*) FILTER (kwh <= 1) AS silent_days, count(*) FILTER (read_type = '估抄') AS estimated_days,
       count(*) FILTER (works) AS workday_days, coalesce(sum(kwh) FILTER (works), 0) AS workday_kwh,
       count(*) FILTER (NOT works) AS restday_days, coalesce(sum(kwh) FILTER (NOT works), 0) AS restday_kwh,
       count(*) FILTER (festive) AS spring_festival_days, coalesce(sum(kwh) FILTER (festive), 0) AS spring_festival_kwh,
       max(kwh) AS day_max_kwh, bit_count(bit_or(1 << day(usage_date))) AS different_days
FROM (SELECT u.*, coalesce(c.is_workday, isodow(u.usage_date) < 6) AS works,
             coalesce(c.is_spring_festival, false) AS festive
      FROM out.cleaned.usage_daily u LEFT JOIN house.reference.calendar_day c ON c.calendar_date = u.usage_date
      WHERE u.month = $month)
GROUP BY month, account_id;
CREATE OR REPLACE TEMP TABLE contested AS
SELECT u.rowid AS uid, u.* FROM out.cleaned.usage_daily u
SEMI JOIN (SELECT account_id FROM monthly WHERE read_days > different_days) s USING (account_id)
WHERE u.month = $month;
CREATE OR REPLACE TEMP TABLE beaten AS
WITH repeated AS (SELECT account_id, usage_date FROM contested GROUP BY ALL HAVING count(*) > 1),
ranked AS (
    SELECT c.uid, c.month, c.source_file, c.row_no, row_number() OVER latest AS turn,
        {'a': c.kwh, 'b': c.kwh_sharp, 'c': c.kwh_peak, 'd': c.kwh_flat, 'e': c.kwh_valley, 'f': c.kwh_deep,
         'g': c.read_type} AS content, first_value(content) OVER latest AS kept_content,
        first_value(c.source_file) OVER latest AS kept_source_file, first_value(c.row_no) OVER latest AS kept_row_no
    FROM contested c SEMI JOIN repeated USING (account_id, usage_date)
    JOIN (SELECT DISTINCT source_file, loaded_at FROM vault.raw.usage WHERE month = $month) f
        ON f.source_file = c.source_file
    WINDOW latest AS (PARTITION BY c.account_id, c.usage_date
                      ORDER BY f.loaded_at DESC, c.source_file DESC, c.row_no DESC))
SELECT uid, month, source_file, row_no, if(content IS NOT DISTINCT FROM kept_content, 'duplicate', 'superseded')
       AS disposition, kept_source_file, kept_row_no
FROM ranked WHERE turn > 1;
INSERT INTO aside
SELECT 'usage', NULL, month, source_file, row_no, disposition, kept_source_file, kept_row_no FROM beaten;
DELETE FROM out.cleaned.usage_daily WHERE rowid IN (SELECT uid FROM beaten);
INSERT INTO out.cleaned.usage_monthly
SELECT * EXCLUDE (different_days) FROM monthly WHERE read_days = different_days
UNION ALL
SELECT month, account_id, sum(kwh), sum(kwh_sharp), sum(kwh_peak), sum(kwh_flat), sum(kwh_valley), sum(kwh_deep),
       count(*), count(*) FILTER (kwh <= 1), count(*) FILTER (read_type = '估抄'), count(*) FILTER (works),
       coalesce(sum(kwh) FILTER (works), 0), count(*) FILTER (NOT works), coalesce(sum(kwh) FILTER (NOT works), 0),
       count(*) FILTER (festive), coalesce(sum(kwh) FILTER (festive), 0), max(kwh)
FROM (SELECT u.*, coalesce(c.is_workday, isodow(u.usage_date) < 6) AS works,
             coalesce(c.is_spring_festival, false) AS festive
      FROM contested u ANTI JOIN beaten b ON b.uid = u.uid
      LEFT JOIN house.reference.calendar_day c ON c.calendar_date = u.usage_date)
GROUP BY month, account_id;

-- section: quality
CREATE MACRO reason_of(rule, field) AS CASE rule
    WHEN 'missing_value' THEN field || ' is required and blank; complete it in the source and deliver the file again'
    WHEN 'unparsable' THEN field || ' cannot be read; mend the value, or map its style in the profile'
    WHEN 'out_of_range' THEN field || ' lies outside the range that the channel accepts; mend the value or its unit in the profile'
    WHEN 'wrong_month' THEN field || ' lies in another month than the delivery; deliver the record with its own month'
    ELSE 'the record could not be read (' || rule || '); mend the line in the file' END;
INSERT INTO out.quality.quarantine
SELECT q.month, q.channel, q.source_file, q.row_no, split_part(q.problem, ':', 1), nullif(split_part(q.problem, ':', 2), ''),
       reason_of(split_part(q.problem, ':', 1), split_part(q.problem, ':', 2)), j.record_json
FROM refused q JOIN (
    SELECT 'customer' AS channel, rowid AS rid, CAST(to_json(struct_pack(customer_no, customer_name, credit_code,
        division_code, industry_code, enterprise_scale, is_government, credit_grade, contact_name, contact_phone, address,
        registered_date, parent_customer_no, extra_json)) AS VARCHAR) AS record_json FROM vault.raw.customer
    WHERE rowid IN (SELECT rid FROM refused WHERE channel = 'customer')
    UNION ALL
    SELECT 'account', rowid, CAST(to_json(struct_pack(account_no, customer_no, division_code, industry_code, voltage_kv,
        price_code, tariff_system, contract_kva, run_kva, opened_date, closed_date, account_status, contract_end_date,
        is_market_traded, extra_json)) AS VARCHAR) FROM vault.raw.account
    WHERE rowid IN (SELECT rid FROM refused WHERE channel = 'account')
    UNION ALL
    SELECT 'usage', rowid, CAST(to_json(struct_pack(account_no, usage_date, kwh, kwh_sharp, kwh_peak, kwh_flat, kwh_valley,
        kwh_deep, read_type, extra_json)) AS VARCHAR) FROM vault.raw.usage
    WHERE rowid IN (SELECT rid FROM refused WHERE channel = 'usage')
    UNION ALL
    SELECT 'bill', rowid, CAST(to_json(struct_pack(bill_no, account_no, bill_month, charge_month, bill_kind, kwh, energy_cny,
        basic_cny, power_factor_cny, fund_cny, other_cny, total_cny, issued_date, due_date, original_bill_no, period_start,
        period_end, max_demand_kw, power_factor_ratio, extra_json)) AS VARCHAR)
    FROM vault.raw.bill WHERE rowid IN (SELECT rid FROM refused WHERE channel = 'bill')
    UNION ALL
    SELECT 'payment', rowid, CAST(to_json(struct_pack(payment_no, account_no, bill_no, paid_date, paid_cny, payment_channel,
        payment_kind, credited_date, extra_json)) AS VARCHAR) FROM vault.raw.payment
    WHERE rowid IN (SELECT rid FROM refused WHERE channel = 'payment')
    UNION ALL
    SELECT 'ticket', rowid, CAST(to_json(struct_pack(ticket_no, account_no, handled_at, ticket_type, ticket_channel,
        ticket_text, call_seconds, satisfaction_score, is_repeated, extra_json)) AS VARCHAR) FROM vault.raw.ticket
    WHERE rowid IN (SELECT rid FROM refused WHERE channel = 'ticket')
    UNION ALL
    SELECT 'subscription', rowid, CAST(to_json(struct_pack(customer_no, product_code, started_date, ended_date, fee_cny,
        extra_json)) AS VARCHAR) FROM vault.raw.subscription
    WHERE rowid IN (SELECT rid FROM refused WHERE channel = 'subscription')
    UNION ALL
    SELECT 'weather', rowid, CAST(to_json(struct_pack(division_code, weather_date, temperature_max_c, temperature_min_c,
        weather_text, extra_json)) AS VARCHAR) FROM vault.raw.weather
    WHERE rowid IN (SELECT rid FROM refused WHERE channel = 'weather')) j ON j.channel = q.channel AND j.rid = q.rid;
INSERT INTO out.quality.set_aside
SELECT month, channel, source_file, row_no, disposition, kept_source_file, kept_row_no FROM aside;
CREATE TABLE out.quality.row_account AS
SELECT month, channel, source_file, sum(received)::BIGINT AS received_count, sum(kept)::BIGINT AS kept_count,
       sum(duplicate)::BIGINT AS duplicate_count, sum(superseded)::BIGINT AS superseded_count,
       sum(quarantined)::BIGINT AS quarantined_count
FROM (
    SELECT month, 'customer' AS channel, source_file, count(*) AS received, 0 AS kept, 0 AS duplicate, 0 AS superseded,
           0 AS quarantined FROM vault.raw.customer GROUP BY ALL
    UNION ALL SELECT month, 'account', source_file, count(*), 0, 0, 0, 0 FROM vault.raw.account GROUP BY ALL
    UNION ALL SELECT month, 'usage', source_file, count(*), 0, 0, 0, 0 FROM vault.raw.usage GROUP BY ALL
    UNION ALL SELECT month, 'bill', source_file, count(*), 0, 0, 0, 0 FROM vault.raw.bill GROUP BY ALL
    UNION ALL SELECT month, 'payment', source_file, count(*), 0, 0, 0, 0 FROM vault.raw.payment GROUP BY ALL
    UNION ALL SELECT month, 'ticket', source_file, count(*), 0, 0, 0, 0 FROM vault.raw.ticket GROUP BY ALL
    UNION ALL SELECT month, 'subscription', source_file, count(*), 0, 0, 0, 0 FROM vault.raw.subscription GROUP BY ALL
    UNION ALL SELECT month, 'weather', source_file, count(*), 0, 0, 0, 0 FROM vault.raw.weather GROUP BY ALL
    UNION ALL SELECT month, 'customer', source_file, 0, count(*), 0, 0, 0 FROM out.cleaned.customer_monthly GROUP BY ALL
    UNION ALL SELECT month, 'account', source_file, 0, count(*), 0, 0, 0 FROM out.cleaned.account_monthly GROUP BY ALL
    UNION ALL SELECT month, 'usage', source_file, 0, count(*), 0, 0, 0 FROM out.cleaned.usage_daily GROUP BY ALL
    UNION ALL SELECT month, 'bill', source_file, 0, count(*), 0, 0, 0 FROM out.cleaned.bill GROUP BY ALL
    UNION ALL SELECT month, 'payment', source_file, 0, count(*), 0, 0, 0 FROM out.cleaned.payment GROUP BY ALL
    UNION ALL SELECT month, 'ticket', source_file, 0, count(*), 0, 0, 0 FROM out.cleaned.ticket GROUP BY ALL
    UNION ALL SELECT month, 'subscription', source_file, 0, count(*), 0, 0, 0 FROM out.cleaned.subscription_monthly GROUP BY ALL
    UNION ALL SELECT month, 'weather', source_file, 0, count(*), 0, 0, 0 FROM out.cleaned.weather_daily GROUP BY ALL
    UNION ALL SELECT month, channel, source_file, 0, 0, count_if(disposition = 'duplicate'),
                     count_if(disposition = 'superseded'), 0 FROM out.quality.set_aside GROUP BY ALL
    UNION ALL SELECT month, channel, source_file, 0, 0, 0, 0, count(*) FROM out.quality.quarantine GROUP BY ALL)
GROUP BY month, channel, source_file;
