#include "store/postgres/step_rows.hpp"

#include <map>

#include "returns/codec.hpp"
#include "store/words.hpp"

namespace backhaul::store::postgres {
namespace {

struct ReturnColumns {
  std::vector<std::int64_t> ids, versions, subjects, wakes, times;
  std::vector<std::string_view> merchants, bodies, states, stages, orders;
};

// Of the first steps about each return: those that are known, or those that are new.
ReturnColumns columns_of(const All& all, bool known) {
  ReturnColumns columns;
  for (const auto& going : all) {
    const auto& step = *going.step;
    if (!going.first || static_cast<bool>(step.id) != known) continue;
    columns.ids.push_back(step.id.value);
    columns.versions.push_back(step.version);
    columns.subjects.push_back(going.source);
    columns.merchants.push_back(step.merchant.value);
    columns.bodies.push_back(step.state);
    columns.states.push_back(step.source_state);
    columns.stages.push_back(step.stage);
    columns.orders.push_back(step.order_name);
    columns.wakes.push_back(step.wake_at.value_or(Time{}).ms);
    columns.times.push_back(step.at.ms);
  }
  return columns;
}

}  // namespace

std::optional<Tx::Answer> update_returns(Tx& tx, const All& all) {
  const auto w = columns_of(all, true);
  if (w.ids.empty()) return std::nullopt;
  return tx.query(
      "UPDATE returns r SET body = w.body, state = w.state, stage = w.stage, order_name = w.order_name, "
      "wake_at = nullif(w.wake, 0), updated_at = w.at, version = r.version + 1 "
      "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS w (id, version, body, state, stage, order_name, wake, at) "
      "WHERE r.id = w.id AND r.version = w.version RETURNING r.id",
      w.ids, w.versions, w.bodies, w.states, w.stages, w.orders, w.wakes, w.times);
}

std::optional<Tx::Answer> insert_returns(Tx& tx, const All& all) {
  const auto w = columns_of(all, false);
  if (w.ids.empty()) return std::nullopt;
  return tx.query(
      "INSERT INTO returns (merchant, subject, order_name, state, stage, version, body, wake_at, created_at, "
      "updated_at) "
      "SELECT merchant, subject, order_name, state, stage, 1, body, nullif(wake, 0), at, at "
      "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS w (merchant, subject, order_name, state, stage, body, wake, at) "
      "ON CONFLICT (subject) DO NOTHING RETURNING id, subject",
      w.merchants, w.subjects, w.orders, w.states, w.stages, w.bodies, w.wakes, w.times);
}

void settle_subjects(Tx& tx, const All& all) {
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

void link_rmas(Tx& tx, const All& all, const Numbers& numbers) {
  std::vector<std::int64_t> connections, returns, generations, subjects, times;
  std::vector<std::string_view> ids, references;
  for (const auto& going : all) {
    if (!going.won) continue;
    for (std::size_t i = 0; i < going.step->rmas.size(); ++i) {
      const auto& rma = going.step->rmas[i];
      connections.push_back(numbers.at(rma.connection));
      returns.push_back(going.id.value);
      generations.push_back(rma.generation);
      ids.push_back(rma.id.value);
      references.push_back(rma.reference);
      times.push_back(going.step->at.ms);
      subjects.push_back(going.rmas[i]);
    }
  }
  if (subjects.empty()) return;
  tx.run(
      "INSERT INTO rmas (connection, return_id, generation, external_id, reference, made_at) "
      "SELECT * FROM unnest($1, $2, $3, $4, $5, $6)",
      connections, returns, generations, ids, references, times);
  tx.run(
      "UPDATE subjects s SET return_id = w.r, news = coalesce(s.parked, s.news), parked = NULL "
      "FROM unnest($1, $2) AS w (id, r) WHERE s.id = w.id",
      subjects, returns);
  tx.news = true;
}

std::optional<Tx::Answer> insert_jobs(Tx& tx, const All& all, const Numbers& numbers) {
  std::vector<std::int64_t> returns, connections, priorities, run_at, leases, versions, decisions, times;
  std::vector<std::string> keys, works, causes;
  std::vector<std::string_view> kinds, states, nodes, rules;
  for (const auto& going : all) {
    if (!going.won) continue;
    for (const auto& job : going.step->jobs) {
      const auto& [effect, lease] = job;
      const auto state = state_at_birth(job);
      const bool running = state == JobState::running;
      returns.push_back(going.id.value);
      connections.push_back(numbers.at(effect.connection));
      keys.emplace_back(effect.shadow ? "shadow/" : "") += effect.key;
      kinds.push_back(returns::to_string(effect.kind));
      states.push_back(to_string(state));
      priorities.push_back(static_cast<int>(effect.priority));
      run_at.push_back(effect.not_before.ms);
      nodes.push_back(running ? std::string_view(lease->node) : std::string_view());
      leases.push_back(running ? lease->until.ms : 0);
      works.push_back(returns::encode(effect.work));
      rules.push_back(effect.rule);
      versions.push_back(effect.policy_version);
      causes.push_back(causes_json(effect.causes));
      decisions.push_back(going.decision.value);
      times.push_back(going.step->at.ms);
    }
  }
  if (returns.empty()) return std::nullopt;
  return tx.query(
      "INSERT INTO jobs (return_id, connection, effect_key, kind, state, priority, run_at, attempt, node, lease_until, "
      "work, rule, policy_version, causes, decision, created_at, ended_at) "
      "SELECT r, c, key, kind, state, priority, run_at, CASE state WHEN 'running' THEN 1 ELSE 0 END, nullif(node, ''), "
      "nullif(lease, 0), work, rule, version, causes, nullif(decision, 0), at, CASE state WHEN 'shadowed' THEN at END "
      "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) AS w (r, c, key, kind, state, "
      "priority, run_at, node, lease, work, rule, version, causes, decision, at) "
      "ON CONFLICT (return_id, effect_key) DO NOTHING RETURNING id, return_id, effect_key",
      returns, connections, keys, kinds, states, priorities, run_at, nodes, leases, works, rules, versions, causes,
      decisions, times);
}

Tx::Answer withdraw_job(Tx& tx, const Going& going, const std::string& key) {
  return tx.query(
      "UPDATE jobs SET state = 'cancelled', ended_at = $1 WHERE return_id = $2 AND effect_key = $3 "
      "AND state IN ('available', 'retryable') AND unknown_since IS NULL RETURNING id",
      going.step->at, going.id, key);
}

Tx::Answer end_told_job(Tx& tx, const Going& going, const std::string& key) {
  return tx.query(
      "UPDATE jobs SET state = 'completed', ended_at = $1, last_error = '' WHERE return_id = $2 AND effect_key = $3 "
      "AND state IN ('available', 'retryable') AND unknown_since IS NOT NULL RETURNING id",
      going.step->at, going.id, key);
}

void replace_attention(Tx& tx, const All& all, const Numbers& numbers) {
  std::vector<std::int64_t> stepped, returns, connections, times;
  std::vector<std::string_view> kinds, whys, todos;
  for (const auto& going : all) {
    if (!going.won) continue;
    stepped.push_back(going.id.value);
    // The last one of its kind counts; one statement cannot write a row twice.
    std::map<std::pair<std::int64_t, std::string_view>, const returns::AttentionItem*> items;
    for (const auto& item : going.step->attention) {
      items[{item.connection.empty() ? 0 : numbers.at(item.connection), item.kind}] = &item;
    }
    for (const auto& [key, item] : items) {
      returns.push_back(going.id.value);
      connections.push_back(key.first);
      kinds.push_back(item->kind);
      whys.push_back(item->why);
      todos.push_back(item->todo);
      times.push_back(going.step->at.ms);
    }
  }
  if (stepped.empty()) return;
  tx.run(
      "DELETE FROM attention WHERE return_id = ANY ($1) AND (return_id, connection, kind) NOT IN (SELECT * FROM "
      "unnest($2, $3, $4))",
      stepped, returns, connections, kinds);
  if (returns.empty()) return;
  tx.run(
      "INSERT INTO attention (return_id, connection, kind, why, todo, since) SELECT * FROM unnest($1, $2, $3, $4, $5, "
      "$6) "
      "ON CONFLICT (return_id, connection, kind) DO UPDATE SET why = excluded.why, todo = excluded.todo, times = 1",
      returns, connections, kinds, whys, todos, times);
}

}  // namespace backhaul::store::postgres
