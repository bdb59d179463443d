import {PosStore} from "@point_of_sale/app/services/pos_store";
import {TextInputPopup} from "@point_of_sale/app/components/popups/text_input_popup/text_input_popup";
import {ask, makeAwaitable} from "@point_of_sale/app/utils/make_awaitable_dialog";
import {AlertDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError} from "@web/core/network/rpc";
import {patch} from "@web/core/utils/patch";

patch(PosStore.prototype, {
    async afterProcessServerData() {
        const result = await super.afterProcessServerData(...arguments);
        const open = this.models["pos.order"].filter((order) => !order.finalized);
        const patients = new Set(open.map((order) => order.getPartner()).filter(Boolean));
        await Promise.all([...patients].map((patient) => this.refreshClinicPatient(patient)));
        return result;
    },

    /**
     * Ask the clinic; without a connection the till goes on with what it knows.
     *
     * @returns {Promise<any>} the answer; undefined without a connection
     */
    async askClinic(model, method, args) {
        if (this.data.network.offline) {
            return undefined;
        }
        try {
            return await this.data.call(model, method, args);
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                return undefined;
            }
            throw error;
        }
    },

    // === the patient === //

    /** Balances and the member price as they are now; tickets of the patient follow. */
    async refreshClinicPatient(partner) {
        const rows = await this.askClinic("res.partner", "clinic_till_refresh", [[partner.id], this.config.id]);
        if (!rows) {
            return;
        }
        partner.clinic_till = rows[0].clinic_till;
        partner.property_product_pricelist = this.models["product.pricelist"].get(rows[0].property_product_pricelist);
        await this.data.synchronizeServerDataInIndexedDB({
            "res.partner": [partner.serializeForIndexedDB()],
        });
        const mine = (order) => !order.finalized && order.getPartner()?.id === partner.id;
        for (const order of this.models["pos.order"].filter(mine)) {
            order.updatePricelistAndFiscalPosition(partner);
            order.updateClinicTrials();
            order.updateClinicWords();
        }
        this.updateRewards();
    },

    // === codes === //

    async redeemClinicCode() {
        const order = this.getOrder();
        const patient = order.getPartner() || (await this.selectPartner(order));
        if (!patient) {
            return;
        }
        const text = await makeAwaitable(this.dialog, TextInputPopup, {
            title: _t("Redeem a Code"),
            placeholder: _t("Code of a gift or a transfer"),
        });
        if (!text) {
            return;
        }
        const answer = (await this.askClinic("pos.config", "clinic_redeem_code", [
            [this.config.id],
            text,
            patient.id,
        ])) || {problem: _t("Codes are redeemed with a connection only.")};
        if (answer.problem) {
            this.dialog.add(AlertDialog, {title: _t("Code not redeemed"), body: answer.problem});
            return;
        }
        this.notification.add(answer.message, {type: "success"});
        await this.welcomeClinicPatient(order, patient);
    },

    // === before the payment === //

    async pay() {
        const order = this.getOrder();
        if (!(await this.ensureClinicPatient(order)) || !(await this.checkClinicOrder(order))) {
            return;
        }
        return super.pay(...arguments);
    },

    /** Memberships and packages belong to somebody: say so before the payment. */
    async ensureClinicPatient(order) {
        if (!order.clinicNeedsPatient) {
            return true;
        }
        const agreed = await ask(this.dialog, {
            title: _t("Choose the patient"),
            body: _t("Memberships, packages and units belong to a patient."),
            confirmLabel: _t("Choose"),
            cancelLabel: _t("Back"),
        });
        return agreed && Boolean(await this.selectPartner(order));
    },

    /** The clinic's strict check; units it refuses come off, and the cashier is told. */
    async checkClinicOrder(order) {
        if (!(await this.checkClinicRefund(order))) {
            return false;
        }
        await this.checkClinicPatient(order);
        if (!(await this.checkClinicPrices(order))) {
            return false;
        }
        const concerned = order.lines.filter(
            (line) => !line.refunded_orderline_id && (line.clinic_redeem || line.sellsClinicTerms)
        );
        if (!concerned.length || order.clinicNeedsPatient) {
            return !order.clinicNeedsPatient;
        }
        order.updateClinicTrials(); // the ticket may be of yesterday, or a part of another one
        order.updateClinicWords();
        const answer = await this.askClinic("pos.order", "clinic_check", [
            this.config.id,
            order.getPartner().id,
            concerned.map((line) => ({
                uuid: line.uuid,
                product_id: line.product_id.id,
                qty: line.qty,
                clinic_redeem: line.clinic_redeem,
                clinic_grant_key: line.clinic_grant_key,
                clinic_trial: line.clinic_trial,
            })),
        ]);
        if (!answer) {
            return true;
        }
        for (const line of concerned) {
            line.clinic_paid_by = answer.words[line.uuid] || line.clinic_paid_by;
        }
        if (!answer.problems.length) {
            return true;
        }
        const refused = new Set(answer.problems.map((problem) => problem.uuid));
        for (const line of concerned.filter((each) => refused.has(each.uuid))) {
            line.refuseClinicTrial();
            this.removeClinicUnits(order, line);
        }
        this.dialog.add(AlertDialog, {
            title: _t("Please check the order"),
            body: answer.problems.map((problem) => problem.problem).join("\n"),
        });
        this.refreshClinicPatient(order.getPartner());
        return false;
    },

    /** Prices for members on a ticket that has been open for a while: the membership may have ended since. */
    async checkClinicPrices(order) {
        const partner = order.getPartner();
        if (!order.pricelist_id?.clinic_members_only || !partner) {
            return true;
        }
        const before = order.priceIncl;
        await this.refreshClinicPatient(partner);
        if (order.currency.isZero(order.priceIncl - before)) {
            return true;
        }
        this.dialog.add(AlertDialog, {
            title: _t("Prices have changed"),
            body: this.clinicPricesInWords(order, before),
            confirmLabel: _t("Back to the Order"),
            confirm: () => {
                this.mobile_pane = "left"; // on a narrow screen the order is behind the products
            },
        });
        return false;
    },

    /** What the patient is to hear: why, and what the order costs now. */
    clinicPricesInWords(order, before) {
        const words = {patient: order.getPartner().name};
        const why = order.pricelist_id?.clinic_members_only
            ? _t("The member prices of %(patient)s have changed since they were put on this order.", words)
            : _t("%(patient)s has no member prices any more.", words);
        const totals = {
            before: this.env.utils.formatCurrency(before),
            now: this.env.utils.formatCurrency(order.priceIncl),
        };
        return [why, _t("The total was %(before)s and is %(now)s now.", totals)].join("\n");
    },

    /** A refund may have been open for hours: what it gives back may be used since. */
    async checkClinicRefund(order) {
        const refunded = order.lines.map((line) => line.refunded_orderline_id).filter((line) => line?.sellsClinicTerms);
        const body = refunded.length && (await this.clinicRefundRefusal(refunded));
        if (body) {
            this.dialog.add(AlertDialog, {title: _t("Not at the till"), body});
        }
        return !body;
    },

    /** What was sold here and cannot be given back here. */
    async clinicRefundRefusal(lines) {
        const ids = lines.map((line) => line.id).filter((id) => typeof id === "number");
        return (await this.askClinic("pos.order", "clinic_refund_check", [ids])) || "";
    },

    postSyncAllOrders(orders) {
        const result = super.postSyncAllOrders(...arguments);
        for (const order of orders.filter((each) => each.finalized)) {
            order.uiState.clinicSent = true; // what changes from now on, as how often it was printed, is no payment
        }
        const partners = new Set(
            orders
                .filter((order) => order.finalized && order.lines.some((line) => line.clinicConcerned))
                .map((order) => order.getPartner())
                .filter(Boolean)
        );
        partners.forEach((partner) => this.refreshClinicPatient(partner));
        return result;
    },
});
