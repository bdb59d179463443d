from odoo import models


class ClinicPackage(models.Model):
    """The packages that expire in one night are noted in their chatters together."""

    _inherit = "clinic.package"

    def _message_track(self, fields_iter, initial_values_dict):
        """What Odoo does for one after the other, for all at once.

        Where more than the bare changes is wanted (an author, a text, a subtype), Odoo does it.
        """
        if not fields_iter or len(self) == 1 or self._track_is_special(initial_values_dict):
            return super()._message_track(fields_iter, initial_values_dict)
        there = self.exists()
        descriptions = self.fields_get(fields_iter, attributes=("string", "type", "selection", "currency_field"))
        tracking = {package.id: package._mail_track(descriptions, initial_values_dict[package.id]) for package in there}
        there.filtered(lambda package: tracking[package.id][1])._log_changes(tracking)
        return tracking

    def _track_is_special(self, initial_values):
        """Whether something other than a note without text, by the current user, is to be made of the changes."""
        data = self.env.cr.precommit.data
        if any(data.get(f"mail.tracking.{what}.{self._name}") for what in ("message", "author")):
            return True
        return any(package._track_subtype(initial_values[package.id]) for package in self)

    def _log_changes(self, tracking):
        """A note on each of these packages, with its changes.

        :param tracking: {id: (names of changed fields, commands that create the tracking values)}
        """
        bodies = {package.id: package._track_get_default_log_message(tracking[package.id][0]) for package in self}
        notes = self._message_log_batch(bodies=bodies)
        self.env["mail.tracking.value"].sudo().create(
            [
                {**values, "mail_message_id": note.id}
                for package, note in zip(self, notes, strict=True)
                for _create, _id, values in tracking[package.id][1]
            ]
        )
