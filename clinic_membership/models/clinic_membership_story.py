from odoo import api, fields, models
from odoo.tools import LazyTranslate
from odoo.tools.misc import format_date

_lt = LazyTranslate(__name__)

# each event in a sentence; where a word of it is not known, or the event is not here, its label says it
STORIES = {
    "trial": _lt("Trial of %(tier)s started, until %(day)s"),
    "new": _lt("Started %(tier)s"),
    "import": _lt("Came along from another system with %(tier)s"),
    "win_back": _lt("Won back: came back with %(tier)s"),
    "convert": _lt("Trial became the full %(tier)s membership"),
    "upgrade": _lt("Upgraded from %(before)s to %(tier)s"),
    "downgrade": _lt("Downgraded from %(before)s to %(tier)s"),
    "change": _lt("Changed to %(plan)s"),
    "schedule": _lt("Change to %(note)s scheduled for %(day)s"),
    "unschedule": _lt("Scheduled change taken back"),
    "add_on": _lt("Services changed: %(note)s"),
    "retain": _lt("Wanted to leave and stays: %(note)s"),
    "family": _lt("Family: %(note)s"),
    "holder": _lt("New holder: %(note)s"),
    "pause_planned": _lt("A pause is planned from %(day)s"),
    "pause_forgotten": _lt("The planned pause is taken back"),
    "pause": _lt("Paused until %(day)s"),
    "resume": _lt("Goes on after the pause, renews on %(day)s"),
    "refund": _lt("Refunded: %(note)s"),
    "credit": _lt("Credit given: %(note)s"),
    "free": _lt("Free renewals given: %(note)s"),
    "undo_credit": _lt("Credit taken back: %(note)s"),
    "write_off": _lt("Debt forgiven: %(note)s"),
    "past_due": _lt("Card declined; past due"),
    "suspend": _lt("Suspended: not paid within the grace days"),
    "paid": _lt("Paid up, active again"),
    "cancel": _lt("Asked to cancel, benefits until %(day)s"),
    "undo_cancel": _lt("Cancellation taken back, renews on %(day)s"),
    "cancelled": _lt("Cancelled, benefits are over"),
    "undo_import": _lt("Import taken back"),
    "ended": _lt("Ended: it does not renew"),
}
NOT_PAID = _lt("Not paid in time; past due")
# what follows the sentence
PRICED = {"new", "import", "win_back", "convert", "upgrade", "downgrade", "change"}
NOTED = {"price", "extend", "past_due", "cancel"}
LOOKS = {
    "trial": ("fa-hourglass-start", "info"),
    "new": ("fa-star", "success"),
    "import": ("fa-download", "success"),
    "win_back": ("fa-heart", "success"),
    "convert": ("fa-check", "success"),
    "upgrade": ("fa-arrow-up", "success"),
    "downgrade": ("fa-arrow-down", "warning"),
    "change": ("fa-exchange", "info"),
    "schedule": ("fa-calendar", "info"),
    "unschedule": ("fa-calendar-times-o", "secondary"),
    "add_on": ("fa-plus-circle", "info"),
    "retain": ("fa-gift", "success"),
    "family": ("fa-users", "info"),
    "holder": ("fa-user", "info"),
    "price": ("fa-tag", "info"),
    "extend": ("fa-calendar-plus-o", "info"),
    "refund": ("fa-reply", "warning"),
    "credit": ("fa-heart-o", "success"),
    "free": ("fa-gift", "success"),
    "undo_credit": ("fa-undo", "warning"),
    "write_off": ("fa-eraser", "warning"),
    "pause_planned": ("fa-calendar", "info"),
    "pause_forgotten": ("fa-calendar-times-o", "secondary"),
    "pause": ("fa-pause", "warning"),
    "resume": ("fa-play", "success"),
    "past_due": ("fa-credit-card", "warning"),
    "suspend": ("fa-lock", "danger"),
    "paid": ("fa-check", "success"),
    "cancel": ("fa-sign-out", "warning"),
    "undo_cancel": ("fa-undo", "success"),
    "cancelled": ("fa-times", "danger"),
    "undo_import": ("fa-undo", "danger"),
    "ended": ("fa-flag-checkered", "secondary"),
}


