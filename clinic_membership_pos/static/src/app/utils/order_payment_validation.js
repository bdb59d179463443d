import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import {_t} from "@web/core/l10n/translation";
import {patch} from "@web/core/utils/patch";

patch(OrderPaymentValidation.prototype, {
    setup({fastPaymentMethod}) {
        super.setup(...arguments);
        this.clinicOneClick = fastPaymentMethod && this.paymentLines.at(-1);
    },

    /** An order may have been open for hours, or is paid with one click: ask again. */
    async validateOrder() {
        this.clinicAskedInvoice = this.order.isToInvoice();
        if (!(await this.clinicAgrees())) {
            if (this.clinicOneClick) {
                this.order.removePaymentline(this.clinicOneClick); // it was of the price before
            }
            return false;
        }
        return super.validateOrder(...arguments);
    },

    /** Whether the order may be paid: by its patient, at the price that the cashier has seen. */
    async clinicAgrees() {
        const {pos, order} = this;
        const seen = order.priceIncl;
        if (!(await pos.ensureClinicPatient(order)) || !(await pos.checkClinicOrder(order))) {
            return false;
        }
        if (!order.currency.isZero(order.priceIncl - seen)) {
            pos.notification.add(_t("The price has changed. Please look at it, then pay."), {type: "warning"});
            return false;
        }
        return true;
    },

    /** The server invoices memberships by itself; only who asked for an invoice waits for its PDF. */
    shouldDownloadInvoice() {
        return this.clinicAskedInvoice !== false && super.shouldDownloadInvoice(...arguments);
    },
});
