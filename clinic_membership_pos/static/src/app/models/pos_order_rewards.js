import "@pos_loyalty/app/models/pos_order"; // patched before: it asks no earlier one
import {PosOrder} from "@point_of_sale/app/models/pos_order";
import {patch} from "@web/core/utils/patch";

/** The same order, as promotions see it: what units pay for costs nothing, so nothing of it is given away. */
function charged(order) {
    return Object.create(order, {
        getOrderlines: {value: () => order.lines.filter((line) => !line.isPaidWithUnits)},
    });
}

patch(PosOrder.prototype, {
    /** "The cheapest item" is one that is paid for. */
    _getCheapestLine(...args) {
        return super._getCheapestLine.apply(charged(this), args);
    },

    /** A free item takes its price off the ticket: not that of an item that has none. */
    _computeUnclaimedFreeProductQty(...args) {
        return super._computeUnclaimedFreeProductQty.apply(charged(this), args);
    },

    /** Lines that units pay for do not count for "from 3 items on". */
    _get_regular_order_lines() {
        return super._get_regular_order_lines(...arguments).filter((line) => !line.isPaidWithUnits);
    },
});
