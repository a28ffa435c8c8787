#pragma once
// Keeping the one webhook we need: "Return Update", delivered to us, enabled, with a secret we know (contract 6).
//
// Ours is the one with our tag in `shop_name`, which is how the merchant's own registrations of the same type can stay
// beside it, else one that delivers to our URL. The signing secret is shown at creation only: when we hold none, it is
// made anew.

#include "connectors/shiphero/client.hpp"

namespace backhaul::connectors::shiphero {

inline constexpr std::string_view return_webhook = "Return Update";

// Our webhook among those of the account; null when there is none. `url` may be empty: then only the tag counts.
[[nodiscard]] const Webhook* find_ours(const std::vector<Webhook>& webhooks, std::string_view tag,
                                       std::string_view url);

// As Destination::ensure_webhooks. May be repeated: it looks first. The client and settings must outlive the task.
[[nodiscard]] async::Task<Outcome<WebhookReport>> ensure_return_webhook(Client& client, const Settings& settings,
                                                                        bool secret_known, std::string url);

}  // namespace backhaul::connectors::shiphero
