"""The contenders as the command sees them, outside of Odoo."""

AMOUNT = 99 * 1.15
"""Each invoice, with tax."""
MODULES = {
    "ours": ("clinic_membership",),
    "ours_invoiced": ("clinic_membership",),
    "contract": ("contract",),
    "subscription_oca": ("subscription_oca",),
    "bare": (),
    "bare_tracked": (),
}
DEFAULT = ["ours", "contract", "subscription_oca", "bare"]
SHARE_WORK = {"ours", "ours_invoiced", "bare", "bare_tracked"}
"""Those that several processes can share; the others would do everything twice or fail."""
OF_THE_BENCHMARK = "JOIN res_partner partner ON partner.id = {}.partner_id WHERE partner.ref LIKE 'BENCH%'"
GRANT = OF_THE_BENCHMARK.format("clinic_grant")
RENEWED = {
    "periods": (
        "SELECT count(invoice_id) FROM clinic_membership_period period"
        " JOIN clinic_membership membership ON membership.id = period.membership_id "
        + OF_THE_BENCHMARK.format("membership"),
        1,
    ),
    "grants": (f"SELECT count(*) FILTER (WHERE remaining = 2) FROM clinic_grant {GRANT}", 1),
    "ledger entries": (
        f"SELECT count(*) FROM clinic_grant_entry entry JOIN clinic_grant ON clinic_grant.id = entry.grant_id {GRANT}",
        1,
    ),
}
COUNTED = {"ours": RENEWED, "ours_invoiced": RENEWED}
"""What else must be there after a run: (statement, how many for each renewal)."""
PAYMENT = OF_THE_BENCHMARK.format("payment")
CHARGED = {
    "payments": (f"SELECT count(*) FROM account_payment payment {PAYMENT} AND payment.is_reconciled", 1),
    "invoices paid": (
        "SELECT count(*) FROM account_move move "
        + OF_THE_BENCHMARK.format("move")
        + " AND move.move_type = 'out_invoice' AND move.payment_state IN ('paid', 'in_payment')",
        1,
    ),
    "transactions post-processed": (
        "SELECT count(DISTINCT tx.payment_id) FROM payment_transaction tx "
        + OF_THE_BENCHMARK.format("tx")
        + " AND tx.is_post_processed",
        1,
    ),
    "collections done": (
        "SELECT count(*) FROM clinic_collection collection JOIN res_partner partner ON partner.id = collection.payer_id"
        " WHERE partner.ref LIKE 'BENCH%' AND collection.state = 'done'",
        1,
    ),
}
"""What must be there after the payments of charged cards went into the books."""
