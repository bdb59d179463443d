"""The rows of each table: where they come from, whose copies they are, and which columns are their own."""

SOLD = "bench_package sold JOIN bench_kind kind USING (kind)"
NAME = "'BENCH/' || lpad({}::text, 7, '0')"
PATIENT = {"partner_id": "partner_id"}

# (table, rows, id of the row to copy, {column: expression})
SALES = (
    (
        "res_partner",
        "generate_series(0, %(patients)s - 1) n",
        "%(proto_partner)s",
        {
            "id": "%(res_partner)s + n",
            "name": "'Patient ' || n",
            "complete_name": "'Patient ' || n",
            "ref": "'BENCH' || lpad(n::text, 7, '0')",
            "commercial_partner_id": "%(res_partner)s + n",
        },
    ),
    (
        "sale_order",
        SOLD,
        "kind.sale",
        {
            "id": "%(sale_order)s + n",
            "name": NAME.format("n"),
            "date_order": "bought",
            **dict.fromkeys(("partner_id", "partner_invoice_id", "partner_shipping_id"), "partner_id"),
        },
    ),
    (
        "sale_order_line",
        SOLD,
        "kind.sale_line",
        {"id": "%(sale_order_line)s + n", "order_id": "%(sale_order)s + n", "order_partner_id": "partner_id"},
    ),
    (
        "clinic_package",
        f"{SOLD} JOIN bench_unit unit ON unit.kind = sold.kind AND seq = used",
        "kind.package",
        {
            "id": "%(clinic_package)s + n",
            "name": NAME.format("n"),
            **PATIENT,
            "sale_line_id": "%(sale_order_line)s + n",
            "purchase_date": "bought",
            "expires_on": "sold.expires_on",
            "state": "CASE WHEN expired > 0 THEN 'expired' WHEN used = %(units)s THEN 'used' ELSE 'active' END",
            "units_used": "used",
            "units_left": "%(units)s - used - expired",
            "value_left": "CASE WHEN expired = 0 THEN unit.rest ELSE 0 END",
            "usage_summary": "used || ' of ' || %(units)s || ' used'",
        },
    ),
    (
        "clinic_benefit",
        SOLD,
        "kind.benefit",
        {"id": "%(clinic_benefit)s + n", "package_id": "%(clinic_package)s + n"},
    ),
)
MEMBERSHIPS = (
    (
        "clinic_membership",
        "bench_member",
        "%(proto_membership)s",
        {
            "id": "membership_id",
            "name": NAME.format("n"),
            **PATIENT,
            "payer_id": "partner_id",
            **dict.fromkeys(("start_date", "anchor_date"), "joined"),
            "next_renewal": "next_renewal",
            "family_count": "CASE WHEN family THEN 2 ELSE 1 END",
            "rollover_percent": "CASE WHEN mod(n, 5) = 0 THEN 100 ELSE 0 END",
            "rollover_months": "1",
        },
    ),
    (
        "clinic_membership_line",
        "bench_member",
        "%(proto_line)s",
        {"id": "%(clinic_membership_line)s + n", "membership_id": "membership_id"},
    ),
    (
        "clinic_membership_member",
        "bench_member",
        "%(proto_member)s",
        {
            "id": "%(clinic_membership_member)s + n",
            "membership_id": "membership_id",
            "partner_id": "partner_id + 1",
            "date_from": "joined",
            "personal_cap": "CASE WHEN mod(n, 2) = 0 THEN 6 ELSE 0 END",
            "where": "family",
        },
    ),
    (
        "clinic_benefit",
        "bench_member CROSS JOIN bench_allowance allowance",
        "allowance.benefit",
        {
            "id": "%(clinic_benefit)s + 2 * %(patients)s + 2 * n + service",
            "membership_id": "membership_id",
        },
    ),
    (
        "clinic_membership_period",
        "bench_member CROSS JOIN generate_series(0, 1) period",
        "%(proto_period)s",
        {
            "id": "%(clinic_membership_period)s + 2 * n + period",
            "membership_id": "membership_id",
            "date_start": "CASE period WHEN 0 THEN joined ELSE start END",
            "date_end": "CASE period WHEN 0 THEN start ELSE next_renewal END - 1",
        },
    ),
)
VALUE_LEFT = "CASE WHEN expired = 0 THEN coalesce(unit.rest, 0) ELSE 0 END"
UNITS = (
    (
        "clinic_grant",
        "bench_grant grants LEFT JOIN bench_unit unit ON unit.kind = grants.kind AND seq = used",
        "grants.proto",
        {
            "id": "grant_id",
            **{column: f"grants.{column}" for column in ("partner_id", "package_id", "membership_id", "period_id")},
            **{column: f"grants.{column}" for column in ("valid_from", "expires_on", "used")},
            "remaining": "units - grants.used - expired",
            **dict.fromkeys(("value_left", "balance_left"), VALUE_LEFT),
        },
    ),
    (
        "clinic_redemption",
        "bench_event event JOIN bench_service service ON service.granting = event.proto",
        "service.redemption",
        {
            "id": "redemption_id",
            "name": NAME.format("redemption_id"),
            **{column: f"event.{column}" for column in ("partner_id", "date")},
            "where": "what = 'redeem'",
        },
    ),
)
LINKS = (
    "INSERT INTO sale_order_line_invoice_rel (order_line_id, invoice_line_id)"
    " SELECT %(sale_order_line)s + n, %(account_move_line)s + 2 * n FROM bench_package",
    *(
        f"INSERT INTO clinic_{what}_clinic_redemption_rel (clinic_redemption_id, clinic_{what}_id)"
        f" SELECT redemption_id, {what}_id FROM bench_event WHERE what = 'redeem' AND {what}_id IS NOT NULL"
        for what in ("package", "membership")
    ),
)
