// account, me, uuid, user_quota.

import { own_account_id, visible_warehouses, type Call } from "./call.ts";
import { encode_id, type EntityType } from "./ids.ts";
import type { OperationDefinition } from "./operations.ts";
import { account_view, own_account, warehouse_view } from "./views.ts";

export const account_operations: Record<string, OperationDefinition> = {
  account: { kind: "query", scopes: [], into: "data", run: (_args, call) => account_view(call, own_account(call)) },

  me: {
    kind: "query", scopes: [], into: "data",
    run: (_args, call) => {
      const { developer, scopes } = call.state;
      return {
        id: encode_id("User", developer.legacy_id), legacy_id: developer.legacy_id, email: developer.email,
        is_developer: true, is_admin: false, scopes,
        account: () => account_view(call, own_account(call)),
        allowed_warehouses: () => visible_warehouses(call, own_account_id(call)).map((row) => warehouse_view(call, row)),
      };
    },
  },

  // Says what the opaque id would be; like the real one it does not promise that the object exists.
  uuid: {
    kind: "query", scopes: [], into: "data",
    run: (args: { legacy_id: number; entity: EntityType }) =>
      ({ id: encode_id(args.entity, args.legacy_id), legacy_id: args.legacy_id }),
  },

  user_quota: { kind: "query", scopes: [], into: "", bare: true, run: (_args, call) => quota_view(call) },
};

function quota_view(call: Call) {
  const { bucket_size, refill_per_second, user_quota_wrong } = call.faults;
  return {
    credits_remaining: user_quota_wrong ? bucket_size : Math.floor(call.quota.remaining()),
    max_available: bucket_size, increment_rate: Math.floor(refill_per_second),
    is_expired: null, expiration_date: null, time_remaining: null,
  };
}
