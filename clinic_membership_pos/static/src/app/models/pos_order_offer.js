import {PosOrder} from "@point_of_sale/app/models/pos_order";
import {PosOrderline} from "@point_of_sale/app/models/pos_order_line";
import {patch} from "@web/core/utils/patch";

/** Which lines the till asks about, and what was answered: for each line and patient, also after a reload. */
patch(PosOrder.prototype, {
    /**
     * What to ask: of units that other lines of the ticket leave, the lines take theirs one after the other.
     *
     * @param {Object[]} lines those that may be asked about
     * @returns {Object[]} the line, the units that it would take first, and how many of them are left before
     */
    clinicOffers(lines) {
        if (this.payment_ids.some((payment) => payment.isElectronic())) {
            return []; // a card is charged, or about to be, for the price as it is
        }
        const {left} = this.clinicAllocation();
        const offers = [];
        for (const line of lines.filter((each) => this.canTakeClinicUnits(each) && !each.isClinicOfferAnswered())) {
            const before = new Map(left);
            const [first] = this.takeClinicUnits(line, left);
            if (first) {
                offers.push({line, grant: first[0], left: before.get(first[0].id)});
            }
        }
        return offers;
    },
});

patch(PosOrderline.prototype, {
    isClinicOfferAnswered() {
        return Boolean(this.uiState.clinicCharged?.includes(this.order_id.getPartner()?.id));
    },

    /** Units pay for the line, so that it is asked about if they come off with another patient; or it is charged. */
    answerClinicOffer(units) {
        const patient = this.order_id.getPartner()?.id;
        const others = (this.uiState.clinicCharged || []).filter((id) => id !== patient);
        this.uiState.clinicCharged = units ? others : [...others, patient];
    },

    // === the price without units === //

    /** A price that somebody set, or a sales order has, comes back with the charge. */
    keepClinicPrice() {
        const {price_type, price_unit} = this;
        this.uiState.clinicPriceBefore = {price_type, price_unit, discount: this.getDiscount()};
    },

    restoreClinicPrice() {
        const before = this.uiState.clinicPriceBefore;
        delete this.uiState.clinicPriceBefore;
        this.resetClinicPrice();
        if (before) {
            this.setDiscount(before.discount);
        }
        if (before && before.price_type !== "original") {
            this.price_type = before.price_type;
            this.setUnitPrice(before.price_unit);
        }
    },

    /** What is to be charged beside the units: the same service, of the same sales order, at the price before. */
    clinicRestValues(quantity) {
        const before = this.uiState.clinicPriceBefore;
        const same = {
            product_tmpl_id: this.product_id.product_tmpl_id,
            product_id: this.product_id,
            qty: quantity,
            price_extra: this.price_extra,
            attribute_value_ids: this.attribute_value_ids.map((value) => ["link", value]),
        };
        if (!before || before.price_type === "original") {
            return same;
        }
        return {
            ...same,
            price_unit: before.price_unit,
            price_type: before.price_type,
            tax_ids: this.tax_ids.map((tax) => ["link", tax]),
            sale_order_origin_id: this.sale_order_origin_id,
            sale_order_line_id: this.sale_order_line_id,
        };
    },
});
