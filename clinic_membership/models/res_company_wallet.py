from odoo import models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    """Store credit: Odoo's eWallet, and where the books keep what is left on it."""

    _inherit = "res.company"

    def _clinic_wallet_program(self):
        """The eWallet of this clinic: the one chosen in the settings, else made now from Odoo's template."""
        self.ensure_one()
        if not self.clinic_wallet_program_id.active:
            programs = self.env["loyalty.program"].with_company(self)
            made = programs.browse(programs.create_from_template("ewallet")["res_id"])
            made.write({"company_id": self.id, "currency_id": self.currency_id.id})
            owed = self._clinic_account(self.env._("Store Credit"), "liability_current")
            self._clinic_wallet_product(made).property_account_income_id = owed
            self.clinic_wallet_program_id = made
        return self.clinic_wallet_program_id

    def _clinic_wallet_product(self, program):
        """The product that takes off an order what its eWallet pays."""
        return program.reward_ids.discount_line_product_id[:1].with_company(self)

    def _clinic_wallet_account(self, program):
        """Where spending is booked, and so where a refund to the eWallet is.

        :raises UserError: the product has no account
        """
        product = self._clinic_wallet_product(program)
        account = product.product_tmpl_id.get_product_accounts()["income"]
        if not account:
            raise UserError(
                self.env._(
                    "The eWallet product %s has no income account. Choose a liability account for it: what is left on "
                    "eWallets is owed to patients.",
                    product.display_name,
                )
            )
        return account

    def _clinic_wallet_journal(self):
        """Where store credit is booked.

        :raises UserError: there is no journal for it
        """
        journals = self.env["account.journal"]
        general = [*journals._check_company_domain(self), ("type", "=", "general")]
        journal = journals.search(general, order="sequence, id", limit=1)
        if not journal:
            raise UserError(self.env._("Store credit needs a miscellaneous journal. Create one in Accounting."))
        return journal
