/** The walk of a receptionist's day; what needs another day is done in tests/test_walk.py, between these tours. */
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const PATIENT = "Wanda Walker";

/** Choose a record in a many2one; `scope` is where the field is. */
function choose(scope, field, text) {
    const widget = `${scope} .o_field_widget[name=${field}]`;
    return [
        {trigger: `${widget} input`, run: `edit ${text}`},
        {trigger: `.o-autocomplete--dropdown-item a:contains(${text})`, run: "click"},
    ];
}

/** Sell with the wizard, by the stored card, from the patient's page. */
function sellByCard(button, product) {
    return [
        {content: "The patient's memberships and packages", trigger: "a[name=clinic_membership]", run: "click"},
        {trigger: `button[name=${button}]`, run: "click"},
        ...choose(".modal", "product_id", product),
        {trigger: ".modal .o_field_widget[name=payment] label:contains(Stored card)", run: "click"},
        {content: "The patient's card is proposed", trigger: ".modal .o_field_widget[name=token_id] input:value(4242)"},
        {content: "What happens is said before", trigger: ".modal .alert:contains(To pay now)"},
        {trigger: ".modal button[name=action_sell]", run: "click"},
        {
            content: "Paid, and so it is active",
            trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Active)",
        },
    ];
}

function backToPatient() {
    return [{trigger: `.o_breadcrumb a:contains(${PATIENT})`, run: "click"}];
}

function openMenu(menu, item) {
    return [
        {trigger: `.o_menu_sections [data-menu-xmlid="${menu}"]`, run: "click"},
        {trigger: `.o-dropdown--menu [data-menu-xmlid="${item}"]`, run: "click"},
    ];
}

registry.category("web_tour.tours").add("clinic_walk_patient", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {trigger: '.o_app[data-menu-xmlid="sale.sale_menu_root"]', run: "click"},
        ...openMenu("sale.sale_order_menu", "sale.res_partner_menu"),
        {trigger: ".o_last_breadcrumb_item:contains(Customers)"},
        {content: "A new patient", trigger: ".o_list_button_add", run: "click"},
        {trigger: ".o_form_view .o_field_widget[name=name] :is(input, textarea)", run: `edit ${PATIENT}`},
        {trigger: ".o_form_view .o_field_widget[name=email] input", run: "edit wanda.walker@example.com"},
        ...stepUtils.saveForm(),
    ],
});

registry.category("web_tour.tours").add("clinic_walk_sell_and_redeem", {
    steps: () => [
        {content: "Gold, monthly", trigger: `.o_form_view:contains(${PATIENT})`},
        ...sellByCard("action_clinic_add_membership", "Gold Monthly"),

        {content: "A facial, from the membership", trigger: "button[name=action_redeem]", run: "click"},
        ...choose(".modal", "product_id", "Facial"),
        {trigger: ".modal [name=line_ids] .o_data_row:contains(Gold)"},
        {trigger: ".modal-footer button[name=action_redeem]", run: "click"},
        {content: "The redemption says what paid", trigger: ".o_form_view [name=explanation]:contains(Treatments)"},

        ...backToPatient(),
        ...sellByCard("action_clinic_sell_package", "6-Pack Facials"),

        {content: "An order with a facial", ...stepUtils.showAppsMenuItem()},
        {trigger: '.o_app[data-menu-xmlid="sale.sale_menu_root"]', run: "click"},
        {trigger: ".o_sale_order .o_list_button_add, .o_list_button_add", run: "click"},
        ...choose(".o_form_view", "partner_id", PATIENT),
        {trigger: "a:contains(Add a product)", run: "click"},
        {trigger: "div[name=product_template_id] input", run: "edit Facial"},
        {trigger: ".o-autocomplete--dropdown-item a:contains(Facial):not(:contains(6-Pack))", run: "click"},
        {trigger: "a[name=order_lines]", run: "click"},
        {content: "The member price", trigger: ".o_data_row td[name=price_subtotal]:contains(90.00)"},
        {
            content: "It can be paid with units",
            trigger: ".o_statusbar_buttons button[name=action_clinic_redeem]",
            run: "click",
        },
        {
            content: "The allowance is used up, so the package pays",
            trigger: ".modal [name=line_ids] .o_data_row:first:contains(6-Pack Facials)",
        },
        {trigger: ".modal-footer button[name=action_redeem]", run: "click"},
        {
            content: "Nothing to pay",
            trigger: "body:not(:has(.modal)) .o_data_row td[name=price_subtotal]:contains(0.00):not(:contains(90))",
        },
        {trigger: "button[name=action_confirm]", run: "click"},
        {trigger: ".o_arrow_button_current:contains(Sales Order)"},
    ],
});

registry.category("web_tour.tours").add("clinic_walk_past_due", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {trigger: '.o_app[data-menu-xmlid="clinic_membership.clinic_membership_menu_root"]', run: "click"},
        ...openMenu(
            "clinic_membership.clinic_membership_menu_memberships",
            "clinic_membership.clinic_membership_menu_past_due"
        ),
        {trigger: `.o_data_row:contains(${PATIENT}):contains(Past Due) td[name=tier_id]`, run: "click"},
        {trigger: ".o_form_view .alert:contains(Past due since)"},
        {content: "It can be charged again at once", trigger: "button[name=action_charge_now]"},
        {content: "The card was declined", trigger: ".o-mail-Message:contains(declined)"},
    ],
});
