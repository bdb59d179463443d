"""The tooling behind ./clinic: sets up Odoo 19 and PostgreSQL, runs, tests and checks the addons.

Standard library only, except for what runs inside the virtual environment (see dev/README.md).
"""
