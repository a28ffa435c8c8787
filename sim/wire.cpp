#include "wire.hpp"

#include <algorithm>

namespace backhaul::sim {
namespace {

using namespace std::chrono_literals;
using connectors::Failure;

// As long as the hub's HTTP client waits for an answer.
constexpr Millis timeout = 30s;
// After the hub's end of a connection is gone, a request under way takes effect within this time or never. The hub
// waits 30 s (dispatch.unknown_wait_s) before it looks.
constexpr Millis lingers = 25s;

Failure failure(Failure::Kind kind, std::string code, std::optional<Millis> wait = std::nullopt) {
  return {.kind = kind, .code = std::move(code), .message = "said by the vendor", .wait = wait, .throttled = false};
}

}  // namespace

bool Wire::strikes(Fault fault, const Call& call, std::uint64_t key) {
  if (!stage_.faults.strikes(fault, key)) return false;
  if (call.phase)
    stage_.cover(to_string(fault), call.phase());
  else
    stage_.cover_all(to_string(fault));
  return true;
}

std::optional<Wire::Turn> Wire::outage(const Call& call, std::uint64_t key) {
  const Time now = stage_.clock.now();
  if (stage_.faults.stopped()) return std::nullopt;
  if (now < down_until_) {
    // Refused at the door, or a gateway's 503 after which an effect may have happened for all the hub knows.
    const bool at_the_door = chance_of(0.5, key);
    const auto kind = at_the_door || !call.effect ? Failure::Kind::retry : Failure::Kind::unknown;
    return Turn{.arrives = false, .failure = failure(kind, at_the_door ? "unreachable" : "503")};
  }
  if (now < revoked_until_) return Turn{.arrives = false, .failure = failure(Failure::Kind::blocked, "unauthorized")};
  return std::nullopt;
}

std::optional<Wire::Turn> Wire::mishap(const Call& call, std::uint64_t key) {
  // Of a read whose answer was lost nothing is unknown but the answer.
  const auto lost = call.effect ? Failure::Kind::unknown : Failure::Kind::retry;
  if (strikes(Fault::not_sent, call, key))
    return Turn{.arrives = false, .failure = failure(Failure::Kind::retry, "unreachable")};
  if (strikes(Fault::throttled, call, key)) {
    auto slow = failure(Failure::Kind::retry, "429", 5s);
    slow.throttled = true;
    return Turn{.arrives = false, .failure = slow};
  }
  if (strikes(Fault::failed_before, call, key)) return Turn{.arrives = false, .failure = failure(lost, "500")};
  if (strikes(Fault::failed_after, call, key)) return Turn{.failure = failure(lost, "500")};
  if (strikes(Fault::request_lost, call, key))
    return Turn{.arrives = false, .back = timeout, .failure = failure(lost, "timeout")};
  if (strikes(Fault::answer_lost, call, key)) return Turn{.back = timeout, .failure = failure(lost, "timeout")};
  if (call.effect && strikes(Fault::late_effect, call, key)) {
    const Millis late{static_cast<std::int64_t>(scrambled(key) % static_cast<std::uint64_t>(lingers.count()))};
    return Turn{.out = timeout + late, .back = timeout, .failure = failure(lost, "timeout")};
  }
  return std::nullopt;
}

Wire::Turn Wire::turn_of(const Call& call) {
  const auto number = numbers_[call.word + " " + call.subject]++;
  const auto key = key_of(name_, call.word, call.subject, number);
  Turn turn;
  if (auto out = outage(call, key)) {
    turn = std::move(*out);
  } else if (auto bad = mishap(call, key)) {
    turn = std::move(*bad);
  } else {
    turn.out = Millis{5 + static_cast<std::int64_t>(scrambled(key) % 200)};
    turn.back = turn.out + Millis{5 + static_cast<std::int64_t>(scrambled(key + 1) % 200)};
    if (strikes(Fault::slow, call, key)) {
      turn.out = Millis{static_cast<std::int64_t>(scrambled(key + 2) % 20'000)};
      turn.back = turn.out + Millis{static_cast<std::int64_t>(scrambled(key + 3) % 9'000)};
    }
  }
  turn.kills = turn.arrives && call.effect && strikes(Fault::killed_after_effect, call, key);
  return turn;
}

void Wire::send(Caller caller, const Call& call, Exchange exchange) {
  // A process that was killed a moment ago, in the middle of this step, sends nothing any more.
  if (!stage_.hub_runs() || caller.loop != stage_.hub) return;
  if (counted_for_ != caller.loop) in_flight_ = 0;
  counted_for_ = caller.loop;
  ++calls_;
  // Its own jobs, those of the platform that look at an RMA before they process, and a poll.
  constexpr int most = 2 * concurrent_max + 1;
  if (++in_flight_ > most) stage_.broken(9, fmt::format("{} calls at once to {}", in_flight_, name_));
  auto turn = turn_of(call);
  const bool dull = call.word == "list" && !turn.failure;
  if (!dull)
    stage_.trace.say(name_, "<- {} {}{}{}{}", call.word, call.subject,
                     turn.failure ? ": hub hears " + turn.failure->code : "", turn.arrives ? "" : " (never arrives)",
                     turn.kills ? " (kills the hub)" : "");
  const Time now = stage_.clock.now();
  if (turn.arrives) {
    auto pending =
        std::make_shared<Pending>(Pending{.act = std::move(exchange.act), .from = caller.loop, .kills = turn.kills});
    pending_.push_back(pending);
    stage_.clock.at(now + turn.out, [this, pending] { arrive(pending); });
  }
  stage_.clock.at(now + turn.back,
                  [this, loop = caller.loop, answer = std::move(exchange.answer), failure = turn.failure] {
                    if (loop->ended()) return;
                    --in_flight_;
                    answer(failure);
                  });
}

void Wire::arrive(const std::shared_ptr<Pending>& pending) {
  if (std::exchange(pending->done, true)) return;
  std::erase(pending_, pending);
  pending->act();
  if (pending->kills && !pending->from->ended()) stage_.kill("after an effect at " + name_);
}

void Wire::cut() {
  for (const auto& pending : pending_) {
    const Millis rest{
        static_cast<std::int64_t>(scrambled(stage_.clock.steps()) % static_cast<std::uint64_t>(lingers.count()))};
    stage_.clock.after(rest, [this, pending] { arrive(pending); });
  }
}

}  // namespace backhaul::sim
