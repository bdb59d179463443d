/** The patient comes last, is exchanged, or comes with a sales order. */
import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as TicketScreen from "@point_of_sale/../tests/pos/tours/utils/ticket_screen_util";
import {charge, choose, control, noWords, panel, pay, receipt, see, useUnits, words} from "./clinic_till_util";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("clinic_till_patient", {
    steps: () =>
        [
            Chrome.startPoS(),
            Dialog.confirm("Open Register"),

            // the services first: one question for all of them, when the patient is chosen
            ProductScreen.clickDisplayedProduct("Facial"),
            ProductScreen.clickDisplayedProduct("Massage"),
            ProductScreen.clickDisplayedProduct("Massage"),
            ProductScreen.totalAmountIs("345.00"),
            choose("Ann Patient"),
            Dialog.is({title: "Pay with units?"}),
            Dialog.bodyIs("Ann Patient has units for these services"),
            Dialog.bodyIs("1 × Facial: 6-Pack Facials, 5 of 6 left"),
            Dialog.bodyIs("2 × Massage: Massage Pair, 1 of 2 left"),
            useUnits,
            words("from 6-Pack Facials 4 of 6 left"),
            words("from Massage Pair 0 of 2 left"),
            // the pair had one left: the other massage is charged
            ProductScreen.totalAmountIs("115.00"),

            // exchanged: the units come off, and the other patient is asked; a no is remembered
            choose("Ben Member"),
            Dialog.bodyIs("Ben Member has 1 of 2 left for Facial: Gold"),
            charge,
            noWords,
            ProductScreen.totalAmountIs("310.50"),
            choose("Ben Member"),
            {content: "the same patient is asked once", trigger: "body:not(:has(.modal))"},

            // and back: what came off is offered again
            choose("Ann Patient"),
            useUnits,
            ProductScreen.totalAmountIs("115.00"),
            pay,
            see('.pos-receipt .clinic-paid-by:contains("from 6-Pack Facials 4 of 6 left")'),
            ReceiptScreen.clickNextOrder(),

            // at the payment a plan needs its patient: said before, and "Back" is no payment
            ProductScreen.clickDisplayedProduct("Facial"),
            ProductScreen.clickDisplayedProduct("Gold plan"),
            ProductScreen.clickPayButton(false),
            Dialog.is({title: "Choose the patient"}),
            Dialog.confirm("Back", ".btn-secondary"),
            ProductScreen.isShown(),
            ProductScreen.clickPayButton(false),
            Dialog.confirm("Choose"),
            ProductScreen.clickCustomer("Ann Patient"),
            Dialog.bodyIs("Ann Patient has 4 of 6 left for Facial"),
            charge,
            PaymentScreen.isShown(),
            PaymentScreen.clickValidate(),
            receipt,
            see('.pos-receipt .clinic-member-price:contains("Member price")'),
            see('.pos-receipt:contains("Gold plan")'),
            ReceiptScreen.clickNextOrder(),

            // the patient is chosen at the payment: what was entered for the price before is entered again
            ProductScreen.clickDisplayedProduct("Facial"),
            ProductScreen.clickPayButton(),
            PaymentScreen.clickPartnerButton(),
            PaymentScreen.clickCustomer("Ann Patient"),
            useUnits,
            see('.o_notification:contains("The price has changed")'),
            see(".payment-screen:not(:has(.paymentline))", "no payment is left"),
            PaymentScreen.clickValidate(),
            receipt,
            see('.pos-receipt .clinic-paid-by:contains("from Gold 1 of 2 left")'),
            ReceiptScreen.clickNextOrder(),

            // a sales order that units paid for: their line says so, and is for as many as they paid for
            control("Quotation/Order"),
            {trigger: '.modal .o_data_row:contains("Ann Patient") td', run: "click"},
            {trigger: '.modal .selection-item:contains("Settle the order")', run: "click"},
            words("from 6-Pack Facials 4 of 6 left"),
            ProductScreen.totalAmountIs("115.00"),
            ProductScreen.clickLine("Facial", "1"),
            ProductScreen.clickNumpad("2"),
            Dialog.is({title: "1 units paid on the sales order"}),
            Dialog.confirm("Ok"),
            panel("4 / 6"),
            pay,
            see('.pos-receipt .clinic-paid-by:contains("from 6-Pack Facials 4 of 6 left")'),
            ReceiptScreen.clickNextOrder(),

            // refunded: the unit is back, and there is nothing to refund any more
            ProductScreen.clickRefund(),
            {trigger: '.ticket-screen .order-row:eq(0):contains("Ann Patient")', run: "click"},
            see('.ticket-screen .orderline.selected:contains("from 6-Pack Facials 4 of 6 left")'),
            ProductScreen.clickNumpad("1"),
            TicketScreen.confirmRefund(),
            PaymentScreen.isShown(),
            PaymentScreen.clickValidate(),
            receipt,
            ReceiptScreen.clickNextOrder(),
            choose("Ann Patient"),
            panel("5 / 6"),
            ProductScreen.clickRefund(),
            {trigger: '.ticket-screen .order-row:eq(1):contains("Ann Patient")', run: "click"},
            TicketScreen.refundedNoteContains("1.00 Refunded"),
            TicketScreen.noLinesToRefund(),
        ].flat(Infinity),
});
