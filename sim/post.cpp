#include "post.hpp"

namespace backhaul::sim {
namespace {

using namespace std::chrono_literals;

// Loop makes six attempts, ShipHero five; neither tells its waits. Doubling from 10 s.
constexpr int attempts_max = 6;
constexpr Millis first_wait = 10s;
// Both give up on an answer after this.
constexpr Millis patience = 10s;

}  // namespace

bool Post::strikes(Fault fault, const Letter& letter, std::uint64_t key) {
  if (!stage_.faults.strikes(fault, key)) return false;
  stage_.cover(to_string(fault), letter.phase());
  return true;
}

void Post::send(Letter letter) {
  ++sent_;
  const auto key = key_of("letter", letter.sender, letter.about, letter.topic, numbers_[letter.about + letter.topic]++);
  if (strikes(Fault::lost_delivery, letter, key)) {
    stage_.trace.say(letter.sender, "-> {} {}: never sent", letter.topic, letter.about);
    return;
  }
  const auto shared = std::make_shared<const Letter>(std::move(letter));
  Rng rng(key);
  const int copies = strikes(Fault::doubled_delivery, *shared, key) ? 2 + static_cast<int>(rng.below(2)) : 1;
  for (int copy = 0; copy < copies; ++copy) {
    const auto own = key_of(key, copy);
    Millis wait = rng.mostly_short(50ms, 10s);
    if (strikes(Fault::late_delivery, *shared, own)) wait = rng.mostly_short(1min, 90min);
    const Time at = std::max(stage_.clock.now() + wait, gathering_until_);
    stage_.clock.at(at, [this, shared, own] { attempt(shared, own, 1); });
  }
}

void Post::gather(Millis span) {
  gathering_until_ = stage_.clock.now() + span;
}

void Post::attempt(const Shared& letter, std::uint64_t key, int number) {
  net::ServerRequest request;
  request.method = "POST";
  request.body = letter->body;
  const auto own = key_of(key, number);
  const bool wrong = strikes(Fault::bad_signature, *letter, own);
  if (strikes(Fault::cut_delivery, *letter, own)) request.body.resize(request.body.size() / 2);
  request.headers.emplace_back("X-Sign", wrong ? "wrong" : std::string(webhook_secret));
  if (!letter->message_id.empty()) request.headers.emplace_back("X-Message-Id", letter->message_id);
  auto heard = std::make_shared<bool>(false);
  const bool whole = request.body == letter->body;
  const auto body = request.body;
  const auto answered = [this, letter, key, own, number, heard, whole, body](int status) {
    stage_.trace.say("hub", "answers {} {} with {}", letter->topic, letter->about, status);
    if (status >= 200 && status < 300) {
      acknowledged_(body);
      // The same message again brings no new fact.
      if (whole && !std::exchange(*letter->known, true)) letter->acknowledged();
      if (!strikes(Fault::lost_ack, *letter, own)) *heard = true;
    } else if (status >= 400 && status < 500) {
      *heard = true;  // Loop never sends it again
    }
  };
  stage_.trace.say(letter->sender, "-> {} {}{}{}", letter->topic, letter->about, number > 1 ? " (again)" : "",
                   wrong   ? " (wrong signature)"
                   : whole ? ""
                           : " (cut off)");
  if (!carry_(letter->to, std::move(request), answered)) return again(letter, key, number);
  stage_.clock.after(patience, [this, letter, key, number, heard] {
    if (!*heard) again(letter, key, number);
  });
}

void Post::again(const Shared& letter, std::uint64_t key, int number) {
  if (number >= attempts_max) return;
  stage_.clock.after(first_wait * (1 << (number - 1)),
                     [this, letter, key, number] { attempt(letter, key, number + 1); });
}

}  // namespace backhaul::sim
