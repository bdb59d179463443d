import {PosOrderLine} from "@point_of_sale/../tests/unit/data/pos_order_line.data";
import {ProductPricelist} from "@point_of_sale/../tests/unit/data/product_pricelist.data";
import {ProductTemplate} from "@point_of_sale/../tests/unit/data/product_template.data";
import {ResPartner} from "@point_of_sale/../tests/unit/data/res_partner.data";
import {SaleOrderLine} from "@pos_sale/../tests/unit/data/sale_order_line.data";
import {patch} from "@web/core/utils/patch";

const loads = (model, ...names) =>
    patch(model.prototype, {
        _load_pos_data_fields() {
            return [...super._load_pos_data_fields(), ...names];
        },
    });

loads(PosOrderLine, "clinic_redeem", "clinic_grant_key", "clinic_patient_key", "clinic_paid_by");
loads(PosOrderLine, "clinic_trial", "clinic_trial_words");
loads(ProductPricelist, "clinic_members_only");
loads(ProductTemplate, "clinic_join_pricelist_id", "clinic_till_trial");
loads(ResPartner, "clinic_till");
loads(SaleOrderLine, "clinic_till");
