#pragma once
// The JSON ShipHero would answer with, as text: a query is answered thousands of times a second, and only a few words
// change.

#include <string>
#include <string_view>
#include <vector>

namespace backhaul::bench::stub {

struct AskedOrder {
  std::string partner_order_id;  // empty: the payload's
  std::string order_number;      // empty: the payload's
};

// One Order node with the payload's three SKUs.
[[nodiscard]] std::string order_json(const AskedOrder& asked);

enum class Received { nothing, everything };

// One Return node of the payload's three SKUs, pending or complete. Its id tells the partner_id again: see
// partner_id_of.
[[nodiscard]] std::string return_json(const std::string& partner_id, Received received);

// What return_json made the id from; empty when it did not make it.
[[nodiscard]] std::string partner_id_of(const std::string& return_id);

[[nodiscard]] std::string account_json();
[[nodiscard]] std::string me_json();

// A Relay connection of these nodes, which is all there is.
[[nodiscard]] std::string connection_json(const std::vector<std::string>& nodes);

// {"request_id":...,"complexity":...,"<name>":value}
[[nodiscard]] std::string envelope_json(std::string_view name, const std::string& value);

}  // namespace backhaul::bench::stub
