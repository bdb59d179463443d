import {formatCurrency} from "@point_of_sale/app/models/utils/currency";
import {PosOrder} from "@point_of_sale/app/models/pos_order";
import {PosOrderline} from "@point_of_sale/app/models/pos_order_line";
import {formatDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {patch} from "@web/core/utils/patch";

/** One trial for each patient and tier. The server decides; this is what the till knows of it. */
patch(PosOrder.prototype, {
    /** The tiers of which the patient had a trial, by what the till knows and has not sent yet. */
    clinicTrialsHad() {
        const paid = this.clinicOtherTickets.filter((order) => order.finalized);
        const sold = paid.flatMap((order) => order.lines).filter((line) => line.clinic_trial);
        const known = this.getPartner()?.clinic_till?.trials || [];
        return new Set([...known, ...sold.map((line) => line.clinicTrialOffer()?.tier)]);
    },

    /** Plans are sold by their trial where the patient had none: the first of each tier on the ticket. */
    updateClinicTrials() {
        const had = this.clinicTrialsHad();
        for (const line of this.lines) {
            const offer = line.clinicTrialOffer();
            line.setClinicTrial(Boolean(offer && this.getPartner() && !had.has(offer.tier)));
            had.add(offer?.tier);
        }
    },
});

patch(PosOrderline.prototype, {
    /** The trial of the plan on this line; none for refunds, other prices, what an order has sold, or if refused. */
    clinicTrialOffer() {
        const ordinary = this.price_type === "original" || this.clinic_trial;
        if (!ordinary || this.refunded_orderline_id || this.sale_order_origin_id || this.isClinicTrialRefused()) {
            return null;
        }
        return this.product_id.product_tmpl_id.clinic_till_trial || null;
    },

    isClinicTrialRefused() {
        const patient = this.order_id.getPartner();
        return Boolean(patient) && this.uiState.clinicNoTrial === patient.id;
    },

    /** Sell the trial on this line, or the membership at its price. */
    setClinicTrial(sells) {
        if (sells && !this.clinic_trial) {
            this.clinic_trial = true;
            this.price_type = "automatic";
            this.setUnitPrice(this.clinicTrialOffer().price);
        } else if (!sells && this.clinic_trial) {
            this.clinic_trial = false;
            this.clinic_trial_words = false;
            this.resetClinicPrice();
        }
        if (sells) {
            this.clinic_trial_words = this.clinicTrialInWords();
        }
    },

    clinicTrialInWords() {
        const {length, unit, per} = this.clinicTrialOffer();
        const end = luxon.DateTime.now()
            .startOf("day")
            .plus({[unit]: length});
        return _t("Trial until %(day)s, then %(price)s / %(per)s", {
            day: formatDate(end.minus({days: 1})),
            price: formatCurrency(this.clinicListPrice(), this.currency),
            per,
        });
    },

    /** The clinic refused it: sell the membership at its price. */
    refuseClinicTrial() {
        if (this.clinic_trial) {
            this.uiState.clinicNoTrial = this.order_id.getPartner().id;
            this.order_id.updateClinicTrials();
        }
    },

    /** A second one of the plan is refused as a quantity of 2 is, and not sold beside the trial. */
    canBeMergedWith(line) {
        const other =
            line.refunded_orderline_id || line.sale_order_origin_id || this.product_id.id !== line.product_id.id;
        return (this.clinic_trial && !other) || super.canBeMergedWith(...arguments);
    },
});
