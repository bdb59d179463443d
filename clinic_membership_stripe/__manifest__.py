{
    "name": "Clinic Memberships & Packages: Stripe",
    "summary": "Look lost payments up at Stripe, and trust only webhooks that Stripe has signed",
    "version": "19.0.1.0.0",
    "category": "Sales/Memberships",
    "license": "LGPL-3",
    "author": "clinic_membership contributors",
    "depends": ["clinic_membership", "payment_stripe"],
    "external_dependencies": {"python": ["stripe"]},
}
