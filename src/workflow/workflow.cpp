#include "workflow/workflow.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>

#include "returns/codec.hpp"
#include "returns/decide.hpp"
#include "returns/evolve.hpp"
#include "workflow/translate.hpp"

namespace backhaul::workflow {
namespace {

namespace json = boost::json;

// Returns per pass: enough to share a commit, few enough that calls and writes go on meanwhile. With 128 a burst was
// worked off at three quarters of the rate: engine and writer took turns.
constexpr int batch = 32;
// After the store failed; its callers have been told 503 meanwhile.
constexpr Millis store_pause{1'000};

returns::ReturnState initial_state(const store::News& news) {
  returns::ReturnState state;
  state.merchant = news.merchant;
  state.source = news.source;
  state.source_id = news.source_id;
  return state;
}

const connections::LiveConnection* find(const connections::Snapshot& snapshot, const ConnectionId& id) {
  const auto found = snapshot.by_id.find(id);
  return found == snapshot.by_id.end() ? nullptr : found->second.get();
}

// The entry that explains the decision (law 6): what was decided, by which rule, from which facts.
std::string decision_json(const returns::Plan& plan, const returns::ReturnState& state) {
  json::array effects;
  for (const auto& effect : plan.effects) {
    effects.push_back(json::object{{"effect", effect.key},
                                   {"rule", effect.rule},
                                   {"policy_version", effect.policy_version},
                                   {"shadow", effect.shadow}});
  }
  json::array withdrawn;
  for (const auto& key : plan.withdraw) withdrawn.emplace_back(key);
  json::array attention;
  for (const auto& item : plan.attention) attention.push_back(json::object{{"kind", item.kind}, {"why", item.why}});
  json::array causes;
  for (const auto id : {state.hint, state.read, state.last_event}) {
    if (id && (causes.empty() || causes.back() != json::value(id.value))) causes.emplace_back(id.value);
  }
  json::object entry{{"summary", plan.summary},
                     {"rule", plan.rule},
                     {"source_state", returns::to_string(state.view.state)},
                     {"causes", std::move(causes)}};
  if (!effects.empty()) entry["effects"] = std::move(effects);
  if (!withdrawn.empty()) entry["withdrawn"] = std::move(withdrawn);
  if (!attention.empty()) entry["attention"] = std::move(attention);
  return json::serialize(entry);
}

// A delivery that is stored and not looked at yet may be about this return: what moves money or ends it waits for the
// next pass.
void hold_back(returns::Plan& plan, Time now) {
  const auto held = std::erase_if(plan.effects, [](const returns::PlannedEffect& effect) {
    return effect.kind == returns::EffectKind::process || effect.kind == returns::EffectKind::close ||
           effect.kind == returns::EffectKind::cancel || effect.kind == returns::EffectKind::remove_lines;
  });
  if (held > 0) plan.wake_at = now;
}

bool has_acts(const returns::Plan& plan) {
  return std::ranges::any_of(plan.effects, [](const auto& e) { return returns::changes_the_world(e.kind); });
}

// Shadow effects are recorded as jobs and leave no trace in the state: going live plans them afresh.
returns::Plan without_shadows(const returns::Plan& plan) {
  auto kept = plan;
  std::erase_if(kept.effects, [](const auto& effect) { return effect.shadow; });
  return kept;
}

std::vector<store::NewRma> new_rmas(const returns::ReturnState& before, const returns::ReturnState& after) {
  std::vector<store::NewRma> made;
  for (const auto& destination : after.destinations) {
    const auto* known = returns::find_destination(before, destination.connection);
    if (destination.phase != returns::RmaPhase::made ||
        (known != nullptr && known->generation == destination.generation))
      continue;
    made.push_back({.connection = destination.connection,
                    .generation = destination.generation,
                    .id = destination.rma,
                    .reference = destination.reference});
  }
  return made;
}

}  // namespace

Workflow::Workflow(store::Store& store, connections::Connections& connections, JobStarter& starter, async::Loop& loop)
    : store_(store), connections_(connections), starter_(starter), loop_(loop) {}

void Workflow::poke() {
  poked_ = true;
  if (running_ || stopped_) return;
  running_ = true;
  async::spawn(run());
}

async::Task<void> Workflow::run() {
  while (poked_ && !stopped_) {
    poked_ = false;
    auto pass = run_once();
    const auto more = co_await std::move(pass);
    if (!more) {
      spdlog::error("workflow: the store failed, trying again: {}", more.error().message);
      auto pause = async::sleep(store_pause);
      co_await std::move(pause);
    }
    if (!more || *more) poked_ = true;
  }
  running_ = false;
}

async::Task<store::Stored<bool>> Workflow::run_once() {
  auto taking = store_.take_news(batch, loop_.now());
  auto news = co_await std::move(taking);
  if (!news) co_return fail(news.error());
  if (news->empty()) co_return false;

  const auto snapshot = connections_.snapshot();
  std::vector<store::Step> steps;
  std::vector<store::SubjectMark> parked;
  for (auto& one : *news) {
    counters_.events += one.events.size();
    std::optional<store::Step> next;
    std::string defect;
    try {
      next = step(*snapshot, one);
    } catch (const std::exception& error) {
      defect = error.what();
    }
    if (next) {
      steps.push_back(std::move(*next));
    } else if (defect.empty()) {
      std::move(one.marks.begin(), one.marks.end(), std::back_inserter(parked));
    } else {
      // A defect, or damage. Set aside, so that other returns need not wait for it; its events stay in the journal.
      auto setting = set_aside(one.id, one.source, std::move(one.marks), std::move(defect));
      if (auto done = co_await std::move(setting); !done) co_return fail(done.error());
    }
  }
  if (!parked.empty()) {
    auto parking = store_.park(std::move(parked));
    if (auto done = co_await std::move(parking); !done) co_return fail(done.error());
  }
  if (steps.empty()) co_return true;
  auto committing = commit(std::move(steps));
  if (auto done = co_await std::move(committing); !done) co_return fail(done.error());
  co_return true;
}

async::Task<store::Stored<void>> Workflow::commit(std::vector<store::Step> steps) {
  for (auto& one : steps) reserve_slots(one);
  auto committing = store_.commit_steps(steps);
  auto done = co_await std::move(committing);
  if (done) {
    for (std::size_t i = 0; i < steps.size(); ++i) settle(steps[i], std::move((*done)[i]));
    co_return store::Stored<void>{};
  }
  for (const auto& one : steps) settle(one, {.conflict = true, .id = {}, .running = {}});
  if (done.error().kind != store::Error::Kind::invalid) co_return fail(done.error());
  if (steps.size() == 1) {
    auto& one = steps.front();
    auto setting = set_aside(one.id, one.source, std::move(one.marks), done.error().message);
    co_return co_await std::move(setting);
  }
  for (auto& one : steps) {
    for (auto& job : one.jobs) job.lease.reset();
    std::vector<store::Step> alone;
    alone.push_back(std::move(one));
    auto again = commit(std::move(alone));
    if (auto ended = co_await std::move(again); !ended) co_return fail(ended.error());
  }
  co_return store::Stored<void>{};
}

async::Task<store::Stored<void>> Workflow::set_aside(ReturnId id, ConnectionId source,
                                                     std::vector<store::SubjectMark> marks, std::string why) {
  spdlog::critical("workflow: {} is set aside: {}", id ? id.str() : "a new return of " + source.str(), why);
  if (id) {
    marks.push_back({.subject = 0, .up_to = {}, .damaged = id, .why = std::move(why)});
  } else {
    returns::AttentionItem item{.kind = "return_set_aside",
                                .why = std::move(why),
                                .todo = "its events are kept in the journal; report it with the log",
                                .connection = source};
    auto raising = store_.raise_attention(source, std::move(item), loop_.now());
    if (auto raised = co_await std::move(raising); !raised) co_return fail(raised.error());
  }
  auto parking = store_.park(std::move(marks));
  co_return co_await std::move(parking);
}

// Nothing when the news belongs to no return of ours: it is parked until it does.
std::optional<store::Step> Workflow::step(const connections::Snapshot& snapshot, store::News& news) {
  const auto* source = find(snapshot, news.source);
  if (!news.id && (source == nullptr || source->source == nullptr)) return std::nullopt;

  auto state = initial_state(news);
  if (!news.state.empty()) {
    auto stored = returns::decode_state(news.state);
    if (!stored) throw std::runtime_error(news.id.str() + ": " + stored.error().message);
    state = std::move(*stored);
  }
  state.id = news.id;
  const auto before = state;
  for (const auto& entry : news.events) {
    auto translated = translate(entry, find(snapshot, entry.connection), loop_.now());
    if (!translated.trouble.empty())
      spdlog::warn("{} of {}: {}", entry.id.str(), entry.connection.str(), translated.trouble);
    for (const auto& event : translated.events) state = returns::evolve(std::move(state), event);
  }

  auto plan = returns::decide(state, snapshot.policies_of(news.merchant), loop_.now());
  if (news.behind) hold_back(plan, loop_.now());
  state = returns::with_plan(std::move(state), without_shadows(plan));

  store::Step next;
  next.id = news.id;
  next.version = news.version;
  next.merchant = news.merchant;
  next.source = news.source;
  next.source_id = news.source_id;
  next.order_name = state.view.order_name;
  next.source_state = returns::to_string(state.view.state);
  next.stage = plan.summary;
  next.marks = std::move(news.marks);
  for (const auto& effect : plan.effects) next.jobs.push_back({.effect = effect, .lease = std::nullopt});
  next.withdraw = plan.withdraw;
  next.told = plan.told;
  next.rmas = new_rmas(before, state);
  next.attention = plan.attention;
  next.wake_at = plan.wake_at;
  next.at = loop_.now();
  if (has_acts(plan) || !plan.withdraw.empty() || plan.summary != news.stage)
    next.decision = decision_json(plan, state);
  next.state = returns::encode(state);
  return next;
}

void Workflow::reserve_slots(store::Step& step) {
  for (auto& job : step.jobs) {
    if (job.effect.shadow || job.effect.not_before > loop_.now()) continue;
    job.lease = starter_.reserve(job.effect.connection);
  }
}

void Workflow::settle(const store::Step& step, store::StepDone done) {
  ++counters_.steps;
  if (done.conflict) ++counters_.conflicts;
  for (const auto& job : step.jobs) {
    if (!job.lease) continue;
    const auto born = std::ranges::find(done.running, job.effect.key, &store::Job::key);
    if (born == done.running.end()) {
      starter_.release(job.effect.connection);
    } else {
      starter_.start(std::move(*born));
    }
  }
  if (step.wake_at && !done.conflict) alarm_.set(*step.wake_at);
}

}  // namespace backhaul::workflow
