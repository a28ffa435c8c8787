// What strangers, vendors and operators get wrong.
import "./bad_input/deliveries.ts";
import "./bad_input/wire.ts";
import "./bad_input/data.ts";
import "./bad_input/credentials.ts";
import "./bad_input/operators.ts";
