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
RENEWED = {
    "periods": ("SELECT count(*) FROM clinic_membership_period WHERE invoice_id IS NOT NULL", 1),
    "grants": ("SELECT count(*) FROM clinic_grant WHERE remaining = 2", 1),
    "ledger entries": ("SELECT count(*) FROM clinic_grant_entry", 1),
}
COUNTED = {"ours": RENEWED, "ours_invoiced": RENEWED}
"""What else must be there after a run: (statement, how many for each renewal)."""
