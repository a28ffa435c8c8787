// Committing what the workflow decided.

#include <algorithm>
#include <deque>
#include <set>

#include "store/postgres/step_rows.hpp"
#include "store/postgres/store_impl.hpp"

namespace backhaul::store::postgres {
namespace {

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

// The jobs that this node runs from their birth on.
std::vector<Job> running_from_birth(const Going& going, const Rows& inserted) {
  std::vector<Job> jobs;
  for (const auto& job : going.step->jobs) {
    if (state_at_birth(job) != JobState::running) continue;
    for (const auto row : inserted) {
      if (row.id<ReturnId>(1) != going.id || row.text(2) != job.effect.key) continue;
      jobs.push_back(born(job, row.id<JobId>(0), going.id, going.step->at));
    }
  }
  return jobs;
}

async::Task<Rows> rows_of(std::optional<Tx::Answer> asked) {
  if (!asked) co_return Rows{};
  co_return co_await *asked;
}

// Finds out whose steps came first.
async::Task<void> save_returns(Tx& tx, All& all) {
  auto updating = rows_of(update_returns(tx, all));
  auto inserting = rows_of(insert_returns(tx, all));
  const auto known = co_await std::move(updating);
  const auto made = co_await std::move(inserting);
  std::set<std::int64_t> updated;
  for (const auto row : known) updated.insert(row.number(0));
  std::unordered_map<std::int64_t, std::int64_t> by_subject;
  for (const auto row : made) by_subject.emplace(row.number(1), row.number(0));
  for (auto& going : all) {
    const auto found = by_subject.find(going.source);
    going.id = going.step->id;
    if (going.id) {
      going.won = going.first && updated.contains(going.id.value);
    } else if (going.first && found != by_subject.end()) {
      going.won = true;
      going.id = ReturnId{found->second};
    }
    if (!going.won) tx.news = true;  // it is still there
  }
}

async::Task<void> record_decisions(Tx& tx, All& all) {
  std::vector<Entry> entries;
  std::vector<Going*> deciding;
  for (auto& going : all) {
    if (!going.won || going.step->decision.empty()) continue;
    deciding.push_back(&going);
    entries.push_back({.subject = going.source,
                       .kind = EventKind::decision,
                       .topic = "decision",
                       .news = false,
                       .body = going.step->decision,
                       .at = going.step->at});
  }
  auto recording = tx.record(std::move(entries));
  const auto recorded = co_await recording;
  for (std::size_t i = 0; i < deciding.size(); ++i) deciding[i]->decision = recorded[i].id;
}

// What became of jobs that are not wanted any more, or are known to be done.
async::Task<void> record_endings(Tx& tx, All& all) {
  std::vector<Entry> entries;
  std::deque<std::string> bodies;  // entries point into it
  const auto ended = [&](const Going& going, std::string_view topic, std::string body) {
    entries.push_back({.subject = going.source,
                       .kind = EventKind::outcome,
                       .topic = topic,
                       .body = bodies.emplace_back(std::move(body)),
                       .at = going.step->at});
  };
  for (const auto& going : all) {
    for (const auto& [key, withdrawing] : going.withdrawn) {
      const auto rows = co_await withdrawing;
      if (!rows.empty()) ended(going, "withdrawn", withdrawn_json(*key));
    }
    for (const auto& [key, ending] : going.told) {
      const auto rows = co_await ending;
      if (!rows.empty()) ended(going, "told", told_json(*key));
    }
  }
  auto recording = tx.record(std::move(entries));
  co_await recording;
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

  All all;
  std::set<std::int64_t> sources;
  std::size_t next = 0;
  for (const auto& step : steps) {
    auto& going = all.emplace_back();
    going.step = &step;
    going.source = subjects[next++];
    going.first = sources.insert(going.source).second;
    for (std::size_t i = 0; i < step.rmas.size(); ++i) going.rmas.push_back(subjects[next++]);
  }
  auto saving = save_returns(tx, all);
  co_await std::move(saving);
  auto deciding = record_decisions(tx, all);
  co_await std::move(deciding);

  settle_subjects(tx, all);
  link_rmas(tx, all, numbers);
  auto planning = rows_of(insert_jobs(tx, all, numbers));
  for (auto& going : all) {
    if (!going.won) continue;
    for (const auto& key : going.step->withdraw) going.withdrawn.emplace_back(&key, withdraw_job(tx, going, key));
    for (const auto& key : going.step->told) going.told.emplace_back(&key, end_told_job(tx, going, key));
  }
  replace_attention(tx, all, numbers);

  const auto planned = co_await std::move(planning);
  if (!planned.empty()) tx.jobs = true;
  std::vector<StepDone> done;
  for (const auto& going : all) {
    done.push_back({.conflict = !going.won,
                    .id = going.id,
                    .running = going.won ? running_from_birth(going, planned) : std::vector<Job>()});
  }
  auto ending = record_endings(tx, all);
  co_await std::move(ending);
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
