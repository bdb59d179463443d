import {describe, expect, test} from "@odoo/hoot";
import {definePosModels} from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import {ClinicPanel} from "@clinic_membership_pos/app/components/clinic_panel/clinic_panel";
import {mountWithCleanup} from "@web/../tests/web_test_helpers";
import {GRANTS, add, answerDialogs, setUp} from "./till_utils";

definePosModels();
describe.current.tags("desktop");

test("units cover a line: it costs nothing, whatever changes its price", async () => {
    const {store, order} = await setUp();
    const line = await add(store, order);
    const {priceIncl: full, pricelist_id: own} = order;
    expect(full).toBeGreaterThan(0);
    expect(order.applyClinicUnits(line)).toBe(0);
    expect(order.priceIncl).toBe(0);
    expect(line.clinic_paid_by).toBe("from 6-Pack 1 of 6 left");
    line.setUnitPrice(50);
    line.setDiscount(10);
    order.setPricelist(store.models["product.pricelist"].get(1));
    expect([line.price_unit, line.discount]).toEqual([0, 0]);
    order.setPricelist(own);
    order.removeClinicUnits(line);
    expect([line.clinic_redeem, line.clinic_paid_by, order.priceIncl]).toEqual([false, false, full]);
});

test("units are taken in order, the picked ones first, over several lines", async () => {
    const {store, order} = await setUp();
    const first = await add(store, order, 3);
    order.applyClinicUnits(first);
    expect(first.clinic_paid_by).toBe("from 6-Pack 0 of 6 left, from Other Pack 2 of 3 left");
    const second = await add(store, order, 1);
    expect(order.clinicUnitsFor(second)).toBe(2);
    order.removeClinicUnits(first);
    order.applyClinicUnits(second, 12);
    expect(second.clinic_paid_by).toBe("from Other Pack 2 of 3 left");
});

test("what the units do not cover is a line of its own", async () => {
    const {store, order} = await setUp();
    const line = await add(store, order, 7);
    await store.applyClinicUnits(order, line);
    const quantities = order.lines.map((each) => [each.qty, Boolean(each.clinic_redeem)]);
    expect(quantities).toEqual([
        [5, true],
        [2, false],
    ]);
    expect(order.canTakeClinicUnits(order.lines[1])).toBe(false);
});

test("quantity beyond the balance is refused", async () => {
    const {store, order} = await setUp();
    const line = await add(store, order, 2);
    order.applyClinicUnits(line);
    for (const quantity of [6, -1, 1.5]) {
        expect(line.setQuantity(quantity).title).toBe("5 units left");
        expect(line.qty).toBe(2);
    }
    expect(line.setQuantity(5)).toBe(true);
    expect(line.clinic_paid_by).toBe("from 6-Pack 0 of 6 left, from Other Pack 0 of 3 left");
});

test("lines with units are not merged and earn no points", async () => {
    const {store, order} = await setUp();
    const line = await add(store, order);
    order.applyClinicUnits(line);
    const other = await add(store, order);
    expect(order.lines.length).toBe(2);
    expect(line.canBeMergedWith(other)).toBe(false);
    expect(other.canBeMergedWith(line)).toBe(false);
    expect(line.ignoreLoyaltyPoints({program: {program_type: "loyalty"}})).toBe(true);
    expect(Boolean(other.ignoreLoyaltyPoints({program: {program_type: "loyalty"}}))).toBe(false);
    const third = await add(store, order);
    expect(third.qty).toBe(2, {message: "lines without units are merged as ever"});
});

test("what an order that is settled here costs nothing is paid already", async () => {
    const {store, order} = await setUp();
    const line = await add(store, order);
    line.setUnitPrice(0);
    expect(order.canTakeClinicUnits(line)).toBe(true);
    line.sale_order_origin_id = {id: 1};
    expect(order.canTakeClinicUnits(line)).toBe(false);
    line.setUnitPrice(80);
    expect(order.canTakeClinicUnits(line)).toBe(true);
});

test("units come off when the patient changes", async () => {
    const {store, order, patient} = await setUp();
    const line = await add(store, order);
    order.applyClinicUnits(line);
    order.setPartner(patient);
    expect(line.clinic_redeem).toBe(true, {message: "the same patient again"});
    order.setPartner(store.models["res.partner"].get(4));
    expect(line.clinic_redeem).toBe(false);
    expect(order.priceIncl).toBeGreaterThan(0);
});

test("tickets of one patient share the balance", async () => {
    const {store, order, patient} = await setUp();
    order.applyClinicUnits(await add(store, order, 4));
    const later = store.addNewOrder();
    later.setPartner(patient);
    const line = await add(store, later);
    expect(later.clinicUnitsFor(line)).toBe(1);
    order.state = "paid";
    expect(later.clinicUnitsFor(line)).toBe(1, {message: "paid, and the server does not know"});
    store.postSyncAllOrders([order]);
    order.nb_print = 1;
    expect([order.isDirty(), later.clinicUnitsFor(line)]).toEqual([true, 5], {message: "sent, and printed since"});
});

