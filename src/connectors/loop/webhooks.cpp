#include "connectors/loop/webhooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/loop/wording.hpp"

namespace backhaul::connectors::loop {
namespace {

struct Wanted {
  std::string_view topic;
  std::string_view trigger;
};
constexpr std::array<Wanted, 6> wanted_webhooks = {{{"return", "return.created"},
                                                    {"return", "return.updated"},
                                                    {"return", "return.closed"},
                                                    {"return.processing", "return.processing.failed"},
                                                    {"label", "label.created"},
                                                    {"label", "label.updated"}}};

// "/hooks/<token>" at the end of a URL's path; empty when it does not end so.
std::string_view hook_path(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  constexpr std::string_view hooks = "/hooks/";
  const auto at = url.rfind(hooks);
  if (at == std::string_view::npos) return {};
  const auto token = url.substr(at + hooks.size());
  if (token.empty() || token.find('/') != std::string_view::npos) return {};
  return url.substr(at);
}

bool is_ours(const WireWebhook& row, std::string_view url) {
  if (row.id.empty()) return false;  // cannot be named in a request
  const auto path = hook_path(url);
  return row.url == url || (!path.empty() && hook_path(row.url) == path);
}

bool is_active(const WireWebhook& row) {
  return lower(row.status) == "active";
}

// How close a row is to what it should be.
int merit(const WireWebhook& row, std::string_view url) {
  return (row.url == url ? 2 : 0) + (is_active(row) ? 1 : 0);
}

std::string update_words(const WireWebhook& row, std::string_view url) {
  const auto name = fmt::format("webhook {} (topic {} on {})", row.id, row.topic, row.trigger);
  if (row.url == url) return fmt::format("switched {} on again; it was {}", name, presentable(row.status));
  return fmt::format("pointed {} at the hub's present address{}", name, is_active(row) ? "" : " and switched it on");
}

}  // namespace

std::vector<WebhookChange> plan_webhooks(const std::vector<WireWebhook>& existing, std::string_view url) {
  using Kind = WebhookChange::Kind;
  std::vector<WebhookChange> changes;
  for (const auto& wanted : wanted_webhooks) {
    const WireWebhook* kept = nullptr;
    const auto concerns = [&](const WireWebhook& row) {
      return row.topic == wanted.topic && row.trigger == wanted.trigger && is_ours(row, url);
    };
    for (const auto& row : existing) {
      if (concerns(row) && (kept == nullptr || merit(row, url) > merit(*kept, url))) kept = &row;
    }
    const WireWebhook right{.id = kept == nullptr ? std::string() : kept->id,
                            .topic = std::string(wanted.topic),
                            .trigger = std::string(wanted.trigger),
                            .url = std::string(url),
                            // Loop's default is documented both ways (contract 4.4).
                            .status = "active"};
    if (kept == nullptr) {
      changes.push_back(
          {Kind::create, right, fmt::format("created a webhook (topic {} on {})", wanted.topic, wanted.trigger)});
      continue;
    }
    if (merit(*kept, url) < 3) changes.push_back({Kind::update, right, update_words(*kept, url)});
    for (const auto& row : existing) {
      if (&row == kept || !concerns(row) || row.url != url) continue;
      changes.push_back({Kind::remove, row, fmt::format("deleted webhook {}, a copy of {}", row.id, kept->id)});
    }
  }
  return changes;
}

}  // namespace backhaul::connectors::loop
