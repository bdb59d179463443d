import {PosOrder} from "@point_of_sale/app/models/pos_order";
import {patch} from "@web/core/utils/patch";
import {_t} from "@web/core/l10n/translation";

/** What the patient's units can do on this ticket. The server decides; this is what the till knows of it. */
patch(PosOrder.prototype, {
    get clinicRedeemLines() {
        return this.lines.filter((line) => line.clinic_redeem);
    },

    get clinicNeedsPatient() {
        const concerned = (line) => !line.refunded_orderline_id && (line.clinic_redeem || line.sellsClinicTerms);
        return !this.getPartner() && this.lines.some(concerned);
    },

    /** The patient's units for a product, in the order they pay. */
    clinicGrants(product) {
        const categories = new Set();
        let category = product.product_tmpl_id.categ_id;
        while (category) {
            categories.add(category.id);
            category = category.parent_id;
        }
        const covers = (grant) => grant.product_id === product.id || categories.has(grant.categ_id || NaN);
        return (this.getPartner()?.clinic_till?.grants || []).filter(covers);
    },

    /** Those of the units for a line, the picked ones first. */
    clinicGrantsOf(line) {
        const picked = (grant) => (grant.id === line.clinic_grant_key ? 0 : 1);
        return [...this.clinicGrants(line.product_id)].sort((a, b) => picked(a) - picked(b));
    },

    /** Lines that take units the server does not know of: of other tickets of the patient, then of this one. */
    get clinicTakingLines() {
        return [...this.clinicOtherTickets.flatMap((order) => order.clinicRedeemLines), ...this.clinicRedeemLines];
    },

    /** Other tickets of the patient that the server does not know of. */
    get clinicOtherTickets() {
        const patient = this.getPartner();
        const unknown = (order) =>
            order !== this &&
            order.state !== "cancel" &&
            order.getPartner()?.id === patient?.id &&
            !(order.finalized && (order.uiState.clinicSent || (order.isSynced && !order.isDirty())));
        return patient ? this.models["pos.order"].filter(unknown) : [];
    },

    /**
     * Let the lines take their units one after the other.
     *
     * @param {Object} [except] a line that takes none
     * @returns {{left: Map, takes: Map}} what is left of each grant, and what each line took: [grant, units left]
     */
    clinicAllocation(except) {
        const known = this.getPartner()?.clinic_till?.grants || [];
        const left = new Map(known.map((grant) => [grant.id, grant.left]));
        const takes = new Map();
        for (const line of this.clinicTakingLines.filter((line) => line !== except)) {
            takes.set(line, this.takeClinicUnits(line, left));
        }
        return {left, takes};
    },

    /** Let one line take its units of what is ``left``: [grant, units left]. */
    takeClinicUnits(line, left) {
        let wanted = line.qty;
        const taken = [];
        for (const grant of this.clinicGrantsOf(line)) {
            const units = Math.min(wanted, left.get(grant.id));
            if (units > 0) {
                left.set(grant.id, left.get(grant.id) - units);
                taken.push([grant, left.get(grant.id)]);
                wanted -= units;
            }
        }
        return taken;
    },

    /** How many units could pay for a line, beside those that other lines take. */
    clinicUnitsFor(line) {
        const {left} = this.clinicAllocation(line);
        return this.clinicGrants(line.product_id).reduce((sum, grant) => sum + left.get(grant.id), 0);
    },

    /** What an order that is settled here costs nothing is paid already, maybe by units. */
    canTakeClinicUnits(line) {
        return (
            !(line.sale_order_origin_id && !line.price_unit) &&
            line.qty > 0 &&
            !(line.qty % 1) &&
            !line.clinic_redeem &&
            !line.sellsClinicTerms &&
            !line.refunded_orderline_id &&
            !line.combo_parent_id &&
            !line.combo_line_ids?.length &&
            !line.is_reward_line &&
            this.clinicUnitsFor(line) > 0
        );
    },

    /**
     * Pay for a line with units.
     *
     * @param {number} [grantId] the units that staff picked; the clinic's order by default
     * @returns {number} what of the line's quantity is not covered and is to be charged
     */
    applyClinicUnits(line, grantId = 0) {
        this.assertEditable();
        const units = Math.min(line.qty, this.clinicUnitsFor(line));
        const rest = line.qty - units;
        if (rest) {
            line.setQuantity(units);
        }
        line.keepClinicPrice();
        line.answerClinicOffer(true);
        line.clinic_grant_key = grantId;
        line.clinic_patient_key = this.getPartner().id;
        line.clinic_redeem = true;
        line.price_type = "automatic";
        line.setDiscount(0);
        line.setUnitPrice(0);
        this.updateClinicWords();
        return rest;
    },

    /** Charge a line that units were to pay for. */
    removeClinicUnits(line) {
        if (!line.clinic_redeem) {
            return;
        }
        line.clinic_redeem = false;
        line.clinic_grant_key = 0;
        line.clinic_patient_key = 0;
        line.clinic_paid_by = false;
        line.restoreClinicPrice();
        this.updateClinicWords();
    },

    /** What paid, on each line, as the receipt says it. */
    updateClinicWords() {
        const {takes} = this.clinicAllocation();
        for (const line of this.clinicRedeemLines) {
            line.clinic_paid_by = takes
                .get(line)
                .map(([grant, left]) =>
                    _t("from %(name)s %(left)s of %(granted)s left", {
                        name: grant.name,
                        left,
                        granted: grant.granted,
                    })
                )
                .join(", ");
        }
    },

    /** What a sales order says of lines that units paid for there; nobody but their patient reads it. */
    updateClinicOrdered() {
        const patient = this.getPartner()?.id;
        for (const line of this.lines.filter((each) => each.clinicOrderedUnits && !each.clinic_redeem)) {
            const paid = line.sale_order_line_id.clinic_till;
            line.clinic_paid_by = paid.patient === patient && paid.words;
        }
    },

    /** Units belong to their patient: they come off when the patient changes. */
    setPartner(partner) {
        const result = super.setPartner(...arguments);
        this.removeForeignClinicUnits();
        this.updateClinicOrdered();
        this.updateClinicTrials();
        return result;
    },

    /**
     * Units of another patient: of the one before, or of a line that was moved here from another ticket.
     *
     * @returns {Object[]} the lines that are charged now
     */
    removeForeignClinicUnits() {
        const patient = this.getPartner()?.id;
        const foreign = this.clinicRedeemLines.filter((line) => line.clinic_patient_key !== patient);
        foreign.forEach((line) => this.removeClinicUnits(line));
        return foreign;
    },

    removeOrderline() {
        const result = super.removeOrderline(...arguments);
        this.updateClinicPricelist();
        this.updateClinicTrials();
        this.updateClinicWords();
        return result;
    },

    /** The price list of the ticket: the patient's, or one that a membership on the ticket brings. */
    updatePricelistAndFiscalPosition(partner) {
        const result = super.updatePricelistAndFiscalPosition(...arguments);
        this.updateClinicPricelist();
        return result;
    },

    /** A plan on the ticket brings its member price; when it goes, the price goes. */
    updateClinicPricelist() {
        const sold = this.lines.filter((line) => line.qty > 0 && !line.refunded_orderline_id);
        const brought = sold.map((line) => line.product_id.product_tmpl_id.clinic_join_pricelist_id).find(Boolean);
        const state = this.uiState;
        if (brought && !this.pricelist_id?.clinic_members_only) {
            state.clinicPricelistBefore = this.pricelist_id?.id || 0;
            this.setPricelist(brought);
        } else if (!brought && state.clinicPricelistBefore !== undefined) {
            const before = this.models["product.pricelist"].get(state.clinicPricelistBefore);
            delete state.clinicPricelistBefore;
            this.setPricelist(before || this.config.pricelist_id);
        }
    },
});
