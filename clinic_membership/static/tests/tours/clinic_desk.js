/** The front desk: an appointment, its checkout by keyboard, an offer that is taken, a gift and its code. */
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("clinic_desk_appointment", {
    steps: () => [
        {
            content: "What the patient holds is seen at once",
            trigger: ".o_field_widget[name=clinic_line_ids] .o_data_row:contains(6-Pack Facials, then 5 of 6 left)",
        },
        {content: "And what the rest costs", trigger: ".oe_subtotal_footer:contains(300.00)"},
        {trigger: "button[name=action_clinic_arrive]", run: "click"},
        {trigger: ".o_arrow_button_current:contains(Arrived)"},
        {content: "Done, by keyboard", trigger: ".o_form_view", run: "press alt+d"},
        {
            content: "Apply to the patient's package?",
            trigger: ".modal .o_data_row:contains(Facial):contains(Apply):contains(6-Pack Facials, then 5 of 6 left)",
        },
        {trigger: ".modal .o_data_row:contains(Botox):contains(Charge)"},
        {
            content: "A package pays off today",
            trigger: ".modal [name=offer_ids] .o_data_row:contains(Botox + Filler) .o_boolean_toggle input",
            run: "click",
        },
        {
            content: "Its first unit pays",
            trigger: ".modal .o_data_row:contains(Botox):contains(from the Botox + Filler sold here)",
        },
        {trigger: ".modal .alert:contains(640.00)"},
        {content: "Confirmed, by keyboard", trigger: ".modal .o_form_view", run: "press alt+q"},
        {content: "It is said what was done", trigger: ".o_notification:contains(640.00 paid)"},
        {trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Done)"},
        {trigger: ".o_data_row:contains(Botox):contains(Paid with units)"},
    ],
});

registry.category("web_tour.tours").add("clinic_desk_gift", {
    steps: () => [
        {content: "Given away", trigger: "button[name=action_give]", run: "click"},
        {trigger: ".modal input[data-value=gift]", run: "click"},
        {trigger: ".modal .o_field_widget[name=recipient_name] input", run: "edit Maria && click .modal-body"},
        {trigger: ".modal .alert:contains(Maria gets 4 Facial)"},
        {trigger: ".modal button[name=action_confirm]", run: "click"},
        {content: "Its code", trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Ready)"},
        {trigger: ".o_form_view h1 [name=code]:contains(-)"},
    ],
});

registry.category("web_tour.tours").add("clinic_desk_redeem_code", {
    steps: () => [
        {content: "A code that is not one", trigger: ".modal [name=code] input", run: "edit AAAAA-AAAAA"},
        {trigger: ".modal .o_field_widget[name=partner_id] input", run: "edit Emma Code"},
        {trigger: ".o-autocomplete--dropdown-item a:contains(Emma Code)", run: "click"},
        {trigger: ".modal button[name=action_redeem]", run: "click"},
        {trigger: ".modal .alert-warning:contains(not valid)"},
        {
            trigger: ".modal [name=code] input",
            run: () => {
                const input = document.querySelector(".modal [name=code] input");
                input.value = window.location.hash.slice(1);
                input.dispatchEvent(new Event("input", {bubbles: true}));
                input.dispatchEvent(new Event("change", {bubbles: true}));
            },
        },
        {trigger: ".modal button[name=action_redeem]", run: "click"},
        {content: "It is theirs", trigger: "body:not(:has(.modal)) .o_form_view:contains(0 of 4 used)"},
    ],
});
