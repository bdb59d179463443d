import {describe, expect, test} from "@odoo/hoot";
import {definePosModels} from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import {onRpc, patchWithCleanup} from "@web/../tests/web_test_helpers";
import {GRANTS, add, answerDialogs, setUp} from "./till_utils";

definePosModels();
describe.current.tags("desktop");

/** A ticket with these quantities of product 5, which the patient's units cover, and nobody chosen yet. */
async function openTicket(...quantities) {
    const till = await setUp();
    till.order.setPartner(false);
    const lines = [];
    for (const quantity of quantities) {
        lines.push(await add(till.store, till.order, quantity));
        lines.at(-1).setCustomerNote(`${lines.length}`); // lines that are alike are one
    }
    return {...till, lines};
}

const choose = async (store, patient) => {
    store.setPartnerToCurrentOrder(patient);
    await store.clinicWelcome;
};
const state = (lines) => lines.map((line) => [line.qty, Boolean(line.clinic_redeem)]);

test("a patient who is chosen after the service is asked about", async () => {
    const {store, order, patient, lines} = await openTicket(1);
    expect(order.clinicOffers(order.lines).length).toBe(0, {message: "nobody is chosen"});
    const dialogs = answerDialogs(store);
    await choose(store, patient);
    expect(dialogs.map((dialog) => dialog.title)).toEqual(["Pay with units?"]);
    expect(dialogs[0].body).toMatch(/has 2 of 6 left for .*: 6-Pack/);
    expect([lines[0].clinic_paid_by, order.priceIncl]).toEqual(["from 6-Pack 1 of 6 left", 0]);
});

test("one question for the whole ticket, by what earlier lines leave", async () => {
    const {store, order, patient} = await openTicket(2, 1, 4);
    const dialogs = answerDialogs(store);
    await choose(store, patient);
    expect(dialogs.length).toBe(1);
    const [head, ...rows] = dialogs[0].body.split("\n");
    expect(head).toBe(`${patient.name} has units for these services:`);
    expect(rows.map((row) => row.replace(/ × .*:/, " ×"))).toEqual([
        "2 × 6-Pack, 2 of 6 left",
        "1 × Other Pack, 3 of 3 left",
        "4 × Other Pack, 2 of 3 left",
    ]);
    expect(state(order.lines)).toEqual([
        [2, true],
        [1, true],
        [2, true],
        [2, false],
    ]);
});

test("no is remembered for each line and patient", async () => {
    const {store, order, patient, lines} = await openTicket(1, 1);
    const dialogs = answerDialogs(store, "cancel");
    await choose(store, patient);
    await choose(store, patient);
    expect([dialogs.length, state(lines)]).toEqual([
        1,
        [
            [1, false],
            [1, false],
        ],
    ]);
    const other = store.models["res.partner"].get(4);
    onRpc("res.partner", "clinic_till_refresh", () => [
        {id: 4, clinic_till: {tiers: [], grants: GRANTS, credit: 0}, property_product_pricelist: false},
    ]);
    await choose(store, other);
    expect(dialogs.length).toBe(2, {message: "another patient is another question"});
    await choose(store, patient);
    expect(dialogs.length).toBe(2, {message: "said no before"});
    expect(JSON.parse(order.lines[0].serializeForIndexedDB().JSONuiState).clinicCharged).toEqual([3, 4]);
});

test("units that came off with another patient are offered again, removed ones are not", async () => {
    const {store, order, patient, lines} = await openTicket(1);
    const dialogs = answerDialogs(store);
    await choose(store, patient);
    order.setPartner(store.models["res.partner"].get(4));
    expect(state(lines)).toEqual([[1, false]]);
    await choose(store, patient);
    expect([dialogs.length, state(lines)]).toEqual([2, [[1, true]]]);
    store.removeClinicUnits(order, lines[0]);
    await choose(store, patient);
    expect([dialogs.length, state(lines)]).toEqual([2, [[1, false]]]);
    await store.applyClinicUnits(order, lines[0]);
    expect(state(lines)).toEqual([[1, true]], {message: "by the button"});
});

