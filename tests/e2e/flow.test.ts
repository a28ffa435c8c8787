// What returns go through, end to end. Each scenario has a sandbox and a hub of its own.
import "./flow/refunds.ts";
import "./flow/orders.ts";
import "./flow/people.ts";
import "./flow/webhooks.ts";
import "./flow/policies.ts";
