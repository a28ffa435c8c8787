#include "intake/rounds.hpp"

#include <algorithm>

namespace backhaul::intake {

void Rounds::start(const connections::Snapshot& snapshot, Time now, Millis longest,
                   const std::function<void(const connections::LivePtr&)>& begin) {
  const auto& all = snapshot.all;
  const auto count = std::min(all.size(), static_cast<std::size_t>(looked_at_));
  for (std::size_t i = 0; i < count; ++i) {
    const auto& connection = all[at_++ % all.size()];
    auto& busy = busy_of_vendor_[connection->connector->vendor];
    if (busy >= at_once_ || busy_.contains(connection->id()) || !is_due(next_[connection->id()], now, longest))
      continue;
    ++busy;
    busy_.insert(connection->id());
    begin(connection);
  }
}

void Rounds::ended(const connections::LiveConnection& connection, Time next) {
  next_[connection.id()] = next;
  busy_.erase(connection.id());
  --busy_of_vendor_[connection.connector->vendor];
}

}  // namespace backhaul::intake
