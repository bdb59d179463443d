import "@pos_loyalty/app/models/pos_order_line"; // patched before: it asks no earlier one
import {PosOrderline} from "@point_of_sale/app/models/pos_order_line";
import {_t} from "@web/core/l10n/translation";
import {patch} from "@web/core/utils/patch";

/** A line that units pay for costs nothing until the units are removed, whatever else changes its price. */
patch(PosOrderline.prototype, {
    get sellsClinicTerms() {
        return ["membership", "package"].includes(this.product_id.product_tmpl_id.service_tracking);
    },

    get sellsClinicMembership() {
        return this.product_id.product_tmpl_id.service_tracking === "membership";
    },

    /** Whether the line means anything to memberships and packages. */
    get clinicConcerned() {
        const refunded = this.refunded_orderline_id;
        return Boolean(this.clinic_redeem || this.sellsClinicTerms || refunded?.isPaidWithUnits);
    },

    /** Units pay for the line here, or paid for it on the sales order that is settled. */
    get isPaidWithUnits() {
        return Boolean(this.clinic_redeem || this.clinic_paid_by || this.clinicOrderedUnits);
    },

    /** How many units paid on the sales order for this line, while it costs nothing here. */
    get clinicOrderedUnits() {
        return (!this.price_unit && this.sale_order_line_id?.clinic_till?.units) || 0;
    },

    get hasClinicMemberPrice() {
        const pricelist = this.order_id?.pricelist_id;
        return Boolean(pricelist?.clinic_members_only) && !this.sellsClinicTerms && this.price_type === "original";
    },

    /** The ordinary price again, after units or a trial. */
    resetClinicPrice() {
        this.price_type = "original";
        this.setUnitPrice(this.clinicListPrice());
    },

    clinicListPrice() {
        const {pricelist_id: pricelist} = this.order_id;
        const template = this.product_id.product_tmpl_id;
        return template.getPrice(pricelist, this.getQuantity(), this.getPriceExtra(), false, this.product_id);
    },

    setUnitPrice(price) {
        return super.setUnitPrice(this.clinic_redeem ? 0 : price);
    },

    setDiscount(discount) {
        return super.setDiscount(this.clinic_redeem ? 0 : discount);
    },

    setQuantity(quantity, keepPrice) {
        const refusal = this.clinicQuantityRefusal(quantity);
        if (refusal) {
            return refusal;
        }
        const result = super.setQuantity(quantity, keepPrice);
        if (this.clinic_redeem) {
            this.order_id.updateClinicWords();
        }
        return result;
    },

    /** Why a number is not possible on this line, as the numpad shows it. */
    clinicQuantityRefusal(quantity) {
        const wanted = Number(quantity) || 0;
        if (this.refunded_orderline_id) {
            return false;
        }
        if (this.sellsClinicMembership && ![0, 1].includes(wanted)) {
            return {
                title: _t("One membership for one patient"),
                body: _t("Sell the memberships of other patients on orders of their own."),
            };
        }
        return this.clinicOrderedRefusal(wanted) || this.clinicUnitsRefusal(wanted);
    },

    /** What costs nothing because of the units of a sales order does so for as many as they paid for. */
    clinicOrderedRefusal(wanted) {
        const units = this.clinicOrderedUnits;
        if (this.clinic_redeem || !units || wanted <= units) {
            return false;
        }
        return {
            title: _t("%s units paid on the sales order", units),
            body: _t("Add what is more as a line of its own."),
        };
    },

    clinicUnitsRefusal(wanted) {
        if (!this.clinic_redeem) {
            return false;
        }
        const left = this.order_id.clinicUnitsFor(this);
        if (wanted > left || wanted < 0 || wanted % 1) {
            return {
                title: _t("%s units left", left),
                body: _t("Add what the units do not cover as a line of its own, or remove the units."),
            };
        }
        return false;
    },

    canBeMergedWith(line) {
        return !this.clinic_redeem && !line.clinic_redeem && super.canBeMergedWith(...arguments);
    },

    /** Units earn no points, so giving them back takes none. */
    ignoreLoyaltyPoints() {
        const units = this.isPaidWithUnits || this.refunded_orderline_id?.isPaidWithUnits;
        return units || super.ignoreLoyaltyPoints(...arguments);
    },
});
