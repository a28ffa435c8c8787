#pragma once
// What a delivery is answered, in one table. The status decides what the vendor does next, so it says what we want of
// the vendor, not what is the matter:
//
//   Loop       tries again after 500, 503 and no answer (six attempts); never after 400, 401, 403, 404, 405: the event
//   is lost.
//              Ten failures in a row used to deactivate a webhook.
//   ShipHero   tries again after anything but 2xx (five attempts); persistent errors disable the webhook.

#include <string>
#include <string_view>

namespace backhaul::intake {

enum class Verdict : std::uint8_t {
  stored,         // it is on disk
  duplicate,      // so is the first of its kind; recorded
  unreadable,     // rightly signed and not to be understood: kept for a person, since sending the same again would not
                  // help
  bad_signature,  // usually a rotated secret: the connector says which status keeps the event alive at its vendor
  store_failed,   // the disk is full, the database is gone: not acknowledged
  too_busy,       // more at once than can be stored
  unknown_token,  // no connection has this URL (any more)
  wrong_method
};

// 0: the connector decides (Inbound::status_for_bad_signature).
[[nodiscard]] int status_of(Verdict verdict);

// One sentence for whoever reads the vendor's delivery log. Never anything from the body.
[[nodiscard]] std::string_view words_of(Verdict verdict);

}  // namespace backhaul::intake
