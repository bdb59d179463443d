import {ControlButtons} from "@point_of_sale/app/screens/product_screen/control_buttons/control_buttons";
import {SelectionPopup} from "@point_of_sale/app/components/popups/selection_popup/selection_popup";
import {makeAwaitable} from "@point_of_sale/app/utils/make_awaitable_dialog";
import {_t} from "@web/core/l10n/translation";
import {patch} from "@web/core/utils/patch";

patch(ControlButtons.prototype, {
    /** The selected line, where units pay for it or could. */
    get clinicLine() {
        const line = this.currentOrder?.getSelectedOrderline();
        const possible = line && (line.clinic_redeem || this.currentOrder.canTakeClinicUnits(line));
        return possible ? line : null;
    },

    async clickClinicUnits() {
        const order = this.currentOrder;
        const line = this.clinicLine;
        if (line.clinic_redeem) {
            this.pos.removeClinicUnits(order, line);
        } else {
            const grantId = await this.pickClinicGrant(order, line);
            if (grantId !== undefined) {
                await this.pos.applyClinicUnits(order, line, grantId);
            }
        }
        this.props.close?.();
    },

    /** The units to use: asked where there are several. */
    async pickClinicGrant(order, line) {
        const {left} = order.clinicAllocation(line);
        const grants = order.clinicGrants(line.product_id).filter((grant) => left.get(grant.id) > 0);
        if (grants.length < 2) {
            return 0;
        }
        return makeAwaitable(this.dialog, SelectionPopup, {
            title: _t("Which units?"),
            list: grants.map((grant) => ({
                id: grant.id,
                item: grant.id,
                label: _t("%(name)s, %(left)s of %(granted)s left", {
                    name: grant.name,
                    left: left.get(grant.id),
                    granted: grant.granted,
                }),
                isSelected: false,
            })),
        });
    },

    async clickClinicCode() {
        this.props.close?.();
        await this.pos.redeemClinicCode();
    },
});
