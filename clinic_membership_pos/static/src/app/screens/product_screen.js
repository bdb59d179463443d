import {ProductScreen} from "@point_of_sale/app/screens/product_screen/product_screen";
import {patch} from "@web/core/utils/patch";
import {ClinicPanel} from "../components/clinic_panel/clinic_panel";

patch(ProductScreen, {
    components: {...ProductScreen.components, ClinicPanel},
});
