#include "hub_store.hpp"

#include <boost/json.hpp>
#include <set>

#include "returns/codec.hpp"

namespace backhaul::sim {
namespace {

const std::set<std::string_view> writes{"append",      "commit_steps",    "park",       "claim_jobs",     "finish",
                                        "renew_lease", "raise_attention", "set_cursor", "clear_attention"};

// The key of the effect that took place; empty when none did.
std::string done_effect(const std::string& outcome) {
  if (outcome.empty()) return {};
  const auto parsed = boost::json::parse(outcome).as_object();
  const auto* status = parsed.if_contains("status");
  if (status != nullptr && status->as_string() != "done") return {};
  const auto* effect = parsed.if_contains("effect");
  return effect == nullptr ? "" : std::string(effect->as_string());
}

}  // namespace

HubStore::HubStore(std::unique_ptr<store::Store> inner, Stage& stage, HubLoop& loop, Recorded recorded)
    : FaultyStore(std::move(inner)), stage_(stage), loop_(loop), recorded_(std::move(recorded)) {
  fate = [this](std::string_view call) { return fate_of_call(call); };
}

bool HubStore::strikes(Fault fault, std::uint64_t key) {
  if (!stage_.faults.strikes(fault, key)) return false;
  stage_.cover_all(to_string(fault));
  return true;
}

HubStore::Fate HubStore::fate_of_call(std::string_view call) {
  const auto found = numbers_.find(call);
  auto& number = found == numbers_.end() ? numbers_.emplace(std::string(call), 0).first->second : found->second;
  // True time belongs to the key, so that what happens to one life's calls says nothing about the next one's.
  const auto key = key_of(call, ++number, stage_.clock.now().ms);
  if (call == "commit_steps_conflict") return strikes(Fault::store_conflict, key) ? Fate::conflict : Fate::pass;
  if (stage_.clock.now() < down_until_ && !stage_.faults.stopped()) return Fate::fail;
  if (strikes(Fault::store_fails, key)) {
    stage_.trace.say("store", "{} fails", call);
    return Fate::fail;
  }
  if (!writes.contains(call)) return Fate::pass;
  if (call == "commit_steps" && strikes(Fault::store_refuses, key)) {
    stage_.trace.say("store", "{} is refused", call);
    return Fate::refuse;
  }
  if (strikes(Fault::killed_before_write, key)) {
    stage_.kill("before " + std::string(call));
    return Fate::die_before;
  }
  if (strikes(Fault::killed_after_write, key)) {
    stage_.kill("after " + std::string(call));
    return Fate::die_after;
  }
  return Fate::pass;
}

// --- deliveries that share a flush

HubStore::Answer<std::vector<store::Appended>> HubStore::append(std::vector<store::NewEvent> events) {
  const bool delivery = !events.empty() && events.front().kind == store::EventKind::delivery;
  if (delivery && stage_.mutation == Mutation::acknowledge_before_commit) return append_too_late(std::move(events));
  if (delivery && gathering_) return wait_for_flush(std::move(events));
  return FaultyStore::append(std::move(events));
}

HubStore::Answer<std::vector<store::Appended>> HubStore::wait_for_flush(std::vector<store::NewEvent> events) {
  for (auto& event : events) gathered_.push_back(std::move(event));
  using Answered = store::Stored<std::vector<store::Appended>>;
  auto start = std::function<void(Appending)>{[this](Appending answer) { waiting_.push_back(std::move(answer)); }};
  auto waiting = async::wait_for<Answered>(std::move(start));
  co_return co_await std::move(waiting);
}

void HubStore::flush() {
  gathering_ = false;
  if (waiting_.empty()) return;
  stage_.trace.say("store", "{} deliveries share a flush", waiting_.size());
  loop_.start(flush_all(std::exchange(gathered_, {}), std::exchange(waiting_, {})));
}

async::Task<void> HubStore::flush_all(std::vector<store::NewEvent> events, std::vector<Appending> waiting) {
  auto appending = FaultyStore::append(std::move(events));
  const auto done = co_await std::move(appending);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (done)
      waiting[i](std::vector<store::Appended>{(*done)[i]});
    else
      waiting[i](fail(done.error()));
  }
}

// --- the mutations

HubStore::Answer<std::vector<store::Appended>> HubStore::append_too_late(std::vector<store::NewEvent> events) {
  std::vector<store::Appended> early(events.size());
  loop_.post_after(Millis{100}, [this, events = std::move(events)]() mutable {
    loop_.start([](HubStore& self, std::vector<store::NewEvent> late) -> async::Task<void> {
      auto appending = self.FaultyStore::append(std::move(late));
      (void)co_await std::move(appending);
    }(*this, std::move(events)));
  });
  co_return early;
}

HubStore::Answer<std::vector<store::News>> HubStore::take_news(int limit, Time now) {
  auto taking = FaultyStore::take_news(limit, now);
  auto news = co_await std::move(taking);
  if (!news || stage_.mutation != Mutation::flag_again) co_return news;
  for (auto& one : *news) {
    auto state = returns::decode_state(one.state);
    if (!state) continue;
    for (auto& record : state->ledger) {
      const bool asks = record.kind == returns::EffectKind::flag || record.kind == returns::EffectKind::note;
      const bool forgotten = record.key.ends_with("/forgotten");
      // Still counted, so that the next one gets another key, and not found any more.
      if (asks && !forgotten && record.status == returns::EffectStatus::done) record.key += "/forgotten";
    }
    one.state = returns::encode(*state);
  }
  co_return news;
}

HubStore::Answer<std::vector<store::StepDone>> HubStore::commit_steps(std::vector<store::Step> steps) {
  for (auto& step : steps) {
    if (stage_.mutation == Mutation::hide_trouble) step.attention.clear();
    for (auto& job : step.jobs) {
      if (stage_.mutation == Mutation::no_reason_given) job.effect.rule.clear();
    }
  }
  return FaultyStore::commit_steps(std::move(steps));
}

HubStore::Answer<std::vector<store::Job>> HubStore::claim_jobs(ConnectionId id, int limit, store::Lease lease,
                                                               Time now) {
  auto claiming = FaultyStore::claim_jobs(std::move(id), limit, std::move(lease), now);
  auto jobs = co_await std::move(claiming);
  if (jobs && stage_.mutation == Mutation::forget_unknown) {
    for (auto& job : *jobs) job.unknown_since = {};
  }
  co_return jobs;
}

HubStore::Answer<void> HubStore::finish(store::Finish end) {
  if (stage_.mutation == Mutation::drop_an_outcome && end.job.value % 10 == 3) end.outcome.clear();
  if (stage_.mutation == Mutation::never_give_up && end.next == store::JobState::retryable) {
    end.spends_attempt = false;
    end.run_at = loop_.now();
  }
  const auto job = end.job;
  const auto effect = done_effect(end.outcome);
  auto finishing = FaultyStore::finish(std::move(end));
  auto done = co_await std::move(finishing);
  const bool counts = effect.starts_with("flag/") || effect.starts_with("note/") || effect.starts_with("process/");
  if (done && counts) recorded_(job, effect);
  co_return done;
}

}  // namespace backhaul::sim
