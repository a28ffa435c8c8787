// Committing what the workflow decided.

#include <algorithm>
#include <deque>

#include "returns/codec.hpp"
#include "store/postgres/store_impl.hpp"

namespace backhaul::store::postgres {
namespace {

using Numbers = std::unordered_map<ConnectionId, std::int64_t>;

std::vector<ConnectionId> connections_of(const std::vector<Step>& steps) {
  std::vector<ConnectionId> ids;
  const auto add = [&](const ConnectionId& id) {
    if (!id.empty()) ids.push_back(id);
  };
  for (const auto& step : steps) {
    add(step.source);
    for (const auto& rma : step.rmas) add(rma.connection);
    for (const auto& job : step.jobs) add(job.effect.connection);
    for (const auto& item : step.attention) add(item.connection);
  }
  return ids;
}

// A step, and what it has come to.
struct Going {
  const Step* step = nullptr;
  ReturnId id;
  std::int64_t source = 0;         // the subject
  std::vector<std::int64_t> rmas;  // theirs
  bool won = false;
  EventId decision;
  std::vector<std::pair<const NewJob*, Tx::Answer>> jobs;
  std::vector<std::pair<const std::string*, Tx::Answer>> withdrawn;
  std::vector<std::pair<const std::string*, Tx::Answer>> told;
};

Tx::Answer save_return(Tx& tx, const Going& going) {
  const auto& step = *going.step;
  if (step.id) {
    return tx.query(
        "UPDATE returns SET body = $1, state = $2, stage = $3, order_name = $4, wake_at = $5, updated_at = $6, "
        "version = version + 1 WHERE id = $7 AND version = $8 RETURNING id",
        step.state, step.source_state, step.stage, step.order_name, step.wake_at, step.at, step.id, step.version);
  }
  return tx.query(
      "INSERT INTO returns (merchant, subject, order_name, state, stage, version, body, wake_at, created_at, "
      "updated_at) "
      "VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $8) ON CONFLICT (subject) DO NOTHING RETURNING id",
      step.merchant, going.source, step.order_name, step.source_state, step.stage, step.state, step.wake_at, step.at);
}

// What was folded in is no news any more, and nobody's work; new returns get their subject.
void settle_subjects(Tx& tx, const std::vector<Going>& all) {
  std::vector<std::int64_t> subjects, up_to, returns;
  for (const auto& going : all) {
    if (!going.won) continue;
    bool source_marked = false;
    for (const auto& mark : going.step->marks) {
      const bool source = mark.subject == going.source;
      source_marked = source_marked || source;
      subjects.push_back(mark.subject);
      up_to.push_back(mark.up_to.value);
      returns.push_back(source ? going.id.value : 0);
    }
    if (source_marked) continue;
    subjects.push_back(going.source);
    up_to.push_back(-1);
    returns.push_back(going.id.value);
  }
  if (subjects.empty()) return;
  tx.run(
      "UPDATE subjects s SET news = CASE WHEN w.u < 0 THEN s.news WHEN s.last_news > w.u THEN w.u + 1 END, "
      "return_id = coalesce(nullif(w.r, 0), s.return_id), parked = CASE WHEN w.u < 0 THEN s.parked END, "
      "held_by = NULL, held_until = NULL FROM unnest($1, $2, $3) AS w (id, u, r) WHERE s.id = w.id",
      subjects, up_to, returns);
}

// An RMA's subject now belongs to the return; what was told about it before is news.
void link_rmas(Tx& tx, const Going& going, const Numbers& numbers) {
  const auto& step = *going.step;
  for (std::size_t i = 0; i < step.rmas.size(); ++i) {
    const auto& rma = step.rmas[i];
    tx.run(
        "INSERT INTO rmas (connection, return_id, generation, external_id, reference, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        numbers.at(rma.connection), going.id, rma.generation, rma.id, rma.reference, step.at);
    tx.run("UPDATE subjects SET return_id = $1, news = coalesce(parked, news), parked = NULL WHERE id = $2", going.id,
           going.rmas[i]);
    tx.news = true;
  }
}

Tx::Answer insert_job(Tx& tx, const Going& going, const NewJob& job, const Numbers& numbers) {
  const auto& effect = job.effect;
  const auto state = effect.shadow ? JobState::shadowed : job.lease ? JobState::running : JobState::available;
  const bool running = state == JobState::running;
  return tx.query(
      "INSERT INTO jobs (return_id, connection, effect_key, kind, state, priority, run_at, attempt, node, lease_until, "
      "work, rule, policy_version, causes, decision, created_at, ended_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, nullif($15, 0), $16, $17) "
      "ON CONFLICT (return_id, effect_key) DO NOTHING RETURNING id",
      going.id, numbers.at(effect.connection), effect.shadow ? "shadow/" + effect.key : effect.key,
      returns::to_string(effect.kind), to_string(state), static_cast<int>(effect.priority), effect.not_before,
      running ? 1 : 0, running ? std::optional(job.lease->node) : std::nullopt,
      running ? std::optional(job.lease->until) : std::nullopt, returns::encode(effect.work), effect.rule,
      effect.policy_version, causes_json(effect.causes), going.decision, going.step->at,
      effect.shadow ? std::optional(going.step->at) : std::nullopt);
}

// Not one whose earlier attempt may have happened: that is found out first.
Tx::Answer withdraw_job(Tx& tx, const Going& going, const std::string& key) {
  return tx.query(
      "UPDATE jobs SET state = 'cancelled', ended_at = $1 WHERE return_id = $2 AND effect_key = $3 "
      "AND state IN ('available', 'retryable') AND unknown_since IS NULL RETURNING id",
      going.step->at, going.id, key);
}

// A job that waits to find out whether a lost try took place is over: the vendor told that it did.
Tx::Answer end_told_job(Tx& tx, const Going& going, const std::string& key) {
  return tx.query(
      "UPDATE jobs SET state = 'completed', ended_at = $1, last_error = '' WHERE return_id = $2 AND effect_key = $3 "
      "AND state IN ('available', 'retryable') AND unknown_since IS NOT NULL RETURNING id",
      going.step->at, going.id, key);
}

// What stays keeps its `since`.
void replace_attention(Tx& tx, const Going& going, const Numbers& numbers) {
  std::vector<std::int64_t> connections;
  std::vector<std::string_view> kinds, whys, todos;
  for (const auto& item : going.step->attention) {
    connections.push_back(item.connection.empty() ? 0 : numbers.at(item.connection));
    kinds.push_back(item.kind);
    whys.push_back(item.why);
    todos.push_back(item.todo);
  }
  tx.run(
      "DELETE FROM attention a WHERE a.return_id = $1 AND (a.connection, a.kind) NOT IN (SELECT * FROM unnest($2, $3))",
      going.id, connections, kinds);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    tx.run(
        "INSERT INTO attention (return_id, connection, kind, why, todo, since) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (return_id, connection, kind) DO UPDATE SET why = excluded.why, todo = excluded.todo, times = 1",
        going.id, connections[i], kinds[i], whys[i], todos[i], going.step->at);
  }
}

Job born(const Going& going, const NewJob& job, JobId id) {
  const auto& effect = job.effect;
  return {.id = id,
          .return_id = going.id,
          .connection = effect.connection,
          .key = effect.key,
          .kind = effect.kind,
          .work = effect.work,
          .attempt = 1,
          .unknown_since = {},
          .created_at = going.step->at};
}

}  // namespace

async::Task<Stored<std::vector<StepDone>>> PostgresStore::commit_portion(Tx& tx, std::vector<Step> steps) {
  auto ids = connections_of(steps);
  auto numbering = connection_numbers(tx, ids);
  const auto found = co_await std::move(numbering);
  Numbers numbers;
  for (std::size_t i = 0; i < ids.size(); ++i) numbers[ids[i]] = found[i];

  std::vector<SubjectName> names;
  std::vector<std::int64_t> marked;
  for (const auto& step : steps) {
    names.push_back({numbers.at(step.source), step.source_id.value});
    for (const auto& rma : step.rmas) names.push_back({numbers.at(rma.connection), rma.id.value});
    for (const auto& mark : step.marks) marked.push_back(mark.subject);
  }
  auto locking = tx.lock(std::move(names), std::move(marked));
  const auto subjects = co_await locking;

  std::vector<Going> all;
  std::vector<Tx::Answer> saving;
  std::size_t next = 0;
  for (const auto& step : steps) {
    auto& going = all.emplace_back();
    going.step = &step;
    going.source = subjects[next++];
    for (std::size_t i = 0; i < step.rmas.size(); ++i) going.rmas.push_back(subjects[next++]);
    saving.push_back(save_return(tx, going));
  }
  std::vector<Entry> decisions;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& saved = saving[i];
    const auto rows = co_await saved;
    auto& going = all[i];
    going.won = !rows.empty();
    going.id = going.won ? rows[0].id<ReturnId>(0) : going.step->id;
    if (!going.won) tx.news = true;  // it is still there
    if (!going.won || going.step->decision.empty()) continue;
    decisions.push_back({.subject = going.source,
                         .kind = EventKind::decision,
                         .topic = "decision",
                         .news = false,
                         .body = going.step->decision,
                         .at = going.step->at});
  }
  auto deciding = tx.record(std::move(decisions));
  const auto decided = co_await deciding;
  std::size_t next_decision = 0;
  for (auto& going : all) {
    if (going.won && !going.step->decision.empty()) going.decision = decided[next_decision++].id;
  }

