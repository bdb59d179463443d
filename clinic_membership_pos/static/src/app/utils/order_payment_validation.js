import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { patch } from "@web/core/utils/patch";

/** An order may have been open for hours, or is paid with one click: ask again. */
patch(OrderPaymentValidation.prototype, {
    async validateOrder() {
        const { pos, order } = this;
        if (!(await pos.ensureClinicPatient(order)) || !(await pos.checkClinicOrder(order))) {
            return false;
        }
        return super.validateOrder(...arguments);
    },
});
