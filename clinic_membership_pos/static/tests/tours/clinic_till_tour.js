import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as Offline from "@point_of_sale/../tests/generic_helpers/offline_util";
import * as Loyalty from "@pos_loyalty/../tests/tours/utils/pos_loyalty_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as TextInput from "@point_of_sale/../tests/generic_helpers/text_input_popup_util";
import * as TicketScreen from "@point_of_sale/../tests/pos/tours/utils/ticket_screen_util";
import {charge, choose, control, noWords, panel, pay, see, useUnits, words} from "./clinic_till_util";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("clinic_till", {
    steps: () =>
        [
            Chrome.startPoS(),
            Dialog.confirm("Open Register"),

            // a package is sold to a patient: said before the payment
            ProductScreen.clickDisplayedProduct("6-Pack Facials"),
            ProductScreen.clickPayButton(false),
            Dialog.is({title: "Choose the patient"}),
            Dialog.confirm("Choose"),
            ProductScreen.clickCustomer("Ann Patient"),
            PaymentScreen.clickValidate(),
            ReceiptScreen.isShown(),
            ReceiptScreen.clickNextOrder(),

            // what the patient has, and the offer to use it
            choose("Ann Patient"),
            panel("6 / 6"),
            panel("6-Pack Facials"),
            ProductScreen.clickDisplayedProduct("Facial"),
            useUnits,
            words("from 6-Pack Facials 5 of 6 left"),
            panel("5 / 6"),
            ProductScreen.totalAmountIs("0.00"),

            // another one is a line of its own: charged, then paid with units, by the button
            ProductScreen.clickDisplayedProduct("Facial"),
            charge,
            ProductScreen.totalAmountIs("115.00"),
            control("Use Units"),
            ProductScreen.totalAmountIs("0.00"),
            panel("4 / 6"),
            control("Remove Units"),
            ProductScreen.totalAmountIs("115.00"),
            panel("5 / 6"),
            control("Use Units"),

            // more than there are
            ProductScreen.clickNumpad("9"),
            Dialog.is({title: "5 units left"}),
            Dialog.confirm("Ok"),
            ProductScreen.clickNumpad("2"),
            words("from 6-Pack Facials 3 of 6 left"),

            // units are the patient's: they come off with another one, and the price is back
            choose("Ben Member"),
            charge,
            noWords,
            ProductScreen.totalAmountIs("310.50"),
            panel("Gold"),
            choose("Ann Patient"),
            useUnits,
            words("from 6-Pack Facials 3 of 6 left"),
            ProductScreen.totalAmountIs("0.00"),

            // the receipt says what paid
            ProductScreen.clickPayButton(),
            PaymentScreen.clickValidate(),
            ReceiptScreen.isShown(),
            see('.pos-receipt .clinic-paid-by:contains("3 of 6 left")'),
            ReceiptScreen.clickNextOrder(),

            // given back, once
            ProductScreen.clickRefund(),
            TicketScreen.nthRowContains(1, "Ann Patient"),
            {trigger: '.ticket-screen .order-row:contains("Ann Patient")', run: "click"},
            ProductScreen.clickLine("Facial", "2"),
            ProductScreen.clickNumpad("2"),
            TicketScreen.confirmRefund(),
            PaymentScreen.isShown(),
            PaymentScreen.clickValidate(),
            ReceiptScreen.isShown(),
            ReceiptScreen.clickNextOrder(),
            choose("Ann Patient"),
            panel("5 / 6"),

            // a membership brings its price to the ticket
            ProductScreen.clickDisplayedProduct("Massage"),
            ProductScreen.totalAmountIs("115.00"),
            ProductScreen.clickDisplayedProduct("Gold plan"),
            ProductScreen.totalAmountIs("217.35"),
            see(".product-screen .clinic-member-price"),
            pay,
            ReceiptScreen.clickNextOrder(),
            choose("Ann Patient"),
            panel("Gold"),
            panel("2 / 2"),

            // a code
            control("Redeem a Code"),
            TextInput.inputText("WRONG-CODE"),
            Dialog.confirm("Apply"),
            Dialog.bodyIs("This code is not valid"),
            Dialog.confirm("Ok"),
            control("Redeem a Code"),
            TextInput.inputText("TILL-TOUR-CODE"),
            Dialog.confirm("Apply"),
            see('.o_notification:contains("Ann Patient has 6-Pack Facials now")'),
            panel("2 / 2"),

            // which units, where there are several
            ProductScreen.clickDisplayedProduct("Facial"),
            charge,
            control("Use Units"),
            {trigger: '.selection-item:contains("5 of 6")', run: "click"},
            words("from 6-Pack Facials 4 of 6 left"),

            // a reload of the page keeps the ticket and its units
            {
                content: "reload, once the browser has stored the ticket",
                trigger: "body",
                run: async () => {
                    await new Promise((resolve) => setTimeout(resolve, 1500));
                    window.location.reload();
                },
                expectUnloadPage: true,
            },
            words("from 6-Pack Facials 4 of 6 left"),
            panel("4 / 6"),

            // without a connection: what the till knows is enough, and it is sent afterwards
            Offline.setOfflineMode(),
            ProductScreen.clickPayButton(),
            PaymentScreen.clickValidate(),
            ReceiptScreen.isShown(),
            see('.pos-receipt .clinic-paid-by:contains("4 of 6 left")'),
            Dialog.confirm("Continue with limited functionality"),
            Offline.setOnlineMode(),
            Chrome.isSyncStatusConnected(),
            ReceiptScreen.clickNextOrder(),
            choose("Ann Patient"),
            panel("4 / 6"),

            // an eWallet and a promotion beside units: they see what is charged, and follow when that changes
            choose("Ben Member"),
            panel("1 / 2"),
            ProductScreen.clickDisplayedProduct("Facial"),
            useUnits,
            ProductScreen.clickDisplayedProduct("Massage"),
            ProductScreen.totalAmountIs("103.50"),
            Loyalty.enterCode("CHEAPEST"),
            ProductScreen.totalAmountIs("93.15"),
            Loyalty.eWalletButtonState({highlighted: true, text: "eWallet Pay", click: true}),
            ProductScreen.totalAmountIs("43.15"),
            ProductScreen.clickLine("Facial", "1"),
            control("Remove Units"),
            ProductScreen.totalAmountIs("146.65"),
            control("Use Units"),
            ProductScreen.totalAmountIs("43.15"),
            pay,
            ReceiptScreen.clickNextOrder(),

            // a trial: its price, what follows, and one for each patient
            ProductScreen.clickDisplayedProduct("Silver plan"),
            ProductScreen.totalAmountIs("56.35"),
            choose("Ann Patient"),
            ProductScreen.totalAmountIs("11.50"),
            see('.product-screen .clinic-trial:contains("Trial until"):contains("49.00 / month")'),
            choose("Cleo Silver"),
            ProductScreen.totalAmountIs("56.35"),
            see(".product-screen:not(:has(.clinic-trial))", "Cleo had it"),
            choose("Ann Patient"),
            ProductScreen.totalAmountIs("11.50"),
            ProductScreen.clickPayButton(),
            PaymentScreen.clickValidate(),
            ReceiptScreen.isShown(),
            see('.pos-receipt .clinic-trial:contains("Trial until")'),
            Chrome.isSyncStatusConnected(),
        ].flat(Infinity),
});
