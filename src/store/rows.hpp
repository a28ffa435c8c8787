#pragma once
// Rows of the stores' tables as values. Each store asks for the columns in the order given here; `Row` is its own
// reader of one row: number(i), text(i), is_null(i), time(i), id<Id>(i).

#include "returns/codec.hpp"
#include "store/types.hpp"
#include "store/words.hpp"

namespace backhaul::store {

// id, merchant, vendor, role, name, settings, sealed, created_at
template <class Row>
Connection read_connection_row(const Row& row) {
  return {.id = ConnectionId{std::string(row.text(0))},
          .merchant = MerchantId{std::string(row.text(1))},
          .vendor = std::string(row.text(2)),
          .role = std::string(row.text(3)),
          .name = std::string(row.text(4)),
          .settings = std::string(row.text(5)),
          .sealed = std::string(row.text(6)),
          .created_at = row.time(7)};
}

// return, merchant, connection, external id, order name, state, stage, created_at, updated_at, count of attention
template <class Row>
ReturnRow read_return_row(const Row& row) {
  return {.id = row.template id<ReturnId>(0),
          .merchant = MerchantId{std::string(row.text(1))},
          .source = ConnectionId{std::string(row.text(2))},
          .source_id = ExternalId{std::string(row.text(3))},
          .order_name = std::string(row.text(4)),
          .state = std::string(row.text(5)),
          .stage = std::string(row.text(6)),
          .body = {},
          .created_at = row.time(7),
          .updated_at = row.time(8),
          .attention = static_cast<int>(row.number(9))};
}

// job, return, key, kind, work, attempt, unknown_since or 0, created_at, failures; the connection is the caller's
template <class Row>
Result<Job, Problem> read_claimed_row(const Row& row) {
  auto work = returns::decode_work(row.text(4));
  if (!work) return fail(work.error());
  const auto kind = effect_kind(row.text(3));
  if (!kind) return fail(Problem{"unknown kind of job in the database"});
  return Job{.id = row.template id<JobId>(0),
             .return_id = row.template id<ReturnId>(1),
             .connection = {},
             .key = std::string(row.text(2)),
             .kind = *kind,
             .work = std::move(*work),
             .attempt = static_cast<int>(row.number(5)),
             .failures = static_cast<int>(row.number(8)),
             .unknown_since = row.time(6),
             .created_at = row.time(7)};
}

// job, return, connection, key, kind, state, attempt, run_at, created_at, ended_at or 0, unknown_since or 0, rule,
// policy_version, causes, decision or 0, last_error
template <class Row>
JobRow read_job_row(const Row& row) {
  return {.id = row.template id<JobId>(0),
          .return_id = row.template id<ReturnId>(1),
          .connection = ConnectionId{std::string(row.text(2))},
          .key = std::string(row.text(3)),
          .kind = std::string(row.text(4)),
          .state = std::string(row.text(5)),
          .attempt = static_cast<int>(row.number(6)),
          .run_at = row.time(7),
          .created_at = row.time(8),
          .ended_at = row.time(9),
          .unknown_since = row.time(10),
          .rule = std::string(row.text(11)),
          .policy_version = row.number(12),
          .causes = std::string(row.text(13)),
          .decision = row.template id<EventId>(14),
          .last_error = std::string(row.text(15)),
          .attempts = {}};
}

// number, started_at, ended_at, outcome, code, message, retry_at or 0
template <class Row>
AttemptRecord read_attempt_row(const Row& row) {
  return {.number = static_cast<int>(row.number(0)),
          .started_at = row.time(1),
          .ended_at = row.time(2),
          .outcome = std::string(row.text(3)),
          .code = std::string(row.text(4)),
          .message = std::string(row.text(5)),
          .retry_at = row.time(6)};
}

// return, connection or '', kind, why, todo, since, times, order name or '', external id or ''
template <class Row>
AttentionRow read_attention_row(const Row& row) {
  return {.return_id = row.template id<ReturnId>(0),
          .connection = ConnectionId{std::string(row.text(1))},
          .kind = std::string(row.text(2)),
          .why = std::string(row.text(3)),
          .todo = std::string(row.text(4)),
          .since = row.time(5),
          .times = row.number(6),
          .order_name = std::string(row.text(7)),
          .source_id = ExternalId{std::string(row.text(8))}};
}

}  // namespace backhaul::store
