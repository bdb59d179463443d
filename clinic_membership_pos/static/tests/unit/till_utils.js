/** A till with an order of a patient who has units. */
import {setupPosEnv} from "@point_of_sale/../tests/unit/utils";
import {onRpc, patchWithCleanup} from "@web/../tests/web_test_helpers";

// units of product 5, and of any product of category 3
const PACK = {id: 11, name: "6-Pack", service: "Facial", product_id: 5, categ_id: false};
export const GRANTS = [
    {...PACK, kind: "package", left: 2, granted: 6, expires_on: "2027-03-01"},
    {...PACK, id: 12, name: "Other Pack", kind: "package", left: 3, granted: 3, expires_on: false},
];
const TIER = {name: "Gold", state: "active", status: "Active", renewal: "2027-01-01", until: false};

/** A till with an order of a patient who has units. */
export async function setUp({grants = GRANTS, answer = {problems: [], words: {}}} = {}) {
    const known = {tiers: [TIER], grants, credit: 25};
    onRpc("res.partner", "clinic_till_refresh", () => [{id: 3, clinic_till: known, property_product_pricelist: false}]);
    onRpc("pos.order", "clinic_check", () => answer);
    const store = await setupPosEnv();
    const order = store.addNewOrder();
    const patient = store.models["res.partner"].get(3);
    patient.clinic_till = known;
    order.setPartner(patient);
    return {store, order, patient};
}

/** The dialogs that the till opens, each answered by its main button, or by "cancel". */
export function answerDialogs(store, answer = "confirm") {
    const dialogs = [];
    patchWithCleanup(store.dialog, {
        add(component, props) {
            dialogs.push(props);
            props[answer]?.();
        },
    });
    return dialogs;
}

/** The titles of what the till says without a dialog. */
export function notifications(store) {
    const titles = [];
    patchWithCleanup(store.notification, {add: (_body, options) => titles.push(options.title)});
    return titles;
}

/** A line of product 5; the question about units is not asked. */
export function add(store, order, qty = 1, productId = 5) {
    return store.addLineToOrder(
        {product_tmpl_id: store.models["product.product"].get(productId).product_tmpl_id, qty},
        order,
        {withoutClinicUnits: true},
        false
    );
}
