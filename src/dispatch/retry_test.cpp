#include "dispatch/retry.hpp"

#include <gtest/gtest.h>

namespace backhaul::dispatch {
namespace {

using namespace std::chrono_literals;
using connectors::Failure;
using returns::EffectKind;

constexpr std::uint64_t earliest = 0;  // a fifth early
constexpr std::uint64_t exact = 20;
constexpr std::uint64_t latest = 40;  // a fifth late

struct Case {
  const char* name;
  Failure::Kind kind;
  int attempt;
  std::uint64_t random;
  Millis wait;
  bool spends = true;
  std::optional<Millis> asked = std::nullopt;
  bool throttled = false;
  EffectKind effect = EffectKind::create_rma;
};

TEST(Retry, WaitsBySchedule) {
  const auto retry = Failure::Kind::retry;
  const auto unknown = Failure::Kind::unknown;
  const auto blocked = Failure::Kind::blocked;
  const Case cases[] = {
      {"first", retry, 1, exact, 1s},
      {"second", retry, 2, exact, 5s},
      {"third", retry, 3, exact, 30s},
      {"fourth", retry, 4, exact, 2min},
      {"fifth", retry, 5, exact, 10min},
      {"sixth", retry, 6, exact, 30min},
      {"seventh", retry, 7, exact, 1h},
      {"saturates", retry, 15, exact, 1h},
      {"a number below one counts as one", retry, 0, exact, 1s},
      {"early by a fifth", retry, 4, earliest, 96s},
      {"late by a fifth", retry, 4, latest, 144s},
      {"jitter wraps", retry, 4, 41, 96s},
      {"largest random stays within a fifth", retry, 4, UINT64_MAX,
       120s + 1200ms * static_cast<int>(UINT64_MAX % 41) - 24s},
      {"asked for longer", retry, 1, exact, 45s, true, 45s},
      {"asked for less than the schedule", retry, 3, exact, 30s, true, 2s},
      {"asked for nothing", retry, 1, earliest, 1s, true, 0ms},
      {"asked for an hour is cut", retry, 1, exact, 15min, true, 1h},
      {"asked for a negative time", retry, 1, exact, 1s, true, -5s},
      {"unknown has a floor", unknown, 1, exact, 30s},
      {"unknown later follows the schedule", unknown, 5, exact, 10min},
      {"throttled spends no attempt", retry, 1, exact, 7s, false, 7s, true},
      {"throttled is never given up", retry, 500, exact, 1h, false, std::nullopt, true},
      {"blocked spends no attempt", blocked, 1, exact, 5min, false},
      {"blocked is never given up", blocked, 500, exact, 5min, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Failure failure{.kind = c.kind, .code = {}, .message = {}, .wait = c.asked, .throttled = c.throttled};
    const auto next = next_try(failure, c.effect, c.attempt, {}, c.random);
    EXPECT_FALSE(next.give_up);
    EXPECT_EQ(next.wait, c.wait);
    EXPECT_EQ(next.spends_attempt, c.spends);
  }
}

TEST(Retry, GivesUp) {
  struct Limit {
    const char* name;
    Failure::Kind kind;
    EffectKind effect;
    int last_kept;  // the attempt after which one more is made; 0: none
  };
  const Limit limits[] = {
      {"an effect", Failure::Kind::retry, EffectKind::process, 15},
      {"an effect that may have happened", Failure::Kind::unknown, EffectKind::create_rma, 15},
      {"reading the source", Failure::Kind::retry, EffectKind::read_source, 9},
      {"reading an RMA", Failure::Kind::unknown, EffectKind::read_rma, 9},
      {"a refused effect", Failure::Kind::refused, EffectKind::process, 0},
      {"a refused read", Failure::Kind::refused, EffectKind::read_rma, 0},
  };
  for (const auto& limit : limits) {
    SCOPED_TRACE(limit.name);
    const Failure failure{.kind = limit.kind, .code = {}, .message = {}, .wait = std::nullopt, .throttled = false};
    for (int attempt = 1; attempt <= 20; ++attempt) {
      EXPECT_EQ(next_try(failure, limit.effect, attempt, {}, exact).give_up, attempt > limit.last_kept) << attempt;
    }
  }
}

TEST(Retry, TriesAnEffectForAboutTenHours) {
  const Failure failure{
      .kind = Failure::Kind::retry, .code = {}, .message = {}, .wait = std::nullopt, .throttled = false};
  Millis total{0};
  for (int attempt = 1;; ++attempt) {
    const auto next = next_try(failure, EffectKind::process, attempt, {}, exact);
    if (next.give_up) break;
    total += next.wait;
  }
  EXPECT_GT(total, 9h);
  EXPECT_LT(total, 11h);
}

}  // namespace
}  // namespace backhaul::dispatch
