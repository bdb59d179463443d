from freezegun import freeze_time

from .common import ClinicCommon


class FamilyCommon(ClinicCommon):
    """A family plan of four for 199, in a pool, and four people beside its holder."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-31"):
            cls.family_tier = cls._tier("Family", 10, 199, family_size=4)
            cls.plan = cls.family_tier.plan_ids.product_variant_id
            cls.people = cls.env["res.partner"].create([{"name": name} for name in ("Bea", "Cid", "Dan", "Eve")])
            cls.bea, cls.cid, cls.dan, cls.eve = cls.people
            cls.membership = cls._sell(cls.plan)

    @classmethod
    def _individual(cls, **values):
        cls.family_tier.write({"sharing": "individual", **values})
        return cls._sell(cls.plan, partner=cls.env["res.partner"].create({"name": "Fay"}))

    def _own(self, membership, person):
        return membership.grant_ids.filtered(lambda grant: grant.partner_id == person)
