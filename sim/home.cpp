#include "home.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "returns/codec.hpp"

namespace backhaul::sim {
namespace {

using returns::SourceState;

// The kinds of items on the attention list, by return.
using Lists = std::map<ReturnId, std::set<std::string>>;

// One return, from both sides.
class Case {
 public:
  // `set_aside`: how many more returns the hub may not know.
  Case(Hub& hub, Merchant& merchant, const Platform::Return& about, const Lists& lists, std::int64_t& set_aside,
       Time now)
      : hub_(hub), merchant_(merchant), about_(about), lists_(lists), set_aside_(set_aside), now_(now) {}

  std::optional<Astray> judge() {
    test::BlockingLoop blocking;
    auto finding = hub_.inner().find_return(about_.id);
    auto row = blocking.wait(std::move(finding));
    if (!row) {
      if (set_aside_-- > 0) return std::nullopt;
      return Astray{5, fmt::format("{} is not known to the hub", about_.id)};
    }
    auto state = returns::decode_state(row->body);
    if (!state) return Astray{5, fmt::format("{} cannot be read: {}", about_.id, state.error().message)};
    state_ = std::move(*state);
    stage_ = row->stage;
    if (const auto found = lists_.find(row->id); found != lists_.end()) listed_ = found->second;
    if (listed_.contains("return_set_aside")) return std::nullopt;
    if (auto wrong = picture()) return wrong;
    return work();
  }

 private:
  Astray stray(int law, std::string_view why) {
    std::string kinds;
    for (const auto& kind : listed_) kinds += " " + kind;
    return {law, fmt::format("{} ({} at {}): {} [hub: {}; list:{}]", about_.id, about_.view.raw_state,
                             merchant_.platform->name(), why, stage_, kinds.empty() ? " nothing" : kinds)};
  }
  bool listed(std::initializer_list<const char*> kinds) const {
    return std::ranges::any_of(kinds, [&](const char* kind) { return listed_.contains(kind); });
  }

  // Law 5: the hub's picture is the truth.
  std::optional<Astray> picture() {
    const auto& truth = about_.view;
    if (state_.view.state != truth.state || state_.view.flagged != truth.flagged)
      return stray(5, fmt::format("the hub takes it for {}", returns::to_string(state_.view.state)));
    if (state_.view.labels.size() != truth.labels.size() && truth.state == SourceState::open)
      return stray(5, "the hub does not know its label");
    for (const auto& warehouse : merchant_.warehouses) {
      for (const auto* rma : warehouse->of(about_.id)) {
        const auto* known = returns::find_destination(state_, warehouse->connection());
        const bool linked = known != nullptr && known->rma.value == rma->id;
        if (!linked) return stray(5, fmt::format("the hub does not know its RMA {}", rma->id));
        const bool over = truth.state == SourceState::closed || truth.state == SourceState::cancelled;
        if (!over && (!known->has_receipt || facts_of(known->receipt) != facts_of(rma->receipt)))
          return stray(5,
                       fmt::format("the hub takes {} for \"{}\", and it is \"{}\"", rma->id,
                                   known->has_receipt ? facts_of(known->receipt) : "unread", facts_of(rma->receipt)));
      }
    }
    return std::nullopt;
  }

  // What should be, and is not.
  std::optional<Astray> work() {
    switch (about_.view.state) {
      case SourceState::open:
      case SourceState::review:
        return active();
      case SourceState::cancelled:
        return cancelled();
      case SourceState::expired:
        return expired();
      default:
        return std::nullopt;
    }
  }

  std::optional<Astray> active() {
    bool all_process = true;
    bool any = false;
    for (const auto& warehouse : merchant_.warehouses) {
      const auto& places = warehouse->policy.places;
      if (!places.empty() && !places.contains(about_.view.destination_id)) continue;
      const auto rmas = warehouse->of(about_.id);
      if (rmas.empty()) {
        const bool waits =
            about_.view.labels.empty() && now_ < about_.view.created_at + warehouse->policy.wait_for_label;
        if (!waits && !listed({"rma_not_made"})) return stray(10, fmt::format("no RMA at {}", warehouse->name()));
        if (!listed({"rma_not_made"})) all_process = false;
        continue;
      }
      any = true;
      const auto& rma = *rmas.front();
      const auto want = warehouse->want(rma);
      if (want != Want::process) all_process = false;
      if (auto wrong = tracking(*warehouse, rma)) return wrong;
      if (want == Want::unknown_status && !listed({"unknown_status", "process_unconfirmed"}))
        return stray(10, "a status that nobody knows, and nobody was told");
      if (want == Want::flag && !asked_since(rma) && !listed({"effect_refused", "process_unconfirmed"}))
        return stray(10, fmt::format("{} asks for a person, and nobody was asked", rma.id));
    }
    if (!any || !all_process) return std::nullopt;
    // Everything is there, and no money moved: only with a person's knowledge.
    const bool told = about_.view.state == SourceState::review
                          ? listed({"ready_but_in_review", "process_failed", "process_refused", "process_abandoned",
                                    "process_unanswered", "process_unconfirmed"})
                          : listed({"process_failed", "process_refused", "process_abandoned", "process_unanswered",
                                    "process_unconfirmed"});
    if (!told) return stray(10, "all is received, it is not processed, and nobody was told");
    return std::nullopt;
  }

  std::optional<Astray> tracking(const Warehouse& warehouse, const Warehouse::Rma& rma) {
    if (about_.view.labels.empty() || !warehouse.can.attach_tracking || !rma.tracking_number.empty())
      return std::nullopt;
    if (listed({"effect_refused"})) return std::nullopt;
    return stray(10, fmt::format("{} was not told the tracking number", rma.id));
  }

