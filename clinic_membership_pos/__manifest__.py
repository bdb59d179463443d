{
    "name": "Clinic Memberships & Packages: Point of Sale",
    "summary": "Sell memberships and packages at the till, and pay for services with units",
    "version": "19.0.1.0.0",
    "category": "Sales/Memberships",
    "license": "LGPL-3",
    "author": "clinic_membership contributors",
    "depends": ["clinic_membership", "pos_loyalty", "pos_sale"],
    "data": [
        "security/ir.model.access.csv",
        "security/clinic_membership_pos_rules.xml",
        "data/mail_activity_type_data.xml",
        "views/clinic_till_review_views.xml",
        "views/clinic_membership_pos_views.xml",
    ],
    "demo": ["demo/till_demo.xml"],
    "assets": {
        "point_of_sale._assets_pos": ["clinic_membership_pos/static/src/**/*"],
        "web.assets_tests": ["clinic_membership_pos/static/tests/tours/**/*"],
        "web.assets_unit_tests": ["clinic_membership_pos/static/tests/unit/**/*"],
    },
    "auto_install": True,
}
