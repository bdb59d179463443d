import {PosStore} from "@point_of_sale/app/services/pos_store";
import {ask} from "@point_of_sale/app/utils/make_awaitable_dialog";
import {_t} from "@web/core/l10n/translation";
import {patch} from "@web/core/utils/patch";

/** When the till asks whether units are to pay, and what the answer does to the ticket. */
patch(PosStore.prototype, {
    // === when === //

    async addLineToOrder(vals, order, opts = {}, configure = true) {
        const plans = order.lines.filter((each) => each.sellsClinicMembership);
        const line = await super.addLineToOrder(...arguments);
        if (plans.includes(line)) {
            const {title, body} = line.clinicQuantityRefusal(2); // Odoo drops a second one without a word
            this.notification.add(body, {title, type: "warning"});
        }
        if (line) {
            order.updateClinicPricelist();
            order.updateClinicTrials();
            const alone = line.qty === (vals.qty ?? 1);
            if (alone && !opts.withoutClinicUnits && !this.clinicAsksLater) {
                await this.offerClinicUnits(order, [line]);
            }
        }
        return line;
    },

    setPartnerToCurrentOrder(partner) {
        super.setPartnerToCurrentOrder(...arguments);
        this.clinicWelcome = partner ? this.welcomeClinicPatient(this.getOrder(), partner) : undefined;
    },

    /** Whoever waits for the patient, as the payment does, waits for the question about units, too. */
    async selectPartner() {
        const partner = await super.selectPartner(...arguments);
        await this.clinicWelcome;
        return partner;
    },

    async activateCode() {
        return this.welcomeClinicPatientOf(() => super.activateCode(...arguments));
    },

    async onClickSaleOrder() {
        return this.welcomeClinicPatientOf(() => super.onClickSaleOrder(...arguments));
    },

    /** Odoo goes on with a line after it has added it: the question comes when all of the order are there. */
    async settleSO() {
        this.clinicAsksLater = true;
        try {
            await super.settleSO(...arguments);
        } finally {
            this.clinicAsksLater = false;
        }
        const order = this.getOrder();
        order.updateClinicOrdered();
        await this.offerClinicUnits(order);
    },

    /** Loyalty cards and sales orders bring their patient without asking. */
    async welcomeClinicPatientOf(work) {
        const before = this.getOrder()?.getPartner()?.id;
        const result = await work();
        const order = this.getOrder();
        const partner = order?.getPartner();
        if (partner && partner.id !== before) {
            await this.welcomeClinicPatient(order, partner);
        }
        return result;
    },

    /** A patient is there: what they have as of now, and whether it is to pay for what is on the ticket. */
    async welcomeClinicPatient(order, partner) {
        await this.refreshClinicPatient(partner);
        if (order.uuid === this.getOrder()?.uuid && order.getPartner()?.id === partner.id) {
            await this.offerClinicUnits(order);
        }
    },

    // === the question === //

    /** Ask once for all lines that units could pay for; none of them is asked about again for this patient. */
    async offerClinicUnits(order, lines = order.lines) {
        const offers = order.clinicOffers(lines);
        if (!offers.length) {
            return;
        }
        offers.forEach(({line}) => line.answerClinicOffer(false)); // nothing else asks meanwhile
        const agreed = await ask(this.dialog, {
            title: _t("Pay with units?"),
            body: this.clinicOfferInWords(order.getPartner(), offers),
            confirmLabel: _t("Use Units"),
            cancelLabel: _t("Charge"),
        });
        if (!agreed) {
            return;
        }
        for (const {line} of offers.filter((offer) => order.canTakeClinicUnits(offer.line))) {
            await this.applyClinicUnits(order, line);
        }
        this.dropClinicPayments(order);
    },

    clinicOfferInWords(patient, offers) {
        const each = offers.map(({line, grant, left}) => ({
            patient: patient.name,
            left,
            granted: grant.granted,
            quantity: line.qty,
            service: line.getFullProductName?.() || line.full_product_name,
            name: grant.name,
        }));
        if (each.length === 1) {
            return _t("%(patient)s has %(left)s of %(granted)s left for %(service)s: %(name)s.", each[0]);
        }
        const rows = each.map((one) => _t("%(quantity)s × %(service)s: %(name)s, %(left)s of %(granted)s left", one));
        return [_t("%s has units for these services:", patient.name), ...rows].join("\n");
    },

    // === the answer === //

    /** What the units do not cover becomes a line of its own, at its price. */
    async applyClinicUnits(order, line, grantId = 0) {
        const rest = order.applyClinicUnits(line, grantId);
        if (rest) {
            const other = await this.addLineToOrder(
                line.clinicRestValues(rest),
                order,
                {withoutClinicUnits: true},
                false
            );
            other.setDiscount(line.uiState.clinicPriceBefore?.discount || 0);
            this.selectOrderLine(order, line);
        }
        this.updateRewards();
    },

    /** Charge a line after all; promotions and what an eWallet pays follow its price. */
    removeClinicUnits(order, line) {
        order.removeClinicUnits(line);
        line.answerClinicOffer(false);
        this.updateRewards();
    },

    /** Lines may have been moved here from the ticket of another patient, whose units stay theirs. */
    async checkClinicPatient(order) {
        if (order.getPartner() && order.removeForeignClinicUnits().length) {
            await this.offerClinicUnits(order);
        }
    },

    /** Payments that were entered for the price before are entered again. */
    dropClinicPayments(order) {
        if (order.payment_ids.length) {
            [...order.payment_ids].forEach((payment) => order.removePaymentline(payment));
            this.notification.add(_t("The price has changed. Please look at it, then pay."), {type: "warning"});
        }
    },
});
