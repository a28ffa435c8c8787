#include "connectors/registry.hpp"

#include <algorithm>
#include <array>

#include "connectors/loop/connector.hpp"
#include "connectors/shiphero/connector.hpp"

namespace backhaul::connectors {

std::span<const Connector* const> all_connectors() {
  static const std::array<const Connector*, 2> all{
      &loop::loop_connector(),
      &shiphero::shiphero_connector(),
  };
  return all;
}

const Connector* find_connector(std::string_view vendor) {
  const auto all = all_connectors();
  const auto found = std::ranges::find(all, vendor, &Connector::vendor);
  return found == all.end() ? nullptr : *found;
}

bool CheckReport::healthy() const {
  return std::ranges::none_of(items, [](const CheckItem& item) { return item.level == CheckItem::Level::failed; });
}

}  // namespace backhaul::connectors
