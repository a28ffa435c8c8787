// Ending attempts: those of all operations of a transaction in one statement, where one each cost a third of the
// server's work for them.

#include <map>
#include <tuple>

#include "store/postgres/transaction.hpp"
#include "store/words.hpp"

namespace backhaul::store::postgres {

void Tx::insert_attempts(const std::vector<std::pair<JobId, const AttemptRecord*>>& attempts) {
  if (attempts.empty()) return;
  std::vector<std::int64_t> ids, began, ended, retries;
  std::vector<std::string_view> outcomes, codes, messages;
  for (const auto& [job, record] : attempts) {
    ids.push_back(job.value);
    began.push_back(record->started_at.ms);
    ended.push_back(record->ended_at.ms);
    retries.push_back(record->retry_at.ms);
    outcomes.push_back(record->outcome);
    codes.push_back(record->code);
    messages.push_back(record->message);
  }
  run("INSERT INTO attempts (job, number, started_at, ended_at, outcome, code, message, retry_at) "
      "SELECT w.job, (SELECT coalesce(max(a.number), 0) + 1 FROM attempts a WHERE a.job = w.job), w.began, w.ended, "
      "w.outcome, w.code, w.message, nullif(w.retry, 0) FROM unnest($1, $2, $3, $4, $5, $6, $7) AS w (job, began, "
      "ended, "
      "outcome, code, message, retry)",
      ids, began, ended, outcomes, codes, messages, retries);
}

Tx::Answer Tx::end_attempts(const std::vector<End*>& wanted) {
  std::vector<std::int64_t> ids, attempts, run_at, unknown, ended, spent;
  std::vector<std::string_view> nodes, states, errors, reads;
  for (const auto* end : wanted) {
    const auto& finish = end->finish;
    ids.push_back(finish.job.value);
    nodes.push_back(finish.node);
    attempts.push_back(finish.attempt);
    states.push_back(to_string(finish.next));
    run_at.push_back(finish.run_at.ms);
    unknown.push_back(finish.unknown_since.ms);
    ended.push_back(finish.next == JobState::retryable ? 0 : finish.record.ended_at.ms);
    errors.push_back(finish.record.outcome == "done" ? std::string_view() : finish.record.message);
    spent.push_back(finish.spends_attempt ? 1 : 0);
    reads.push_back(finish.read_subject.value);
  }
  // The fence is compared in a way that no index answers: by that of running jobs the server would go through all that
  // the node has run since the last vacuum.
  return query(
      "UPDATE jobs j SET state = w.state, run_at = greatest(j.run_at, w.run_at), unknown_since = nullif(w.unknown, 0), "
      "ended_at = nullif(w.ended, 0), last_error = w.error, node = NULL, lease_until = NULL, "
      "attempt = j.attempt - 1 + w.spent, failures = j.failures + w.spent "
      "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
      "AS w (job, node, attempt, state, run_at, unknown, ended, error, spent, read) "
      "WHERE j.id = w.job AND (j.state, j.node, j.attempt) IS NOT DISTINCT FROM ('running', w.node, w.attempt) "
      "RETURNING w.job, w.node, w.attempt, kind, (SELECT r.subject FROM returns r WHERE r.id = j.return_id), "
      "(SELECT s.id FROM subjects s WHERE s.connection = j.connection AND s.external_id = w.read)",
      ids, nodes, attempts, states, run_at, unknown, ended, errors, spent, reads);
}

async::Task<void> Tx::serve_ends(std::vector<End*> wanted) {
  const auto asked = end_attempts(wanted);
  const auto rows = co_await asked;
  // Of two that say the same, one has ended it.
  std::map<std::tuple<std::int64_t, std::string_view, std::int64_t>, End*> by_fence;
  for (auto* end : wanted) by_fence.try_emplace({end->finish.job.value, end->finish.node, end->finish.attempt}, end);
  std::vector<std::pair<JobId, const AttemptRecord*>> attempts;
  for (const auto row : rows) {
    auto* end = by_fence.at({row.number(0), row.text(1), row.number(2)});
    end->ended =
        Ended{.kind = std::string(row.text(3)), .source_subject = row.number(4), .read_subject = row.number(5)};
    attempts.emplace_back(end->finish.job, &end->finish.record);
  }
  insert_attempts(attempts);
  for (auto* end : wanted) end->waiting.resume();
}

}  // namespace backhaul::store::postgres
