// Section 4.6: the places returns are sent to.
import type { World } from "../world.ts";
import type { Gate } from "./gate.ts";
import { invalid, not_found, type Reply } from "./refusals.ts";
import type { Destination } from "./state.ts";

export function register_destination_routes(gate: Gate, world: World): void {
  const read = "destinations:read";
  const write = "destinations:write";
  const find = (id: string | undefined) => world.loop.destinations.find((d) => String(d.id) === id);
  const missing = not_found("Destination not found.");

  gate({ name: "destinations.list", method: "GET", path: "/destinations", scope: read }, () => ({
    status: 200, body: { destinations: world.loop.destinations },
  }));
  gate({ name: "destinations.get", method: "GET", path: "/destinations/:id", scope: read }, (call) => {
    const destination = find(call.params["id"]);
    return destination ? { status: 200, body: destination } : missing;
  });
  gate({ name: "destinations.create", method: "POST", path: "/destinations", scope: write }, (call) => {
    const problem = check(call.body);
    if (problem) return problem;
    if (world.loop.destinations.length >= world.faults.loop.destination_limit) return limit_exceeded;
    const destination: Destination = { id: world.loop.next.destination_id++, ...fields(call.body), provider_location_id: null };
    world.loop.destinations.push(destination);
    return { status: 200, body: destination };
  });
  gate({ name: "destinations.update", method: "PUT", path: "/destinations/:id", scope: write }, (call) => {
    const destination = find(call.params["id"]);
    if (!destination) return missing;
    const problem = check(call.body);
    if (problem) return problem;
    return { status: 200, body: Object.assign(destination, fields(call.body)) };
  });
  gate({ name: "destinations.delete", method: "DELETE", path: "/destinations/:id", scope: write }, (call) => {
    const destination = find(call.params["id"]);
    if (!destination) return missing;
    world.loop.destinations = world.loop.destinations.filter((d) => d !== destination);
    return { status: 200, body: "Success" };
  });
}

const limit_exceeded: Reply = {
  status: 422, body: { code: "DESTINATION_LIMIT_EXCEEDED", message: "Your plan's number of destinations is used up." },
  refused: "DESTINATION_LIMIT_EXCEEDED",
};

function check(body: unknown): Reply | null {
  const given = (body ?? {}) as Record<string, unknown>;
  const errors: Record<string, string[]> = {};
  if (typeof given["name"] !== "string" || given["name"] === "") errors["name"] = ["The name field is required."];
  if (given["type"] !== "warehouse" && given["type"] !== "donate") errors["type"] = ["The selected type is invalid."];
  const address = (given["address"] ?? {}) as Record<string, unknown>;
  for (const part of ["address1", "city", "country", "country_code"]) {
    if (typeof address[part] !== "string" || address[part] === "") errors[`address.${part}`] = [`The address.${part} field is required.`];
  }
  return Object.keys(errors).length > 0 ? invalid(errors) : null;
}

/** Only after `check` has passed. */
function fields(body: unknown): Pick<Destination, "name" | "type" | "enabled" | "address"> {
  const given = body as Destination;
  const { address1, address2, city, state, zip, country, country_code } = given.address;
  return {
    name: given.name, type: given.type, enabled: given.enabled !== false,
    address: { address1, address2: address2 ?? "", city, state: state ?? "", zip: zip ?? "", country, country_code },
  };
}
