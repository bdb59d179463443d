import {ProductTemplate} from "@point_of_sale/app/models/product_template";
import {patch} from "@web/core/utils/patch";

/** A member price is a price for services: it does not make memberships cheaper. */
patch(ProductTemplate.prototype, {
    getPrice(pricelist, ...rest) {
        const membersOnly = pricelist?.clinic_members_only && this.service_tracking === "membership";
        const config = this.models["pos.config"].getFirst();
        return super.getPrice(membersOnly ? config.pricelist_id : pricelist, ...rest);
    },
});
