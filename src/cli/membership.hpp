#pragma once
// One node among those that share a store: how many there are, which one does what only one should (polls, webhooks,
// rescue of jobs whose node stopped), and that its own place is known.

#include <string>

#include "connections/live.hpp"
#include "store/store.hpp"

namespace backhaul::cli {

struct MembershipOptions {
  std::string node;
  bool alone = true;            // nobody else can use the store: all running jobs of other names are lost ones
  Millis unknown_wait{30'000};  // before an effect that a lost node may have begun is looked for
};

class Membership {
 public:
  Membership(store::Store& store, connections::Connections& connections, async::Loop& loop, MembershipOptions options);

  // At start: takes a place and frees lost jobs. Gives their number.
  [[nodiscard]] async::Task<store::Stored<std::int64_t>> join();
  // About once a second; renews what is due.
  [[nodiscard]] async::Task<void> tick();
  // At the end: another node need not wait.
  [[nodiscard]] async::Task<void> leave();
  // Whether the duties are this node's, now. Not any more, as soon as it could not renew them in time.
  [[nodiscard]] bool leads() const { return loop_.now() < leads_until_; }

 private:
  async::Task<store::Stored<void>> renew(Time until);
  async::Task<store::Stored<std::int64_t>> rescue();

  store::Store& store_;
  connections::Connections& connections_;
  async::Loop& loop_;
  MembershipOptions options_;
  Time leads_until_;
  Time renewed_at_;
};

}  // namespace backhaul::cli
