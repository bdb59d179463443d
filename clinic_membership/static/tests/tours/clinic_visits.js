/** The front desk, more of its days: what is left for later, who does not come, who walks in, who comes another day. */
import {registry} from "@web/core/registry";

/** Choose in a many2one of the dialog, or of the form, by typing. */
function choose(scope, field, text) {
    return [
        {trigger: `${scope} .o_field_widget[name=${field}] input`, run: `edit ${text}`},
        {trigger: `.o-autocomplete--dropdown-item a:contains(${text})`, run: "click"},
    ];
}

/** Decide about a line of the checkout: Apply, Charge or Later. */
function decide(service, choice) {
    const row = `.modal [name=line_ids] .o_data_row:contains(${service})`;
    return [
        {trigger: `${row} td[name=choice]`, run: "click"},
        {trigger: ".modal .o_selected_row td[name=choice] .o_select_menu_toggler", run: "click"},
        {trigger: `.o_select_menu_menu .o_select_menu_item:contains(${choice})`, run: "click"},
        {trigger: ".modal .modal-header", run: "click"},
        {trigger: `${row}:contains(${choice})`},
    ];
}

function stateIs(state) {
    return {trigger: `body:not(:has(.modal)) .o_arrow_button_current:contains(${state})`};
}

registry.category("web_tour.tours").add("clinic_visit_later", {
    steps: () => [
        {trigger: "button[name=action_clinic_done]", run: "click"},
        {trigger: ".modal .o_data_row:contains(Facial):contains(6-Pack Facials, then 5 of 6 left)"},
        ...decide("Facial", "Later"),
        {content: "The rest is charged today", trigger: ".modal .alert:contains(90.00)"},
        {trigger: ".modal button[name=action_confirm]", run: "click"},
        {trigger: ".o_notification:contains(90.00 paid)"},
        stateIs("Done"),
        {content: "What was left for later is taken up", trigger: "button[name=action_clinic_checkout]", run: "click"},
        {trigger: ".modal .o_data_row:contains(Facial):contains(Apply)"},
        {trigger: ".modal:not(:has(.o_data_row:contains(Massage))) button[name=action_confirm]", run: "click"},
        {trigger: ".o_notification:contains(Facial paid with units)"},
        {trigger: "body:not(:has(.modal)):not(:has(button[name=action_clinic_checkout]))"},
    ],
});

registry.category("web_tour.tours").add("clinic_visit_no_show", {
    steps: () => [
        {trigger: "button[name=action_clinic_no_show]", run: "click"},
        {content: "What is at stake is said", trigger: ".modal [name=preview]:contains(1 Facial: 6-Pack Facials)"},
        {trigger: ".modal label:contains(The units are forfeited)", run: "click"},
        {trigger: ".modal button[name=action_confirm]", run: "click"},
        {trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(No-Show)"},
        {trigger: ".o_data_row:contains(Facial):contains(Forfeited)"},
        {content: "It was a mistake", trigger: "button[name=action_clinic_reopen]", run: "click"},
        {trigger: ".modal-footer button:contains(Reopen)", run: "click"},
        stateIs("Booked"),
        {content: "The unit is back", trigger: ".o_data_row:contains(6-Pack Facials, then 5 of 6 left)"},
    ],
});

registry.category("web_tour.tours").add("clinic_visit_walk_in", {
    steps: () => [
        {content: "The patient's memberships and packages", trigger: "a[name=clinic_membership]", run: "click"},
        {trigger: "button[name=action_clinic_checkout]", run: "click"},
        {trigger: ".modal a:contains(Add a service or product)", run: "click"},
        ...choose(".modal .o_selected_row", "product_id", "Facial"),
        {trigger: ".modal .modal-header", run: "click"},
        {content: "Without units it is charged", trigger: ".modal .o_data_row:contains(Facial):contains(Charge)"},
        {
            content: "Offer Membership, in the same checkout",
            trigger: ".modal [name=offer_ids] .o_data_row:contains(With Gold):contains(99) .o_boolean_toggle input",
            run: "click",
        },
        {content: "Its first treatment pays", trigger: ".modal .o_data_row:contains(Facial):contains(sold here)"},
        {content: "Only the membership is paid", trigger: ".modal .alert:contains(99.00)"},
        {content: "Confirmed, by keyboard", trigger: ".modal .o_form_view", run: "press alt+q"},
        {trigger: ".o_notification:contains(99.00 paid)"},
        {trigger: "body:not(:has(.modal)) .o_form_view"},
    ],
});

registry.category("web_tour.tours").add("clinic_visit_book", {
    steps: () => [
        {trigger: ".o_form_button_create", run: "click"},
        ...choose(".o_form_view", "clinic_patient_id", "Dora Desk"),
        {trigger: ".o_field_widget[name=clinic_line_ids] a:contains(Add a line)", run: "click"},
        ...choose(".o_field_widget[name=clinic_line_ids] .o_selected_row", "product_id", "Facial"),
        {trigger: ".o_form_view .oe_subtotal_footer", run: "click"},
        {
            content: "What the patient holds is seen before it is saved",
            trigger: ".o_data_row:contains(6-Pack Facials, then 5 of 6 left)",
        },
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: ".o_arrow_button_current:contains(Booked)"},
        {content: "To another day", trigger: ".o_field_widget[name=start] :is(button, input)", run: "click"},
        {trigger: ".o_datetime_picker .o_next", run: "click"},
        {trigger: ".o_datetime_picker .o_date_item_cell:not(.o_out_of_range):contains(15)", run: "click"},
        {trigger: ".o_form_view .oe_subtotal_footer", run: "click"},
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))"},
        {content: "It cannot be done before its day", trigger: "button[name=action_clinic_done]", run: "click"},
        {trigger: ".modal:contains(still to come)"},
        {trigger: ".modal-footer button:contains(Close), .modal-footer button", run: "click"},
        {
            content: "Cancelled in time",
            trigger: "body:not(:has(.modal)) button[name=action_clinic_cancel]",
            run: "click",
        },
        {trigger: ".o_arrow_button_current:contains(Cancelled)"},
    ],
});