  settle_subjects(tx, all);
  for (auto& going : all) {
    if (!going.won) continue;
    link_rmas(tx, going, numbers);
    for (const auto& job : going.step->jobs) going.jobs.emplace_back(&job, insert_job(tx, going, job, numbers));
    for (const auto& key : going.step->withdraw) going.withdrawn.emplace_back(&key, withdraw_job(tx, going, key));
    for (const auto& key : going.step->told) going.told.emplace_back(&key, end_told_job(tx, going, key));
    replace_attention(tx, going, numbers);
  }

  std::vector<StepDone> done;
  std::vector<Entry> outcomes;
  std::deque<std::string> bodies;  // entries point into it
  for (const auto& going : all) {
    auto& one = done.emplace_back(StepDone{.conflict = !going.won, .id = going.id, .running = {}});
    for (const auto& [job, inserting] : going.jobs) {
      const auto rows = co_await inserting;
      tx.jobs = true;
      if (!rows.empty() && job->lease && !job->effect.shadow) {
        one.running.push_back(born(going, *job, rows[0].id<JobId>(0)));
      }
    }
    const auto ended = [&](std::string_view topic, std::string body) {
      outcomes.push_back({.subject = going.source,
                          .kind = EventKind::outcome,
                          .topic = topic,
                          .body = bodies.emplace_back(std::move(body)),
                          .at = going.step->at});
    };
    for (const auto& [key, withdrawing] : going.withdrawn) {
      const auto rows = co_await withdrawing;
      if (!rows.empty()) ended("withdrawn", withdrawn_json(*key));
    }
    for (const auto& [key, ending] : going.told) {
      const auto rows = co_await ending;
      if (!rows.empty()) ended("told", told_json(*key));
    }
  }
  auto recording = tx.record(std::move(outcomes));
  co_await recording;
  co_return done;
}

// In portions: each step is whole by itself, and the caller hears of each.
async::Task<Stored<std::vector<StepDone>>> PostgresStore::commit_steps(std::vector<Step> steps) {
  std::vector<Work<std::vector<StepDone>>> portions;
  const auto total = steps.size();
  for (std::size_t from = 0; from < steps.size(); from += steps_per_portion) {
    const auto to = std::min(steps.size(), from + steps_per_portion);
    auto portion = std::make_shared<const std::vector<Step>>(
        std::make_move_iterator(steps.begin() + static_cast<std::ptrdiff_t>(from)),
        std::make_move_iterator(steps.begin() + static_cast<std::ptrdiff_t>(to)));
    portions.emplace_back([this, portion](Tx& tx) { return commit_portion(tx, *portion); });
  }
  auto writing = work_->ask_all<std::vector<StepDone>>(std::move(portions));
  auto results = co_await std::move(writing);
  co_return join_portions(std::move(results), total);
}

}  // namespace backhaul::store::postgres
