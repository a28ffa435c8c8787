// Committing what the workflow decided.

#include <algorithm>

#include "returns/codec.hpp"
#include "store/sqlite/store_impl.hpp"

namespace backhaul::store::sqlite {
namespace {

// The return a step is of, and its subject at the source.
struct Saved {
  ReturnId id;
  std::int64_t subject = 0;
};

// Nothing when another step was faster.
std::optional<Saved> save_return(Database& db, const Step& step) {
  if (step.id) {
    auto saved = db.query(
        "UPDATE returns SET body = ?, state = ?, stage = ?, order_name = ?, wake_at = ?, updated_at = ?, "
        "version = version + 1 WHERE id = ? AND version = ? RETURNING subject",
        step.state, step.source_state, step.stage, step.order_name, step.wake_at, step.at, step.id, step.version);
    if (!saved.step()) return std::nullopt;
    return Saved{.id = step.id, .subject = saved.number(0)};
  }
  const auto subject = subject_of(db, step.source, step.source_id);
  const auto made = db.run(
      "INSERT INTO returns (merchant, subject, order_name, state, stage, version, body, wake_at, created_at, "
      "updated_at) "
      "VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?) ON CONFLICT (subject) DO NOTHING",
      step.merchant, subject, step.order_name, step.source_state, step.stage, step.state, step.wake_at, step.at,
      step.at);
  if (made == 0) return std::nullopt;
  const ReturnId id{db.last_row()};
  db.run("UPDATE subjects SET return_id = ? WHERE id = ?", id, subject);
  return Saved{.id = id, .subject = subject};
}

void mark_handled(Database& db, const std::vector<SubjectMark>& marks) {
  for (const auto& mark : marks) {
    db.run("UPDATE subjects SET news = CASE WHEN last_news > ?1 THEN ?1 + 1 END, parked = NULL WHERE id = ?2",
           mark.up_to, mark.subject);
  }
}

// An RMA's subject now belongs to the return; what was told about it before is news.
void link_rmas(Database& db, const Step& step, ReturnId id) {
  for (const auto& rma : step.rmas) {
    db.run(
        "INSERT INTO rmas (connection, return_id, generation, external_id, reference, made_at) VALUES (?, ?, ?, ?, ?, "
        "?)",
        connection_number(db, rma.connection), id, rma.generation, rma.id, rma.reference, step.at);
    db.run("UPDATE subjects SET return_id = ?, news = coalesce(parked, news), parked = NULL WHERE id = ?", id,
           subject_of(db, rma.connection, rma.id));
  }
}

std::optional<Job> insert_job(Database& db, const Step& step, ReturnId id, const NewJob& job, EventId decision) {
  const auto& effect = job.effect;
  const auto state = state_at_birth(job);
  const bool running = state == JobState::running;
  const auto changed = db.run(
      "INSERT INTO jobs (return_id, connection, effect_key, kind, state, priority, run_at, attempt, node, lease_until, "
      "work, "
      "rule, policy_version, causes, decision, created_at, ended_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, ?) "
      "ON CONFLICT (return_id, effect_key) DO NOTHING",
      id, connection_number(db, effect.connection), effect.shadow ? "shadow/" + effect.key : effect.key,
      returns::to_string(effect.kind), to_string(state), static_cast<int>(effect.priority), effect.not_before,
      running ? 1 : 0, running ? std::optional(job.lease->node) : std::nullopt,
      running ? std::optional(job.lease->until.ms) : std::nullopt, returns::encode(effect.work), effect.rule,
      effect.policy_version, causes_json(effect.causes), decision, step.at,
      effect.shadow ? std::optional(step.at.ms) : std::nullopt);
  if (changed == 0 || !running) return std::nullopt;
  return born(job, JobId{db.last_row()}, id, step.at);
}

void withdraw_jobs(Database& db, const Step& step, const Saved& saved) {
  for (const auto& key : step.withdraw) {
    // Not one whose earlier attempt may have happened: that is found out first.
    const auto changed = db.run(
        "UPDATE jobs SET state = 'cancelled', ended_at = ? WHERE return_id = ? AND effect_key = ? "
        "AND state IN ('available', 'retryable') AND unknown_since IS NULL",
        step.at, saved.id, key);
    if (changed == 0) continue;
    insert_event(db, saved.subject, EventKind::outcome, "withdrawn", withdrawn_json(key), step.at, true);
  }
}

void end_told_jobs(Database& db, const Step& step, const Saved& saved) {
  for (const auto& key : step.told) {
    const auto changed = db.run(
        "UPDATE jobs SET state = 'completed', ended_at = ?, last_error = '' WHERE return_id = ? AND effect_key = ? "
        "AND state IN ('available', 'retryable') AND unknown_since IS NOT NULL",
        step.at, saved.id, key);
    if (changed == 0) continue;
    insert_event(db, saved.subject, EventKind::outcome, "told", told_json(key), step.at, true);
  }
}

void replace_attention(Database& db, const Step& step, ReturnId id) {
  if (step.attention.empty()) {
    db.run("DELETE FROM attention WHERE return_id = ?", id);
    return;
  }
  // Keeps `since` of what stays.
  db.run("UPDATE attention SET times = -1 WHERE return_id = ?", id);
  for (const auto& item : step.attention) {
    db.run(
        "INSERT INTO attention (return_id, connection, kind, why, todo, since) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET why = excluded.why, todo = excluded.todo, times = 1",
        id, optional_connection_number(db, item.connection), item.kind, item.why, item.todo, step.at);
  }
  db.run("DELETE FROM attention WHERE return_id = ? AND times = -1", id);
}

StepDone commit_step(Database& db, const Step& step) {
  const auto saved = save_return(db, step);
  if (!saved) return {.conflict = true, .id = step.id, .running = {}};
  const auto id = saved->id;
  mark_handled(db, step.marks);
  link_rmas(db, step, id);
  EventId decision;
  if (!step.decision.empty()) {
    decision = insert_event(db, saved->subject, EventKind::decision, "decision", step.decision, step.at, false);
  }
  StepDone done{.conflict = false, .id = id, .running = {}};
  for (const auto& job : step.jobs) {
    if (auto running = insert_job(db, step, id, job, decision)) done.running.push_back(std::move(*running));
  }
  withdraw_jobs(db, step, *saved);
  end_told_jobs(db, step, *saved);
  replace_attention(db, step, id);
  return done;
}

}  // namespace

// In portions, so that deliveries get in between: each step is whole by itself, and the caller hears of each.
async::Task<Stored<std::vector<StepDone>>> SqliteStore::commit_steps(std::vector<Step> steps) {
  auto shared = std::make_shared<const std::vector<Step>>(std::move(steps));
  std::vector<std::function<Stored<std::vector<StepDone>>(Database&)>> portions;
  for (std::size_t from = 0; from < shared->size(); from += steps_per_portion) {
    const auto to = std::min(shared->size(), from + steps_per_portion);
    portions.emplace_back([this, shared, from, to](Database& db) -> Stored<std::vector<StepDone>> {
      std::vector<StepDone> done;
      done.reserve(to - from);
      for (auto at = from; at < to; ++at) {
        const auto& step = (*shared)[at];
        done.push_back(commit_step(db, step));
        if (done.back().conflict || !step.withdraw.empty() || !step.told.empty() || !step.rmas.empty()) {
          news_ = true;
        }
        if (!step.jobs.empty()) jobs_ = true;
      }
      advance_filed(db);
      return done;
    });
  }
  auto writing = writer_.write_all<std::vector<StepDone>>(std::move(portions));
  auto results = co_await std::move(writing);
  co_return join_portions(std::move(results), shared->size());
}

}  // namespace backhaul::store::sqlite
