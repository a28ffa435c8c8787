#pragma once
// Catch-up: asks each vendor for what changed, since webhooks get lost. Windows overlap, and the cursor moves only
// after a full pass, so a pass that breaks off is repeated. Backfills are the same pass over a window a person asked
// for.

#include <string>

#include "connections/live.hpp"
#include "intake/rounds.hpp"
#include "store/store.hpp"

namespace backhaul::intake {

struct PollOptions {
  Millis interval{300'000};
  Millis overlap{600'000};  // vendors' clocks and ours differ, and a vendor's index lags behind
  bool alone = true;        // the only node
};

// A backfill as kept under the cursor "backfill": JSON {"from","to","seen","recorded","done","error"}.
struct BackfillState {
  Time from;
  Time to;
  std::int64_t seen = 0;
  std::int64_t recorded = 0;
  bool done = false;
  std::string error;
};
[[nodiscard]] std::string encode(const BackfillState& state);
[[nodiscard]] Result<BackfillState, Problem> decode_backfill(std::string_view json);

class Poller {
 public:
  Poller(store::Store& store, connections::Connections& connections, async::Loop& loop, PollOptions options);

  // Starts whatever is due; called about once a second.
  void tick();
  void stop() { stopped_ = true; }
  [[nodiscard]] bool idle() const { return rounds_.idle(); }

  // One pass over a window; gives the items seen and recorded. For tests, and tick's own use.
  struct Pass {
    std::int64_t seen = 0;
    std::int64_t recorded = 0;
  };
  [[nodiscard]] async::Task<Result<Pass, Problem>> pass(connections::LivePtr connection, connectors::Window window);

 private:
  [[nodiscard]] Millis look_every() const;
  async::Task<void> poll(connections::LivePtr connection);
  async::Task<void> catch_up(connections::LivePtr connection);
  async::Task<void> backfill(connections::LivePtr connection);

  store::Store& store_;
  connections::Connections& connections_;
  async::Loop& loop_;
  PollOptions options_;
  Rounds rounds_;
  bool stopped_ = false;
};

}  // namespace backhaul::intake
