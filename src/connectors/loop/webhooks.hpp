#pragma once
// Which of Loop's webhook subscriptions to make, mend and delete. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "connectors/loop/types.hpp"

namespace backhaul::connectors::loop {

struct WebhookChange {
  enum class Kind : std::uint8_t { create, update, remove };
  Kind kind = Kind::create;
  WireWebhook webhook;  // as it should be; for remove, as it is
  std::string words;    // what it does, without the URL, which holds the connection's token
};

// Compares what Loop has with what the hub needs at `url`: topic `return` when a return is created, updated or closed,
// `return.processing` when processing fails, `label` when a label is created or updated.
//
// A subscription counts as ours when its URL is `url`, or has the same path ending `/hooks/<our token>` at another host
// (the hub moved). Everything else, and ours on other topics (somebody made it on purpose), is left alone. Of several
// ours for the same topic and trigger one is kept, and only exact copies at `url` are deleted. Empty when all is well,
// so it may be repeated.
[[nodiscard]] std::vector<WebhookChange> plan_webhooks(const std::vector<WireWebhook>& existing, std::string_view url);

}  // namespace backhaul::connectors::loop
