#include "cli/membership.hpp"

#include <spdlog/spdlog.h>

namespace backhaul::cli {
namespace {

constexpr std::string_view duty = "upkeep";
// How long a node that says nothing is counted, and keeps its duties.
constexpr Millis place{15'000};
constexpr Millis renew_every{5'000};

}  // namespace

Membership::Membership(store::Store& store, connections::Connections& connections, async::Loop& loop,
                       MembershipOptions options)
    : store_(store), connections_(connections), loop_(loop), options_(std::move(options)) {}

async::Task<store::Stored<void>> Membership::renew(Time until) {
  const Time now = loop_.now();
  auto announcing = store_.announce({.node = options_.node, .until = until}, now);
  const auto nodes = co_await std::move(announcing);
  if (!nodes) co_return fail(nodes.error());
  connections_.share(*nodes);
  auto holding = store_.hold_duty({.name = std::string(duty), .node = options_.node, .now = now, .until = until});
  const auto holds = co_await std::move(holding);
  if (!holds) co_return fail(holds.error());
  if (*holds && !leads_until_) spdlog::info("{} does the polls and keeps the webhooks", options_.node);
  if (!*holds && leads_until_) spdlog::info("{} leaves polls and webhooks to another node", options_.node);
  leads_until_ = *holds ? until : Time{};
  co_return store::Stored<void>{};
}

async::Task<store::Stored<std::int64_t>> Membership::rescue() {
  const store::Store::Rescue rescue{
      .node = options_.node, .alone = options_.alone, .now = loop_.now(), .grace = options_.unknown_wait};
  auto rescuing = store_.rescue_jobs(rescue);
  co_return co_await std::move(rescuing);
}

async::Task<store::Stored<std::int64_t>> Membership::join() {
  auto renewing = renew(loop_.now() + place);
  if (const auto renewed = co_await std::move(renewing); !renewed) co_return fail(renewed.error());
  renewed_at_ = loop_.now();
  auto rescuing = rescue();
  co_return co_await std::move(rescuing);
}

async::Task<void> Membership::tick() {
  const Time now = loop_.now();
  if (now - renewed_at_ < renew_every) co_return;
  renewed_at_ = now;
  auto renewing = renew(now + place);
  if (const auto renewed = co_await std::move(renewing); !renewed) {
    spdlog::warn("{} could not renew its place: {}", options_.node, renewed.error().message);
    co_return;
  }
  // Alone, it was done at the start, and a lease of one's own that ended unrenewed means nothing.
  if (options_.alone || !leads()) co_return;
  auto rescuing = rescue();
  const auto rescued = co_await std::move(rescuing);
  if (!rescued) {
    spdlog::warn("looking for jobs of lost nodes: {}", rescued.error().message);
  } else if (*rescued > 0) {
    spdlog::warn("{} attempts of a node that stopped are looked into", *rescued);
  }
}

async::Task<void> Membership::leave() {
  auto renewing = renew(loop_.now() - Millis{1});
  if (const auto left = co_await std::move(renewing); !left) {
    spdlog::warn("{} could not give its place back: {}", options_.node, left.error().message);
  }
}

}  // namespace backhaul::cli