class ClinicMembershipLog(models.Model):
    """The history of a membership, told in sentences."""

    _inherit = "clinic.membership.log"

    day = fields.Date(
        string="Leads To", readonly=True, help="The day that the event is about: the last one of a pause or of a trial."
    )
    story = fields.Char(string="What Happened", compute="_compute_story")
    change_in_words = fields.Char(string="Change a Month", compute="_compute_looks")
    told_by = fields.Char(string="Done By", compute="_compute_looks")
    icon = fields.Char(compute="_compute_looks")
    tone = fields.Char(compute="_compute_looks")

    @api.depends("event", "tier_id.name", "day", "note", "monthly_value", "membership_id.log_ids")
    @api.depends_context("lang")
    def _compute_story(self):
        told = self.browse()
        for events in self.membership_id.mapped("log_ids").grouped("membership_id").values():
            before = self.env["clinic.membership.tier"]
            for event in events.sorted("id"):
                if event in self:
                    event.story = event._sentence(before)
                    told |= event
                before = event.tier_id
        for event in self - told:  # not saved yet
            event.story = event._sentence(event.tier_id)

    def _sentence(self, before):
        """What happened, and what it costs or why.

        :param before: the tier before it
        """
        story, detail = self._main_sentence(before), self._detail()
        return self.env._("%(story)s: %(detail)s", story=story, detail=detail) if detail else story

    def _main_sentence(self, before):
        words = {
            "tier": self.tier_id.name,
            "before": before.name,
            "plan": (self.note or "").partition(": ")[2],
            "note": self.note,
            "day": self.day and format_date(self.env, self.day, date_format="d MMMM yyyy"),
        }
        sentence = self._story()
        if sentence and all(value or f"%({name})s" not in sentence for name, value in words.items()):
            return sentence % words
        return dict(self._fields["event"]._description_selection(self.env))[self.event]

    def _story(self):
        if self.event == "past_due" and not self.note:
            return self.env._(NOT_PAID)
        return self.env._(STORIES[self.event]) if self.event in STORIES else ""

    def _detail(self):
        """The price of a month, or the reason that was noted."""
        if self.event in PRICED and self.monthly_value:
            return self.env._("%s a month", self.currency_id.format(self.monthly_value))
        if self.event == "cancelled":
            return self.membership_id.cancel_reason_id.name
        return self.note if self.event in NOTED else ""

    @api.depends("event", "monthly_change", "user_id")
    @api.depends_context("lang")
    def _compute_looks(self):
        for event in self:
            event.icon, event.tone = LOOKS.get(event.event, ("fa-circle", "secondary"))
            event.change_in_words = event._signed(event.monthly_change)
            by_itself = event.user_id == self.env.ref("base.user_root")
            event.told_by = self.env._("by itself") if by_itself else self.env._("by %s", event.user_id.name)

    def _signed(self, amount):
        if self.currency_id.is_zero(amount):
            return ""
        return f"{'+' if amount > 0 else '−'}{self.currency_id.format(abs(amount))}"


class ClinicMembership(models.Model):
    _inherit = "clinic.membership"

    def _log_day(self, event):
        """The day that an event is about, for its story."""
        if event in ("trial", "extend"):
            return self._paid_until()
        fields_of = {
            "schedule": "next_renewal",
            "pause_planned": "pause_from",
            "pause": "pause_until",
            "cancel": "benefits_until",
            "resume": "next_renewal",
            "undo_cancel": "next_renewal",
        }
        return event in fields_of and self[fields_of[event]]

    def _decline_in_words(self):
        """What the provider said when it declined the card for what is due, if it did."""
        attempts = self._overdue_periods()._due_invoices().transaction_ids
        declined = attempts.filtered(lambda tx: tx.state in ("error", "cancel")).sorted("id")[-1:]
        return (declined.state_message or self.env._("no reason was given")) if declined else ""
