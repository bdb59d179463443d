import {Component} from "@odoo/owl";
import {usePos} from "@point_of_sale/app/hooks/pos_hook";
import {formatDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";

/** What the chosen patient has: tier, units, credit and the last days of use. */
export class ClinicPanel extends Component {
    static template = "clinic_membership_pos.ClinicPanel";
    static props = {};

    setup() {
        this.pos = usePos();
    }

    get order() {
        return this.pos.getOrder();
    }

    /** What there is to show of the patient. */
    get known() {
        const known = this.order?.getPartner()?.clinic_till;
        return known && (known.tiers.length || known.grants.length || known.credit) ? known : null;
    }

    get tiers() {
        return this.known.tiers.map((tier) => ({...tier, when: this.whenInWords(tier)}));
    }

    whenInWords(tier) {
        if (tier.state !== "active") {
            return tier.status;
        }
        if (tier.until) {
            return _t("until %s", this.day(tier.until));
        }
        return tier.renewal ? _t("renews %s", this.day(tier.renewal)) : "";
    }

    /** Units after what this ticket takes. */
    get grants() {
        const {left} = this.order.clinicAllocation();
        return this.known.grants.map((grant) => ({
            ...grant,
            left: left.get(grant.id),
            until: grant.expires_on ? _t("until %s", this.day(grant.expires_on)) : "",
        }));
    }

    get credit() {
        return this.known.credit ? this.env.utils.formatCurrency(this.known.credit) : "";
    }

    day(iso) {
        return formatDate(luxon.DateTime.fromISO(iso));
    }
}
