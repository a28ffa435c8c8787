#include "platform.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "returns/codec.hpp"

namespace backhaul::sim {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using connectors::Failure;
using connectors::Outcome;
using returns::EffectKind;
using returns::SourceState;

constexpr std::size_t page_size = 10;
constexpr std::size_t looks_max = 6;
// No return needs more calls than this, whatever happens (law 9). The busiest seen in two million took a tenth of it.
constexpr std::uint64_t calls_max = 3'000;

Failure refused(std::string code) {
  return {.kind = Failure::Kind::refused,
          .code = std::move(code),
          .message = "said by the platform",
          .wait = std::nullopt,
          .throttled = false};
}

std::string words_of(const connectors::Action& note) {
  return fmt::format("{} [{}]", note.text, note.reference);
}

bool is_active(const returns::SourceView& view) {
  return view.state == SourceState::open || view.state == SourceState::review;
}

}  // namespace

Platform::Return* Platform::find(const std::string& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Phase Platform::phase(const Return& about) const {
  switch (about.view.state) {
    case SourceState::review:
      return Phase::review;
    case SourceState::closed:
      return Phase::closed;
    case SourceState::cancelled:
      return Phase::cancelled;
    case SourceState::expired:
      return Phase::expired;
    default:
      return about.processing ? Phase::processing : rma_phase(about);
  }
}

// --- telling

void Platform::send(Return& about, std::string_view topic, std::string body, std::function<void()> acknowledged) {
  post_.send({.to = connection_,
              .sender = name_,
              .topic = std::string(topic),
              .body = std::move(body),
              .message_id = {},
              .about = about.id,
              .phase = [this, &about] { return phase(about); },
              .acknowledged = std::move(acknowledged)});
}

void Platform::tell(Return& about, std::string_view topic) {
  const json::object body{{"id", about.id},
                          {"topic", topic},
                          {"shopper", "canary-shopper-51cc"},
                          {"view", json::parse(returns::encode(about.view))}};
  send(about, topic, json::serialize(body), [] {});
}

void Platform::tell_failure(Return& about) {
  constexpr std::string_view topic = "return.processing.failed";
  const json::object body{
      {"id", about.id}, {"topic", topic}, {"shopper", "canary-shopper-51cc"}, {"message", "the card was declined"}};
  // The word is of those that ended since the one before; of an earlier one whose own was never sent it tells nothing.
  std::vector<std::size_t> ended;
  for (std::size_t i = 0; i < about.accepted.size(); ++i) {
    if (!std::exchange(about.accepted[i].told, true)) ended.push_back(i);
  }
  send(about, topic, json::serialize(body), [&about, ended = std::move(ended)] {
    for (const auto i : ended) about.accepted[i].known = true;
  });
}

void Platform::set_state(Return& about, SourceState state, bool held) {
  about.view.state = state;
  about.view.raw_state = returns::to_string(state);
  about.view.flagged = held;
  about.view.updated_at = stage_.clock.now();
  tell(about, state == SourceState::closed ? "return.closed" : "return.updated");
}

// --- people and time

Platform::Return& Platform::submit(int number, returns::SourceView view) {
  auto& made = returns.emplace_back();
  made.id = fmt::format("{}-{}", name_, number);
  made.number = number;
  by_id_[made.id] = &made;
  made.view = std::move(view);
  made.view.created_at = made.view.updated_at = stage_.clock.now();
  stage_.trace.say("shopper", "submits {} with {} units", made.id, made.view.units.size());
  tell(made, "return.created");
  return made;
}

bool Platform::add_label(Return& about) {
  if (!about.view.labels.empty() || !is_active(about.view)) return false;
  about.view.labels.push_back(
      {.carrier = "ups", .tracking_number = fmt::format("1Z{}", about.id), .status = "new", .url = {}});
  about.view.updated_at = stage_.clock.now();
  tell(about, "label.created");
  return true;
}

bool Platform::hold(Return& about) {
  if (about.view.state != SourceState::open) return false;
  set_state(about, SourceState::review, true);
  return true;
}

bool Platform::lift(Return& about) {
  if (about.view.state != SourceState::review) return false;
  set_state(about, SourceState::open, false);
  return true;
}

bool Platform::close(Return& about) {
  if (!is_active(about.view) || about.processing) return false;
  set_state(about, SourceState::closed, false);
  return true;
}

bool Platform::process_by_hand(Return& about) {
  if (!is_active(about.view) || about.processing) return false;
  about.view.processed = true;
  set_state(about, SourceState::closed, false);
  return true;
}

bool Platform::cancel(Return& about) {
  if (!is_active(about.view) || about.processing) return false;
  set_state(about, SourceState::cancelled, false);
  return true;
}

bool Platform::expire(Return& about) {
  if (about.view.state != SourceState::open || about.processing) return false;
  set_state(about, SourceState::expired, false);
  return true;
}

// Processing was queued; here it ends. A failure leaves the return as it was.
void Platform::end_processing(Return& about, bool fails) {
  if (!std::exchange(about.processing, false)) return;
  for (auto& one : about.accepted) {
    if (std::exchange(one.ended, true)) continue;
    one.failed = fails;
  }
  if (!fails && is_active(about.view)) {
    about.view.processed = true;
    set_state(about, SourceState::closed, false);
    return;
  }
  stage_.trace.say(name_, "cannot process {}: declined", about.id);
  tell_failure(about);
  processing_failed(about);
}

// --- the hub

Outcome<returns::SourceView> Platform::look_up(const std::string& id, Look look) {
  auto* about = find(id);
  if (about == nullptr) {
    stage_.broken(7, fmt::format("{} was asked for {}, which is not one of its returns", name_, id));
    return fail(refused("not_found"));
  }
  look.at = stage_.clock.now();
  look.state = about->view.state;
  look.flagged = about->view.flagged;
  if (about->looks.size() == looks_max) about->looks.erase(about->looks.begin());
  about->looks.push_back(look);
  return about->view;
}

Outcome<void> Platform::act(const connectors::Action& action, Time sent) {
  auto* about = find(action.return_id.value);
  if (about == nullptr) {
    stage_.broken(7, fmt::format("{} was asked to {} {}, which is not one of its returns", name_,
                                 returns::to_string(action.kind), action.return_id.value));
    return fail(refused("not_found"));
  }
  if (++about->calls == calls_max)
    stage_.broken(9, fmt::format("{} was asked for something {} times", about->id, calls_max));
  switch (action.kind) {
    case EffectKind::process:
      return process(*about, sent);
    case EffectKind::flag:
      return flag(*about);
    case EffectKind::note:
      return note(*about, words_of(action));
    default:
      stage_.broken(3, fmt::format("no policy asks to {} {}", returns::to_string(action.kind), about->id));
      return fail(refused("not_asked_for"));
  }
}

// Queued: the return looks open until it ends. A second one is taken as well while the first is in the queue; what Loop
// does then is not documented, and this is the worse of the two.
Outcome<void> Platform::process(Return& about, Time sent) {
  check_process(about, sent);
  if (about.view.state == SourceState::closed && about.view.processed) return {};  // stands already
  if (about.view.state != SourceState::open) {
    stage_.trace.say(name_, "refuses to process {}: {}", about.id, about.view.raw_state);
    return about.view.state == SourceState::closed ? Outcome<void>{} : fail(refused("UNPROCESSABLE_RETURN"));
  }
  int failed = 0;
  for (const auto& one : about.accepted) {
    if (!one.failed) stage_.broken(2, fmt::format("{} is processed a second time", about.id));
    if (one.failed && one.known) ++failed;
  }
  if (failed > about.retries_asked)
    stage_.broken(2, fmt::format("{} is processed again after a failure, and nobody asked for it", about.id));
  about.accepted.push_back({.at = stage_.clock.now()});
  about.processing = true;
  const auto key = key_of(stage_.seed, "queue", about.id, about.accepted.size());
  Rng rng(key);
  const Millis queue = rng.mostly_short(500ms, 9min);
  const bool fails = rng.chance(0.12);
  stage_.trace.say(name_, "accepts to process {}, done in {} s", about.id, queue.count() / 1'000);
  stage_.clock.after(queue, [this, &about, fails] { end_processing(about, fails); });
  return {};
}

// Law 4. One that the hub does not have on record may be raised again: its answer was lost, and a lifted flag cannot be
// told from one that was never raised.
void Platform::raise(const Return& about, Raisings& which, std::string text, std::string_view what) {
  if (std::ranges::any_of(which.all, [](const Raised& one) { return !one.recorded; })) ++which.unheard;
  which.all.push_back({.at = stage_.clock.now(), .text = std::move(text)});
  stage_.trace.say(name_, "{} is {}{}{}", about.id, what, which.all.back().text.empty() ? "" : ": ",
                   which.all.back().text);
  const auto reasons = reasons_to_flag(about);
  if (which.all.size() > reasons + which.unheard)
    stage_.broken(4, fmt::format("{}: {} {} times for {} different facts", about.id, what, which.all.size(), reasons));
}

Outcome<void> Platform::flag(Return& about) {
  if (about.view.state == SourceState::review) return {};
  if (about.view.state != SourceState::open) return fail(refused("UNPROCESSABLE_RETURN"));
  raise(about, about.flags, {}, "flagged");
  set_state(about, SourceState::review, true);
  flagged(about);
  return {};
}

Outcome<void> Platform::note(Return& about, const std::string& text) {
  raise(about, about.notes, text, "noted");
  return {};
}

bool Platform::stands(const connectors::Action& action) {
  const auto* about = find(action.return_id.value);
  if (about == nullptr) return false;
  switch (action.kind) {
    case EffectKind::process:
      return about->view.state == SourceState::closed || about->view.processed;
    case EffectKind::flag:
      return about->view.state == SourceState::review;
    case EffectKind::note:
      return std::ranges::any_of(about->notes.all, [&](const Raised& one) { return one.text == words_of(action); });
    default:
      return false;
  }
}

connectors::Page<connectors::SourceRead> Platform::list(connectors::Window window, const std::string& cursor) {
  const Time now = stage_.clock.now();
  listed_at = now;
  connectors::Page<connectors::SourceRead> page;
  auto at = cursor.empty() ? std::size_t{0} : static_cast<std::size_t>(std::stoull(cursor));
  for (; at < returns.size(); ++at) {
    auto& one = returns[at];
    const Time changed = one.view.updated_at;
    if (changed < window.from || changed >= window.to || changed > now - list_lags) continue;
    if (page.items.size() == page_size) {
      page.next = std::to_string(at);
      break;
    }
    page.items.push_back({.id = ExternalId{one.id}, .view = one.view, .raw = {}});
  }
  return page;
}

}  // namespace backhaul::sim
