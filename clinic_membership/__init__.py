from . import demo, models, report, tools, wizard


def uninstall_hook(env):
    """The ledger's guard goes with the ledger."""
    env.cr.execute("DROP FUNCTION IF EXISTS clinic_grant_entry_append_only() CASCADE")
