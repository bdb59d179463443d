import {describe, expect, test} from "@odoo/hoot";
import {definePosModels} from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import {GRANTS, add, answerDialogs, setUp} from "./till_utils";

definePosModels();
describe.current.tags("desktop");

/** As Odoo moves a line to another ticket, or a part of it: a copy of what it is, without its uuid. */
function move(store, line, order, qty = line.qty) {
    const {id, uuid, ...raw} = line.raw;
    const copy = store.models["pos.order.line"].create({...raw, qty, order_id: order.id}, false, true);
    if (qty === line.qty) {
        line.delete();
    } else {
        line.update({qty: line.qty - qty});
    }
    return copy;
}

/** A ticket whose patient pays for so many of product 5 with units, and an empty one. */
async function twoTickets(quantity) {
    const till = await setUp();
    const line = await add(till.store, till.order, quantity);
    till.order.applyClinicUnits(line);
    const other = till.store.addNewOrder();
    till.store.setOrder(till.order);
    return {...till, line, other};
}

test("a split ticket keeps the units of its patient: each part its own", async () => {
    const {store, patient, order, line, other} = await twoTickets(3);
    const part = move(store, line, other, 1);
    expect(other.clinicNeedsPatient).toBe(true);
    other.setPartner(patient);
    expect([part.clinic_redeem, part.qty, other.priceIncl]).toEqual([true, 1, 0]);
    expect([line.clinic_redeem, line.qty, order.priceIncl]).toEqual([true, 2, 0]);
    expect(other.clinicUnitsFor(part)).toBe(3, {message: "the parts share the balance"});
    expect(await store.checkClinicOrder(other)).toBe(true);
    expect(part.clinic_paid_by).toBe("from Other Pack 2 of 3 left");
});

test("a line that is moved to another patient's ticket leaves the units behind", async () => {
    const {store, line, other} = await twoTickets(2);
    const ben = store.models["res.partner"].get(4);
    other.setPartner(ben);
    const moved = move(store, line, other);
    const full = moved.clinicListPrice();
    expect(await store.checkClinicOrder(other)).toBe(true);
    expect([moved.clinic_redeem, moved.clinic_paid_by, moved.price_unit]).toEqual([false, false, full]);
});

test("another patient's units are offered for a line that is moved to them", async () => {
    const {store, line, other} = await twoTickets(2);
    const ben = store.models["res.partner"].get(4);
    ben.clinic_till = {tiers: [], grants: [{...GRANTS[1], id: 20, name: "Ben's Pack"}], credit: 0};
    other.setPartner(ben);
    const moved = move(store, line, other);
    const dialogs = answerDialogs(store);
    expect(await store.checkClinicOrder(other)).toBe(true);
    expect([dialogs.length, moved.clinic_redeem]).toEqual([1, true]);
    expect([moved.clinic_patient_key, moved.clinic_paid_by]).toEqual([4, "from Ben's Pack 1 of 3 left"]);
});

test("tickets of one patient that become one: each line takes its units, none twice", async () => {
    const {store, patient, order, line, other} = await twoTickets(2);
    other.setPartner(patient);
    const more = await add(store, other, 3);
    other.applyClinicUnits(more);
    expect(more.canBeMergedWith(line)).toBe(false);
    const moved = move(store, line, other);
    other.updateClinicWords();
    expect([order.lines.length, other.lines.length, other.priceIncl]).toEqual([0, 2, 0]);
    const {left} = other.clinicAllocation();
    expect([...left.values()]).toEqual([0, 0]);
    expect([more.qty, moved.qty, moved.clinic_redeem]).toEqual([3, 2, true]);
});

test("lines are not put together beyond the balance", async () => {
    const {store, order, line} = await twoTickets(3);
    const more = await add(store, order, 3);
    line.merge(more);
    expect([line.qty, more.qty]).toEqual([3, 3]);
    expect(order.clinicUnitsFor(line)).toBe(5);
});

test("what was not to be paid with units is not asked about when it becomes more", async () => {
    const {store, order} = await setUp();
    const template = store.models["product.product"].get(5).product_tmpl_id;
    const dialogs = answerDialogs(store, "cancel");
    const line = await store.addLineToOrder({product_tmpl_id: template}, order, {}, false);
    await store.addLineToOrder({product_tmpl_id: template}, order, {}, false);
    expect([order.lines.length, line.qty, dialogs.length, Boolean(line.clinic_redeem)]).toEqual([1, 2, 1, false]);
    await store.offerClinicUnits(order);
    expect(dialogs.length).toBe(1);
});
