#include "connectors/shiphero/webhooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "connectors/shiphero/retry_policy.hpp"
#include "connectors/shiphero/text.hpp"

namespace backhaul::connectors::shiphero {
namespace {

bool is_healthy(const Webhook& webhook) {
  return webhook.health.empty() || same_word(webhook.health, "HEALTHY");
}

// Creates it, and takes the secret. When ShipHero says that it exists although it was not listed, it can only be the
// one with our tag, so it is replaced.
async::Task<Outcome<void>> create(Client& client, const Settings& settings, std::string url, WebhookReport& report) {
  const std::string name(return_webhook);
  auto made = co_await client.create_webhook(name, settings.webhook_tag, url);
  if (!made && lowered(made.error().message).find("already exists") != std::string::npos) {
    const auto gone = co_await client.delete_webhook(name, settings.webhook_tag);
    if (!gone) co_return fail(gone.error());
    made = co_await client.create_webhook(name, settings.webhook_tag, url);
  }
  if (!made) co_return fail(made.error());
  if (made->shared_signature_secret.empty()) {
    co_return fail(garbled("webhook_create", Call::effect, "shared_signature_secret is missing"));
  }
  report.new_credentials["webhook_secret"] = made->shared_signature_secret;
  // Without the address: whoever knows it can deliver here, and these words go to the log.
  report.changes.push_back(fmt::format("registered \"{}\" for the hub's present address", return_webhook));
  co_return Outcome<void>();
}

async::Task<Outcome<void>> replace(Client& client, const Settings& settings, Webhook ours, std::string url,
                                   WebhookReport& report) {
  const auto gone = co_await client.delete_webhook(ours.name, ours.shop_name);
  if (!gone && gone.error().code != "not_found") co_return fail(gone.error());
  report.changes.push_back(
      "removed our webhook: its signing secret is not known here, and a new one shows only with a new webhook");
  co_return co_await create(client, settings, std::move(url), report);
}

async::Task<Outcome<void>> mend(Client& client, Webhook ours, std::string url, WebhookReport& report) {
  if (ours.url != url) {
    const auto moved = co_await client.update_webhook_url(ours.id, url);
    if (!moved) co_return fail(moved.error());
    report.changes.push_back(fmt::format("pointed \"{}\" at the hub's present address", ours.name));
    // Whether the secret outlives a new URL is not documented; when a new one is shown, it counts.
    if (!moved->shared_signature_secret.empty())
      report.new_credentials["webhook_secret"] = moved->shared_signature_secret;
  }
  if (!ours.enabled) {
    const auto enabled = co_await client.enable_webhook(ours.id);
    if (!enabled) co_return fail(enabled.error());
    report.changes.push_back(
        fmt::format("\"{}\" was disabled and is enabled again; what happened meanwhile was not delivered", ours.name));
  }
  if (!is_healthy(ours)) {
    report.changes.push_back(
        fmt::format("ShipHero calls the webhook {}: deliveries to us have failed. If they fail their signature "
                    "check, clear the webhook secret and register again",
                    ours.health));
  }
  co_return Outcome<void>();
}

}  // namespace

const Webhook* find_ours(const std::vector<Webhook>& webhooks, std::string_view tag, std::string_view url) {
  const auto find = [&](auto&& fits) {
    const auto found = std::ranges::find_if(
        webhooks, [&](const Webhook& webhook) { return same_word(webhook.name, return_webhook) && fits(webhook); });
    return found == webhooks.end() ? nullptr : &*found;
  };
  if (const Webhook* tagged = find([&](const Webhook& webhook) { return same_word(webhook.shop_name, tag); }))
    return tagged;
  if (url.empty()) return nullptr;
  return find([&](const Webhook& webhook) { return webhook.url == url; });
}

async::Task<Outcome<WebhookReport>> ensure_return_webhook(Client& client, const Settings& settings, bool secret_known,
                                                          std::string url) {
  const auto webhooks = co_await client.webhooks();
  if (!webhooks) co_return fail(webhooks.error());
  WebhookReport report;
  Outcome<void> done;
  if (const Webhook* ours = find_ours(*webhooks, settings.webhook_tag, url); ours == nullptr) {
    done = co_await create(client, settings, url, report);
  } else if (!secret_known) {
    done = co_await replace(client, settings, *ours, url, report);
  } else {
    done = co_await mend(client, *ours, url, report);
  }
  if (!done) co_return fail(done.error());
  const auto others = std::ranges::count_if(*webhooks, [&](const Webhook& webhook) {
    return webhook.url == url && same_word(webhook.name, return_webhook) &&
           !same_word(webhook.shop_name, settings.webhook_tag);
  });
  const Webhook* ours = find_ours(*webhooks, settings.webhook_tag, url);
  if (others > 0 && ours != nullptr && same_word(ours->shop_name, settings.webhook_tag)) {
    report.changes.push_back(
        "another \"Return Update\" webhook without our tag delivers here too; its deliveries fail the "
        "signature check. Remove it in ShipHero");
  }
  co_return report;
}

}  // namespace backhaul::connectors::shiphero
