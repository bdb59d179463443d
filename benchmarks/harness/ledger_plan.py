"""What is to be in the ledger, as temporary tables: packages, members, their grants and what happened to each.

Days are spread by arithmetic, not at random: every run has the same data, up to the day it is made on.
"""

PENDING_EXPIRY, PENDING_BOOKS = 140, 55
"""The days for which the scheduled actions have not run: packages that expired, income of used units."""

PACKAGES = """
    CREATE TEMP TABLE bench_package AS
    SELECT n, kind, %(res_partner)s + mod(n, %(patients)s) AS partner_id, bought, used,
           (bought + interval '1 year')::date - 1 AS expires_on,
           CASE WHEN (bought + interval '1 year')::date - 1 < %(today)s - %(pending_expiry)s
                THEN %(units)s - used ELSE 0 END AS expired
      FROM (SELECT n, mod(n * 3 + n / %(patients)s, %(kinds)s) AS kind,
                   %(today)s - 1 - mod(n::bigint * 7919, 700)::integer AS bought,
                   CASE WHEN mod(n + n / 700, 4) = 0 THEN %(units)s ELSE 4 END AS used
              FROM generate_series(0, 2 * %(patients)s - 1) n) sales
"""
MEMBERS = """
    CREATE TEMP TABLE bench_member AS
    SELECT n, %(res_partner)s + 2 * n AS partner_id, %(clinic_membership)s + n AS membership_id, start,
           (start - interval '1 month')::date AS joined, (start + interval '1 month')::date AS next_renewal,
           mod(n, 25) = 0 AS family
      FROM (SELECT n, %(today)s - mod(n * 11, 28) AS start FROM generate_series(0, %(patients)s / 2 - 1) n) joins
"""
GRANTS = """
    CREATE TEMP TABLE bench_grant AS
    SELECT %(clinic_grant)s + n AS grant_id, kind.granting AS proto, kind.entry AS proto_entry, kind, partner_id,
           %(clinic_package)s + n AS package_id, NULL::integer AS membership_id, NULL::integer AS period_id,
           bought AS valid_from, expires_on, %(units)s AS units, used, expired
      FROM bench_package JOIN bench_kind kind USING (kind)
 UNION ALL
    SELECT %(clinic_grant)s + 2 * %(patients)s + 4 * n + 2 * period + service, allowance.granting, allowance.entry,
           NULL, partner_id, NULL, membership_id, %(clinic_membership_period)s + 2 * n + period,
           CASE period WHEN 0 THEN joined ELSE start END, CASE period WHEN 0 THEN start ELSE next_renewal END - 1,
           4, 3, CASE WHEN period = 0 AND mod(n, 3) <> 0 THEN 1 ELSE 0 END
      FROM bench_member CROSS JOIN generate_series(0, 1) period JOIN bench_allowance allowance ON true
"""
EVENTS = """
    CREATE TEMP TABLE bench_event AS
    SELECT %(clinic_grant_entry)s + row_number() OVER (ORDER BY date, grant_id, seq) AS entry_id,
           CASE what WHEN 'redeem' THEN %(clinic_redemption)s
                + row_number() OVER (PARTITION BY what ORDER BY date, grant_id, seq) END AS redemption_id,
           CASE WHEN package_id IS NULL THEN NULL WHEN what = 'redeem' THEN %(income)s
                WHEN what = 'expire' THEN %(breakage)s END AS account_id,
           happened.*
      FROM (
        SELECT g.*, 'grant' AS what, 0 AS seq, g.valid_from AS date, g.units AS quantity, coalesce(price, 0) AS value
          FROM bench_grant g LEFT JOIN bench_kind USING (kind)
     UNION ALL
        SELECT g.*, 'redeem', seq,
               valid_from + seq * greatest(least(expires_on, %(today)s - 1) - valid_from, 0) / (used + 1),
               -1, -coalesce(unit.value, 0)
          FROM bench_grant g CROSS JOIN generate_series(1, 6) seq LEFT JOIN bench_unit unit USING (kind, seq)
         WHERE seq <= used
     UNION ALL
        SELECT g.*, 'expire', used + 1, expires_on, -expired, -coalesce(unit.rest, 0)
          FROM bench_grant g LEFT JOIN bench_unit unit ON unit.kind = g.kind AND unit.seq = g.used
         WHERE expired > 0
      ) happened
"""
BOOKED = """
    CREATE TEMP TABLE bench_booked AS
    SELECT %(account_move)s + 2 * %(patients)s + row_number() OVER (ORDER BY date, account_id) - 1 AS move_id,
           row_number() OVER (ORDER BY date, account_id) AS n, date, account_id, -sum(value) AS amount
      FROM bench_event WHERE account_id IS NOT NULL AND date < %(today)s - %(pending_books)s GROUP BY date, account_id
"""
INDEXES = """
    CREATE INDEX ON bench_event (grant_id);
    ANALYZE bench_package; ANALYZE bench_member; ANALYZE bench_grant; ANALYZE bench_event; ANALYZE bench_booked
"""
PLAN = (PACKAGES, MEMBERS, GRANTS, EVENTS, BOOKED, INDEXES)
