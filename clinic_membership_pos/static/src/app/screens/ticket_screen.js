import {TicketScreen} from "@point_of_sale/app/screens/ticket_screen/ticket_screen";
import {AlertDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";
import {patch} from "@web/core/utils/patch";

/** Used packages and memberships are given back in the back office, where what is left is computed. */
patch(TicketScreen.prototype, {
    async onDoRefund() {
        const order = this.getSelectedOrder();
        const details = order ? Object.values(order.uiState.lineToRefund) : [];
        const chosen = details.filter((detail) => detail.qty > 0).map((detail) => detail.line);
        const lines = chosen.length || !order || !this._doesOrderHaveSoleItem(order) ? chosen : order.lines;
        const refusal = lines.length ? await this.pos.clinicRefundRefusal(lines) : "";
        if (refusal) {
            this.dialog.add(AlertDialog, {title: _t("Not at the till"), body: refusal});
            return;
        }
        return super.onDoRefund(...arguments);
    },
});
