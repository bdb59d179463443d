"""The rows of the books: the packages' invoices, and the entries that made used and expired units income."""

from .ledger_rows import NAME, SOLD

BY = "partner_id"
DATED = {"date": "bought", "move_name": NAME.format("n"), BY: BY}
BOOKED = "BENCHREC/"
INVOICES = (
    (
        "account_move",
        SOLD,
        "kind.invoice",
        {
            "id": "%(account_move)s + n",
            **dict.fromkeys(("name", "payment_reference"), NAME.format("n")),
            "sequence_prefix": "'BENCH/'",
            "sequence_number": "n",
            **dict.fromkeys(("date", "invoice_date", "invoice_date_due"), "bought"),
            **dict.fromkeys((BY, "commercial_partner_id", "partner_shipping_id"), BY),
        },
    ),
    (
        "account_move_line",
        SOLD,
        "kind.sold",
        {"id": "%(account_move_line)s + 2 * n", "move_id": "%(account_move)s + n", "invoice_date": "bought", **DATED},
    ),
    (
        "account_move_line",
        SOLD,
        "kind.receivable",
        {
            "id": "%(account_move_line)s + 2 * n + 1",
            "move_id": "%(account_move)s + n",
            **dict.fromkeys(("invoice_date", "date_maturity"), "bought"),
            **DATED,
        },
    ),
)


def booked_line(proto, account, sign, offset):
    """A line of the entries that made value income."""
    return (
        "account_move_line",
        "bench_booked",
        proto,
        {
            "id": f"%(account_move_line)s + 4 * %(patients)s + 2 * n + {offset}",
            "move_id": "move_id",
            "move_name": NAME.format("'R' || n"),
            "date": "date",
            "account_id": account,
            **dict.fromkeys(("balance", "amount_currency"), f"{sign}amount"),
            "debit": "0" if sign else "amount",
            "credit": "amount" if sign else "0",
        },
    )


RECOGNITION = (
    (
        "account_move",
        "bench_booked",
        "%(proto_move)s",
        {
            "id": "move_id",
            "name": f"'{BOOKED}' || n",
            "sequence_prefix": f"'{BOOKED}'",
            "sequence_number": "n",
            "date": "date",
            **dict.fromkeys(("amount_total", "amount_total_signed", "amount_total_in_currency_signed"), "amount"),
        },
    ),
    booked_line("%(proto_prepaid_line)s", "(copied).account_id", "", 0),
    booked_line("%(proto_income_line)s", "bench_booked.account_id", "-", 1),
)
ENTRIES = (
    (
        "clinic_grant_entry",
        "bench_event event LEFT JOIN bench_booked booked USING (date, account_id)",
        "event.proto_entry",
        {
            "id": "entry_id",
            "grant_id": "grant_id",
            "kind": "what",
            **{column: f"event.{column}" for column in ("quantity", "value", "date", "redemption_id")},
            "balance": "value",
            "granted": "CASE what WHEN 'grant' THEN quantity ELSE 0 END",
            "used": "CASE what WHEN 'redeem' THEN -quantity ELSE 0 END",
            "recognition_move_id": "booked.move_id",
            "recognition_account_id": "CASE WHEN booked.move_id IS NOT NULL THEN account_id END",
            "to_recognize": "account_id IS NOT NULL AND booked.move_id IS NULL",
        },
    ),
)
