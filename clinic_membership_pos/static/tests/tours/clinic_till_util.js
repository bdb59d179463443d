/** Steps that the tours of the till share. */
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";

export const see = (trigger, content = trigger) => ({content, trigger});
export const panel = (text) => see(`.clinic-panel:contains("${text}")`);
export const words = (text) => see(`.product-screen .clinic-paid-by:contains("${text}")`);
export const noWords = see(".product-screen:not(:has(.clinic-paid-by))", "no line is paid with units");
export const choose = (name) => [ProductScreen.clickPartnerButton(), ProductScreen.clickCustomer(name)].flat();
export const useUnits = [Dialog.is({title: "Pay with units?"}), Dialog.confirm("Use Units")];
export const charge = [Dialog.is({title: "Pay with units?"}), Dialog.confirm("Charge", ".btn-secondary")];
export const control = (name) => ProductScreen.clickControlButton(name);
// the first invoice of a server takes its time
export const receipt = [ReceiptScreen.isShown()].flat().map((step) => ({...step, timeout: 60000}));
// the only payment method is chosen by itself
export const pay = [ProductScreen.clickPayButton(), PaymentScreen.clickValidate(), receipt];