test("whoever waits for the patient waits for the question", async () => {
    const {store, patient, lines} = await openTicket(1);
    const dialogs = [];
    store.dialog.add = (component, props) => {
        dialogs.push(props.title);
        return props.getPayload ? props.getPayload(patient) : setTimeout(props.confirm, 20);
    };
    expect((await store.selectPartner()).id).toBe(patient.id);
    expect([dialogs.at(-1), state(lines)]).toEqual(["Pay with units?", [[1, true]]]);
});

test("payments that were entered for the price before go; a card that is charged stays", async () => {
    const {store, order, patient, lines} = await openTicket(1);
    const [method] = store.config.payment_method_ids;
    order.addPaymentline(method);
    const dialogs = answerDialogs(store);
    const said = [];
    store.notification.add = (text) => said.push(text);
    await choose(store, patient);
    expect([state(lines), order.payment_ids.length, said.length]).toEqual([[[1, true]], 0, 1]);
    order.setPartner(false);
    order.addPaymentline(method);
    order.payment_ids[0].setPaymentStatus("done");
    await choose(store, patient);
    expect([state(lines), order.payment_ids.length, dialogs.length]).toEqual([[[1, false]], 1, 1]);
});

test("a price that was set by hand comes back with the charge", async () => {
    const {order, patient, lines} = await openTicket(1);
    order.setPartner(patient);
    const [line] = lines;
    line.price_type = "manual";
    line.setUnitPrice(70);
    line.setDiscount(10);
    order.applyClinicUnits(line);
    expect(order.priceIncl).toBe(0);
    order.removeClinicUnits(line);
    expect([line.price_unit, line.discount, line.price_type]).toEqual([70, 10, "manual"]);
});

test("a sales order is asked about when all of it is there; the rest stays the order's", async () => {
    const {store, order, patient} = await openTicket();
    order.setPartner(patient);
    const dialogs = answerDialogs(store);
    patchWithCleanup(store, {updatePrograms: async () => {}}); // its lock may be one of a test that has ended
    const sold = await store._getSaleOrder(1);
    patient.clinic_till = {tiers: [], grants: GRANTS, credit: 0}; // the mock server loads the patient without it
    await store.settleSO(sold);
    expect(dialogs.filter((dialog) => dialog.title === "Pay with units?").length).toBe(1);
    const mine = order.lines.filter((line) => line.product_id.id === 5);
    expect(mine.map((line) => [line.qty, Boolean(line.clinic_redeem), line.sale_order_line_id.id])).toEqual([
        [5, true, 1],
    ]);
    order.removeClinicUnits(mine[0]);
    expect(mine[0].price_unit).toBe(100, {message: "the order's price"});
    mine[0].setQuantity(7);
    await store.applyClinicUnits(order, mine[0]);
    const rest = order.lines.at(-1);
    expect([rest.qty, rest.price_unit, rest.sale_order_line_id.id]).toEqual([2, 100, 1]);
});

test("what units paid for on the sales order says so, and is for as many", async () => {
    const {store, order, patient} = await openTicket();
    order.setPartner(patient);
    const {order_line: lines} = await store._getSaleOrder(1);
    const [sold] = lines;
    sold.clinic_till = {units: 2, words: "from 6-Pack 2 of 6 left", patient: patient.id};
    const line = await add(store, order, 2);
    line.update({sale_order_line_id: sold, sale_order_origin_id: sold.order_id, price_type: "automatic"});
    line.setUnitPrice(0);
    order.updateClinicOrdered();
    expect(line.clinic_paid_by).toBe("from 6-Pack 2 of 6 left");
    expect(order.clinicOffers([line]).length).toBe(0);
    expect(line.setQuantity(3).title).toBe("2 units paid on the sales order");
    expect(line.setQuantity(1)).toBe(true);
    expect(line.ignoreLoyaltyPoints({program: {program_type: "loyalty"}})).toBe(true);
    order.setPartner(store.models["res.partner"].get(4));
    expect([line.clinic_paid_by, line.price_unit]).toEqual([false, 0], {message: "nobody else reads of these units"});
    expect(line.ignoreLoyaltyPoints({program: {program_type: "loyalty"}})).toBe(true);
    order.setPartner(patient);
    expect(line.clinic_paid_by).toBe("from 6-Pack 2 of 6 left");
});
