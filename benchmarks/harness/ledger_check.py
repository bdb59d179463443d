"""Whether the copied data is what the product would have made: stored computed columns, the books, the ledger."""

COMPUTED = {
    "clinic.grant": {"granted", "remaining", "used", "value_left", "balance_left"},
    "clinic.grant.entry": {"granted", "used", "company_id", "to_recognize"},
    "clinic.package": {"state", "usage_summary", "units_total", "units_used", "units_left", "value_left"},
}
"""What is looked at in any case; every other stored computed column is, too."""
LEDGER = """
    SELECT count(*) FILTER (WHERE remaining IS DISTINCT FROM units OR value_left IS DISTINCT FROM value),
           count(*) FILTER (WHERE remaining < 0)
      FROM clinic_grant
      JOIN (SELECT grant_id, sum(quantity) AS units, sum(value) AS value FROM clinic_grant_entry GROUP BY grant_id) t
        ON t.grant_id = clinic_grant.id
"""


def stored_computed(model):
    """The names of the stored computed columns."""
    return {
        name
        for name, field in model._fields.items()
        if field.compute and field.store and field.column_type and not field.translate
    }


def sample(env, name, count):
    """Records from all over the table."""
    env.cr.execute(f"SELECT id FROM {env[name]._table} ORDER BY mod(id::bigint * 7919, 1000003) LIMIT %s", [count])
    return env[name].browse(sorted(row[0] for row in env.cr.fetchall()))


def check_computed(env, name, count):
    """Compute a sample's columns anew; what differs."""
    records, columns = sample(env, name, count), stored_computed(env[name])
    if missing := COMPUTED.get(name, set()) - columns:
        return [f"{name} has no computed {', '.join(sorted(missing))}"]
    before = records.read(sorted(columns))
    for column in columns:
        env.add_to_compute(env[name]._fields[column], records)
    after = records.read(sorted(columns))
    env.cr.rollback()
    return [f"{name} {old['id']}: {old} should be {new}" for old, new in zip(before, after, strict=True) if old != new]


def check(env, count=500):
    """What is wrong, in words; changes nothing."""
    env.cr.execute(LEDGER)
    different, negative = env.cr.fetchone()
    wrong = [f"{different} grants differ from their entries"] if different else []
    wrong += [f"{negative} grants are overdrawn"] if negative else []
    wrong += [f"{lines} journal items do not balance"] if (lines := unbalanced(env)) else []
    for name in (*COMPUTED, "clinic.membership", "clinic.membership.member", "clinic.membership.period"):
        wrong += check_computed(env, name, count)[:3]
    tie_out = env["clinic.tie.out"].create({})
    if tie_out.difference or not tie_out.account_balance:
        wrong.append(f"books and units differ by {tie_out.difference}")
    env.cr.rollback()
    return wrong


def unbalanced(env):
    """The number of journal entries whose items are not 0 together."""
    env.cr.execute("SELECT move_id FROM account_move_line GROUP BY move_id HAVING sum(balance) <> 0")
    return env.cr.rowcount
