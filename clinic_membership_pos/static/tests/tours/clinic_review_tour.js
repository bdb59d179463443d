/** A manager settles what tills did: charged, tried again, forgiven. */
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const menu = (xmlid) => ({trigger: `[data-menu-xmlid="${xmlid}"]`, run: "click"});
const open = (...words) => ({
    content: `To review: ${words.join(", ")}`,
    trigger: `.o_data_row${words.map((word) => `:contains(${word})`).join("")} td[name=date]`,
    run: "click",
});
const button = (name) => ({trigger: `.o_statusbar_buttons button[name=${name}]`, run: "click"});
const confirm = (name) => ({trigger: `.modal-footer .btn-primary:contains(${name})`, run: "click"});
const says = (words) => ({trigger: `.o_form_view:contains(${words})`});
const status = (name) => ({trigger: `body:not(:has(.modal)) .o_arrow_button_current:contains(${name})`});
const back = {trigger: ".o_breadcrumb a:contains(Tills to Review)", run: "click"};

registry.category("web_tour.tours").add("clinic_till_review", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {trigger: '.o_app[data-menu-xmlid="clinic_membership.clinic_membership_menu_root"]', run: "click"},
        menu("clinic_membership.clinic_membership_menu_packages"),
        menu("clinic_membership_pos.clinic_till_review_menu"),

        open("Anna Overdrawn", "Units missing"),
        says("0 of the 2 units"),
        button("action_charge"),
        confirm("Charge"),
        {content: "The invoice, at the member price", trigger: ".o_form_view:contains(INV/):contains(207.00)"},
        back,

        {content: "It is off the list", trigger: ".o_list_view:not(:contains(Anna Overdrawn))"},
        open("Ben Member"),
        button("action_try_again"),
        {content: "There are no units yet", trigger: ".modal .modal-body:contains(0 of the 1 units)"},
        {trigger: ".modal-footer .btn-primary", run: "click"},
        button("action_forgive"),
        confirm("Forgive"),
        status("Forgiven"),
        back,

        open("Cid Buyer"),
        button("action_try_again"),
        status("Settled"),
        back,

        open("Sold and not given"),
        says("sold without a patient"),
        {trigger: ".o_field_widget[name=partner_id] input", run: "edit Dora Later"},
        {trigger: ".o-autocomplete--dropdown-item a:contains(Dora Later)", run: "click"},
        button("action_try_again"),
        status("Settled"),
        back,
        {content: "Settled, too", trigger: ".o_list_view:not(:contains(Dora Later))"},
    ],
});
