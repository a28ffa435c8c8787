#include "intake/webhooks.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace backhaul::intake {
namespace {

// A vendor that is down for a moment is nobody's business; three tries are a minute and a half.
constexpr int failures_before_attention = 3;
// Per vendor: enough for 10,000 merchants in a quarter of an hour.
constexpr int checked_at_once = 32;
constexpr int looked_at_per_tick = 10'000;
constexpr std::string_view kind = "webhooks_not_registered";

}  // namespace

WebhookKeeper::WebhookKeeper(store::Store& store, connections::Connections& connections, async::Loop& loop,
                             WebhookOptions options)
    : store_(store),
      connections_(connections),
      loop_(loop),
      options_(std::move(options)),
      rounds_(checked_at_once, looked_at_per_tick) {}

void WebhookKeeper::tick() {
  if (stopped_ || options_.public_url.empty()) return;
  rounds_.start(*connections_.snapshot(), loop_.now(), std::max(options_.interval, options_.after_failure),
                [this](const connections::LivePtr& connection) { async::spawn(keep(connection)); });
}

async::Task<void> WebhookKeeper::keep(connections::LivePtr connection) {
  const std::string url = options_.public_url + connection->inbound_path();
  connectors::Outcome<connectors::WebhookReport> report;
  if (connection->source != nullptr) {
    auto ensuring = connection->source->ensure_webhooks(url);
    report = co_await std::move(ensuring);
  } else {
    auto ensuring = connection->destination->ensure_webhooks(url);
    report = co_await std::move(ensuring);
  }
  Millis wait = options_.interval;
  if (!report) {
    const auto& failure = report.error();
    const int times = ++failures_[connection->id()];
    const bool blocked =
        failure.kind == connectors::Failure::Kind::blocked || failure.kind == connectors::Failure::Kind::refused;
    spdlog::warn("webhooks of {}: {} {}", connection->row.name, failure.code, failure.message);
    // Again with each failure: the cause may be another now, and telling may have failed.
    if (blocked || times >= failures_before_attention) {
      auto telling =
          tell(connection->id(), fmt::format("{}: {} {}", connection->row.name, failure.code, failure.message));
      co_await std::move(telling);
    }
    wait = options_.after_failure;
  } else {
    for (const auto& change : report->changes) spdlog::info("webhooks of {}: {}", connection->row.name, change);
    // Also with the first success after a start: an earlier process may have raised it.
    if (failures_.erase(connection->id()) > 0 || succeeded_.insert(connection->id()).second) {
      auto clearing = store_.clear_attention(connection->id(), std::string(kind));
      if (const auto cleared = co_await std::move(clearing); !cleared) succeeded_.erase(connection->id());
    }
    if (!report->new_credentials.empty()) {
      auto saving = connections_.save_credentials(connection, report->new_credentials);
      if (const auto saved = co_await std::move(saving); !saved) {
        spdlog::error("webhooks of {}: the new secret was not stored: {}", connection->row.name, saved.error().message);
        wait = options_.after_failure;
      }
      auto reloading = connections_.reload();
      (void)co_await std::move(reloading);  // the engine's regular look reloads otherwise
    }
  }
  rounds_.ended(*connection, loop_.now() + wait);
}

async::Task<void> WebhookKeeper::tell(ConnectionId connection, std::string why) {
  returns::AttentionItem item{.kind = std::string(kind),
                              .why = std::move(why),
                              .todo = "run `backhaul doctor`; until it is put right, changes are found by polls only",
                              .connection = connection};
  auto raising = store_.raise_attention(connection, std::move(item), loop_.now());
  if (const auto raised = co_await std::move(raising); !raised) spdlog::error("attention: {}", raised.error().message);
}

}  // namespace backhaul::intake
