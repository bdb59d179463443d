import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import {patch} from "@web/core/utils/patch";

patch(OrderPaymentValidation.prototype, {
    /** An order may have been open for hours, or is paid with one click: ask again. */
    async validateOrder() {
        const {pos, order} = this;
        this.clinicAskedInvoice = order.isToInvoice();
        if (!(await pos.ensureClinicPatient(order)) || !(await pos.checkClinicOrder(order))) {
            return false;
        }
        return super.validateOrder(...arguments);
    },

    /** The server invoices memberships by itself; only who asked for an invoice waits for its PDF. */
    shouldDownloadInvoice() {
        return this.clinicAskedInvoice !== false && super.shouldDownloadInvoice(...arguments);
    },
});