  // Whether the hub raised a flag or wrote a note after these facts were shown to it first.
  bool asked_since(const Warehouse::Rma& rma) const {
    const auto shown = rma.shown.find(facts_of(rma.receipt));
    if (shown == rma.shown.end()) return false;
    const auto after = [&](const Platform::Raised& one) { return one.at >= shown->second; };
    return std::ranges::any_of(about_.flags.all, after) || std::ranges::any_of(about_.notes.all, after);
  }

  std::optional<Astray> cancelled() {
    for (const auto& warehouse : merchant_.warehouses) {
      for (const auto* rma : warehouse->of(about_.id)) {
        const bool touched = warehouse->want(*rma) != Want::wait;
        if (rma->cancelled || listed({"cancelled_with_rma", "goods_for_cancelled", "effect_refused"})) continue;
        if (!warehouse->can.cancel && touched) continue;  // closed there by hand
        return stray(10, fmt::format("cancelled, and {} still waits for it", rma->id));
      }
    }
    return std::nullopt;
  }

  std::optional<Astray> expired() {
    for (const auto& warehouse : merchant_.warehouses) {
      for (const auto* rma : warehouse->of(about_.id)) {
        const bool alone = merchant_.warehouses.size() == 1;
        if (alone && warehouse->want(*rma) == Want::process &&
            !listed({"cannot_process", "process_failed", "process_refused", "process_abandoned", "process_unanswered",
                     "process_unconfirmed"}))
          return stray(10, "the goods came for an expired return, and nobody was told");
      }
    }
    return std::nullopt;
  }

  Hub& hub_;
  Merchant& merchant_;
  const Platform::Return& about_;
  const Lists& lists_;
  std::int64_t& set_aside_;
  Time now_;
  returns::ReturnState state_;
  std::string stage_;
  std::set<std::string> listed_;
};

bool has_canary(std::string_view text) {
  return text.find("canary") != std::string_view::npos;
}

void check_jobs(Stage& stage, Hub& hub, const Platform::Return& about) {
  test::BlockingLoop blocking;
  auto finding = hub.inner().find_return(about.id);
  const auto row = blocking.wait(std::move(finding));
  if (!row) return;  // judged elsewhere
  std::set<std::int64_t> events;
  for (const auto& event : hub.ask(hub.inner().events_of_return(row->id, false))) events.insert(event.id.value);
  std::set<std::string> kinds;
  for (const auto& job : hub.ask(hub.inner().jobs_of_return(row->id))) {
    kinds.insert(job.kind);
    const auto causes = boost::json::parse(job.causes).as_array();
    if (causes.empty()) stage.broken(6, fmt::format("{} of {} names no cause", job.key, about.id));
    for (const auto& cause : causes) {
      if (!events.contains(cause.to_number<std::int64_t>()))
        stage.broken(6, fmt::format("{} of {} names a cause that is not its event", job.key, about.id));
    }
    const bool read = job.kind.starts_with("read_");
    if (!read && (job.rule.empty() || job.policy_version < 1))
      stage.broken(6, fmt::format("{} of {} names no rule of a policy", job.key, about.id));
    for (const auto& attempt : job.attempts) {
      if (has_canary(attempt.message)) stage.broken(8, fmt::format("an attempt of {} holds what is secret", about.id));
    }
    if (has_canary(job.last_error)) stage.broken(8, fmt::format("an error of {} holds what is secret", about.id));
  }
  const auto had = [&](bool happened, const char* kind) {
    if (happened && !kinds.contains(kind)) stage.broken(6, fmt::format("no job explains the {} of {}", kind, about.id));
  };
  had(!about.accepted.empty(), "process");
  had(!about.flags.all.empty(), "flag");
  had(!about.notes.all.empty(), "note");
}

}  // namespace

std::vector<Astray> astray(Hub& hub, std::vector<Merchant>& merchants, Time now) {
  std::vector<Astray> all;
  Lists lists;
  // New returns that the database refused are on the list of their connection: there is no return to hang them on.
  std::map<ConnectionId, std::int64_t> set_aside;
  for (const auto& item : hub.ask(hub.inner().attention(1'000))) {
    lists[item.return_id].insert(item.kind);
    if (!item.return_id && item.kind == "return_set_aside") set_aside[item.connection] += item.times;
  }
  for (auto& merchant : merchants) {
    auto& unknown = set_aside[merchant.platform->connection()];
    for (const auto& about : merchant.platform->returns) {
      if (auto one = Case(hub, merchant, about, lists, unknown, now).judge()) all.push_back(std::move(*one));
    }
  }
  const auto depths = hub.ask(hub.inner().depths());
  if (all.empty() && depths.news + depths.jobs_waiting + depths.jobs_running > 0)
    all.push_back({5, fmt::format("{} returns have news, {} jobs wait, {} run", depths.news, depths.jobs_waiting,
                                  depths.jobs_running)});
  return all;
}

void check_records(Stage& stage, Hub& hub, std::vector<Merchant>& merchants) {
  for (const auto& merchant : merchants) {
    for (const auto& about : merchant.platform->returns) check_jobs(stage, hub, about);
  }
  for (const auto& item : hub.ask(hub.inner().attention(1'000))) {
    if (has_canary(item.why) || has_canary(item.todo))
      stage.broken(8, fmt::format("{} shows what is secret", item.kind));
    if (item.why.empty() || item.todo.empty()) stage.broken(10, fmt::format("{} does not say what to do", item.kind));
  }
}

}  // namespace backhaul::sim