test("units of a category, and of nothing else", async () => {
    const grants = [{...GRANTS[0], product_id: false, categ_id: 3}];
    const {store, order} = await setUp({grants});
    const line = await add(store, order);
    expect(order.canTakeClinicUnits(line)).toBe(false);
    line.product_id.product_tmpl_id.categ_id = store.models["product.category"].get(3);
    expect(order.canTakeClinicUnits(line)).toBe(true);
});

test("the till asks about a new service that units cover", async () => {
    const {store, order} = await setUp();
    const template = store.models["product.product"].get(5).product_tmpl_id;
    const dialogs = answerDialogs(store);
    const line = await store.addLineToOrder({product_tmpl_id: template}, order, {}, false);
    expect(dialogs.map((dialog) => dialog.title)).toEqual(["Pay with units?"]);
    expect(dialogs[0].body).toMatch(/has 2 of 6 left for .*: 6-Pack/);
    expect(line.clinic_redeem).toBe(true);
});

test("memberships and packages need a patient", async () => {
    const {store, order} = await setUp();
    const line = await add(store, order);
    line.product_id.product_tmpl_id.service_tracking = "package";
    expect(order.canTakeClinicUnits(line)).toBe(false);
    expect(order.clinicNeedsPatient).toBe(false);
    order.setPartner(false);
    expect(order.clinicNeedsPatient).toBe(true);
    line.product_id.product_tmpl_id.service_tracking = "membership";
    expect(line.setQuantity(2).title).toBe("One membership for one patient");
});

test("a plan brings its member price, and takes it along", async () => {
    const {store, order} = await setUp();
    const member = store.models["product.pricelist"].get(2);
    member.clinic_members_only = true;
    const line = await add(store, order, 1, 6);
    line.product_id.product_tmpl_id.service_tracking = "membership";
    line.product_id.product_tmpl_id.clinic_join_pricelist_id = member;
    order.updateClinicPricelist();
    expect(order.pricelist_id.id).toBe(2);
    const full = line.product_id.product_tmpl_id.getPrice(store.config.pricelist_id, 1);
    expect(line.price_unit).toBe(full, {message: "memberships are not cheaper for members"});
    order.removeOrderline(line);
    expect(order.pricelist_id?.id).not.toBe(2);
});

test("the strict check takes units off, and tells why", async () => {
    const answer = {problems: [], words: {}};
    const {store, order} = await setUp({answer});
    const line = await add(store, order);
    order.applyClinicUnits(line);
    answer.words = {[line.uuid]: "from 6-Pack 0 of 6 left"};
    expect(await store.checkClinicOrder(order)).toBe(true);
    expect(line.clinic_paid_by).toBe("from 6-Pack 0 of 6 left");
    const dialogs = answerDialogs(store);
    answer.problems = [{uuid: line.uuid, problem: "0 of the 1 units"}];
    expect(await store.checkClinicOrder(order)).toBe(false);
    expect(line.clinic_redeem).toBe(false);
    expect(dialogs.map((dialog) => dialog.body)).toEqual(["0 of the 1 units"]);
});

test("member prices that have ended are told before the payment", async () => {
    const {store, order, patient} = await setUp();
    await add(store, order);
    const ordinary = order.pricelist_id;
    const members = store.models["product.pricelist"].find((pricelist) => pricelist.id !== ordinary?.id);
    members.clinic_members_only = true;
    order.setPricelist(members);
    const dialogs = answerDialogs(store);
    expect(await store.checkClinicOrder(order)).toBe(true, {message: "the same price"});
    store.refreshClinicPatient = async () => order.lines[0].setUnitPrice(1234);
    expect(await store.checkClinicOrder(order)).toBe(false);
    expect(dialogs.map((dialog) => dialog.title)).toEqual(["Prices have changed"]);
    expect(dialogs[0].body).toMatch(
        /The member prices of .* have changed[^]*The total was .*3\.\d\d.* and is .*1,\d{3}\.\d\d now/
    );
    store.refreshClinicPatient = async () => {
        members.clinic_members_only = false;
        order.lines[0].setUnitPrice(50);
    };
    expect(await store.checkClinicOrder(order)).toBe(false);
    expect(dialogs[1].body).toMatch(/has no member prices any more/);
    order.setPartner(patient);
});

test("without a connection the till goes on with what it knows", async () => {
    const {store, order} = await setUp();
    const line = await add(store, order);
    order.applyClinicUnits(line);
    store.data.network.offline = true;
    expect(await store.checkClinicOrder(order)).toBe(true);
    expect(await store.clinicRefundRefusal([line])).toBe("");
    expect(line.clinic_redeem).toBe(true);
});

test("the panel shows tier, units after this ticket, credit and last days", async () => {
    const {store, order} = await setUp();
    order.applyClinicUnits(await add(store, order));
    await mountWithCleanup(ClinicPanel, {});
    expect(".clinic-tier").toHaveText(/Gold\s*renews 01\/01\/2027/);
    expect(".clinic-credit").toHaveText(/25/);
    expect(".clinic-grants li:eq(0)").toHaveText(/6-Pack[^]*1 \/ 6[^]*until 03\/01\/2027/);
    expect(".clinic-grants li:eq(1)").toHaveText(/Other Pack[^]*3 \/ 3/);
});
