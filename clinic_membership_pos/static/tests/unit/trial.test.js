import {describe, expect, mockDate, test} from "@odoo/hoot";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import {definePosModels} from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import {add, answerDialogs, notifications, setUp} from "./till_utils";

definePosModels();
describe.current.tags("desktop");

const TRIAL = {tier: 7, length: 1, unit: "month", price: 1, per: "month"};
const PRICE = 3; // of anything, by the price list of the till

/** A till where product 5 is a plan with a trial, and a patient who had none. */
async function setUpPlan(options = {}) {
    mockDate("2026-01-31 10:00:00");
    const till = await setUp({grants: [], ...options});
    const template = till.store.models["product.product"].get(5).product_tmpl_id;
    template.service_tracking = "membership";
    template.clinic_till_trial = TRIAL;
    return {...till, template, stranger: till.store.models["res.partner"].get(4)};
}

test("a plan is sold by its trial, said on the line", async () => {
    const {store, order} = await setUpPlan();
    const line = await add(store, order);
    const full = line.clinicListPrice();
    expect([line.clinic_trial, line.price_unit]).toEqual([true, 1]);
    expect(line.clinic_trial_words).toMatch(/^Trial until 02\/27\/2026, then .*3\.00 \/ month$/);
    order.setPricelist(store.models["product.pricelist"].get(1));
    line.setQuantity(1);
    expect(line.price_unit).toBe(1, {message: "whatever else computes prices"});
    expect(full).toBe(PRICE);
});

test("without a patient, and of one who had it, the membership is sold", async () => {
    const {store, order, patient, stranger} = await setUpPlan();
    stranger.clinic_till = {tiers: [], grants: [], credit: 0, trials: [7]};
    const line = await add(store, order);
    order.setPartner(stranger);
    expect([line.clinic_trial, line.clinic_trial_words, line.price_unit]).toEqual([false, false, PRICE]);
    order.setPartner(patient);
    expect([line.clinic_trial, line.price_unit]).toEqual([true, 1]);
    order.setPartner(false);
    expect([line.clinic_trial, line.price_unit, line.price_type]).toEqual([false, PRICE, "original"]);
});

test("one trial of a tier on a ticket, and a second tap sells no second plan and says why", async () => {
    const {store, order} = await setUpPlan();
    const told = notifications(store);
    await add(store, order);
    expect(told).toEqual([]);
    await add(store, order);
    expect(order.lines.map((line) => [line.qty, line.price_unit])).toEqual([[1, 1]]);
    expect(told).toEqual(["One membership for one patient"]);
    const other = store.models["product.product"].get(6).product_tmpl_id;
    Object.assign(other, {service_tracking: "membership", clinic_till_trial: {...TRIAL, price: 5}});
    await add(store, order, 1, 6);
    expect(order.lines.map((line) => Boolean(line.clinic_trial))).toEqual([true, false]);
    order.removeOrderline(order.lines[0]);
    expect([order.lines[0].clinic_trial, order.lines[0].price_unit]).toEqual([true, 5]);
});

test("a second tap on a plan without a trial is told, too", async () => {
    const {store, order, template} = await setUpPlan();
    template.clinic_till_trial = false;
    const told = notifications(store);
    const line = await add(store, order);
    await add(store, order, 1, 6);
    await add(store, order);
    expect(order.lines.map((each) => each.qty)).toEqual([1, 1]);
    expect(told).toEqual(["One membership for one patient"]);
    expect(order.getSelectedOrderline()).toBe(line);
});

test("a trial that was paid and not sent yet is known", async () => {
    const {store, order, patient} = await setUpPlan();
    await add(store, order);
    order.state = "paid";
    const later = store.addNewOrder();
    later.setPartner(patient);
    const line = await add(store, later);
    expect([Boolean(line.clinic_trial), line.price_unit]).toEqual([false, PRICE]);
});

test("another price stays what somebody typed", async () => {
    const {store, order} = await setUpPlan();
    const line = await add(store, order);
    line.price_type = "manual";
    line.setUnitPrice(2);
    order.updateClinicTrials();
    expect([line.clinic_trial, line.price_unit]).toEqual([true, 2], {message: "the trial is 2 today"});
    order.setPartner(false);
    expect(line.price_unit).toBe(PRICE);
    line.price_type = "manual";
    line.setUnitPrice(80);
    order.setPartner(store.models["res.partner"].get(3));
    expect([Boolean(line.clinic_trial), line.price_unit]).toEqual([false, 80], {message: "a membership at 80"});
});

test("refused by the clinic: the membership is on the order at its price", async () => {
    const answer = {problems: [], words: {}};
    const {store, order, patient} = await setUpPlan({answer});
    const line = await add(store, order);
    const dialogs = answerDialogs(store);
    answer.problems = [{uuid: line.uuid, problem: "had a trial"}];
    expect(await store.checkClinicOrder(order)).toBe(false);
    expect(dialogs.map((dialog) => dialog.body)).toEqual(["had a trial"]);
    expect([line.clinic_trial, line.price_unit]).toEqual([false, PRICE]);
    order.setPartner(store.models["res.partner"].get(4));
    expect(line.clinic_trial).toBe(true, {message: "somebody else may have it"});
    order.setPartner(patient);
    expect(line.clinic_trial).toBe(false);
});

test("paid with one click: nothing is paid at a price that nobody has seen", async () => {
    const {store, order, patient} = await setUpPlan();
    order.setPartner(false);
    const line = await add(store, order);
    store.selectPartner = async () => order.setPartner(patient) || patient;
    answerDialogs(store);
    const fastPaymentMethod = store.models["pos.payment.method"].getFirst();
    const validation = new OrderPaymentValidation({pos: store, orderUuid: order.uuid, fastPaymentMethod});
    expect(await validation.validateOrder(false)).toBe(false);
    expect([line.price_unit, order.payment_ids.length, order.state]).toEqual([1, 0, "draft"]);
});
