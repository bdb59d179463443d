import {describe, expect, test} from "@odoo/hoot";
import {definePosModels} from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import {patchWithCleanup} from "@web/../tests/web_test_helpers";
import {add, setUp} from "./till_utils";

definePosModels();
describe.current.tags("desktop");

const REWARD = {all_discount_product_ids: [{id: 5}, {id: 6}]};
const POINTS = {reward_point_mode: "unit", reward_point_amount: 1, minimum_qty: 1, minimum_amount: 0, mode: "auto"};
const RULE = {...POINTS, id: 90, any_product: true, validProductIds: new Set()};
const PROGRAM = {id: 90, program_type: "loyalty", trigger: "auto", applies_on: "both", rule_ids: [RULE]};

/** A ticket of two lines, the first paid with units. */
async function setUpTicket() {
    const till = await setUp();
    const units = await add(till.store, till.order);
    till.order.applyClinicUnits(units);
    const charged = await add(till.store, till.order, 1, 6);
    return {...till, units, charged};
}

test("a discount on the cheapest item is on one that is charged", async () => {
    const {order, charged} = await setUpTicket();
    expect(order._getCheapestLine(REWARD).id).toBe(charged.id);
    const {discountable} = order._getDiscountableOnCheapest(REWARD);
    expect(discountable).toBe(charged.priceExcl);
});

test("units earn no points, and giving them back takes none", async () => {
    const {order, units} = await setUpTicket();
    expect(order.pointsForPrograms([PROGRAM])[90]).toEqual([{points: 1}]);
    order.removeClinicUnits(units);
    expect(order.pointsForPrograms([PROGRAM])[90]).toEqual([{points: 2}]);
    order.applyClinicUnits(units);
    const refund = order.models["pos.order.line"].create({
        order_id: order,
        product_id: units.product_id,
        qty: -1,
        price_unit: 0,
        refunded_orderline_id: units,
    });
    expect(order.pointsForPrograms([PROGRAM])[90]).toEqual([{points: 1}]);
    expect(refund.ignoreLoyaltyPoints({program: PROGRAM})).toBe(true);
});

test("lines that units pay for do not count for a promotion on several items", async () => {
    const {order, units} = await setUpTicket();
    expect(order._computeNItems(RULE)).toBe(1);
    order.removeClinicUnits(units);
    expect(order._computeNItems(RULE)).toBe(2);
});

test("a free item is not one that units pay for", async () => {
    const {order, units} = await setUpTicket();
    const product = units.product_id;
    const reward = {
        ...REWARD,
        id: 91,
        program_id: {...PROGRAM, trigger: "with_code"},
        reward_product_ids: [product],
        reward_product_qty: 1,
        required_points: 1,
    };
    expect(order._computeUnclaimedFreeProductQty(reward, 1, product, 3)).toBe(0);
    order.removeClinicUnits(units);
    expect(order._computeUnclaimedFreeProductQty(reward, 1, product, 3)).toBe(1);
});

test("promotions and the eWallet follow when units are used or removed", async () => {
    const {store, order, units} = await setUpTicket();
    let updates = 0;
    patchWithCleanup(store, {
        updateRewards() {
            updates++;
        },
    });
    store.removeClinicUnits(order, units);
    expect(updates).toBe(1);
    await store.applyClinicUnits(order, units);
    expect(updates).toBe(2);
});
