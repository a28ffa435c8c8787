// What the hub wrote itself and reads back: states, jobs, outcomes, cursors. Damaged or from another version, it must
// be refused with words or mean what it says.

#include "connectors/loop/changes.hpp"
#include "fuzz.hpp"
#include "intake/poller.hpp"
#include "returns/codec.hpp"
#include "returns/outcome.hpp"

using namespace backhaul;
using namespace backhaul::fuzz;

namespace {

// What was read once is written and read again without a loss.
template <class T>
void check_round_trip(const Result<T, Problem>& read, Result<T, Problem> (*decode)(std::string_view)) {
  if (!read) return check(!read.error().message.empty(), "an error says what is wrong");
  const auto written = encode(*read);
  const auto again = decode(written);
  check(again.has_value(), "what was written reads back");
  check(encode(*again) == written, "what was read back is the same");
}

void check_place(std::string_view text) {
  using namespace connectors::loop;
  const auto place = decode_place(text);
  if (!place) return;
  check(decode_place(encode_place(*place)) == place, "a place reads back");
  const connectors::Window window{.from = Time{1'500'000'000'000}, .to = Time{1'773'500'000'000}};
  if (const auto part = sub_window(window, place->sub_window)) {
    check(part->from >= window.from && part->to <= window.to && part->from < part->to, "a part lies in the window");
    check(part->to - part->from <= sub_window_max, "a part is short enough for Loop");
  }
  if (const auto next = place_after(*place, {}, window)) {
    check(next->sub_window > place->sub_window || next->state > place->state, "a list comes to its end");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = view(data, size);
  check_round_trip(returns::decode_state(text), returns::decode_state);
  check_round_trip(returns::decode_work(text), returns::decode_work);
  check_round_trip(returns::decode_view(text), returns::decode_view);
  check_round_trip(returns::decode_receipt(text), returns::decode_receipt);
  check_round_trip(intake::decode_backfill(text), intake::decode_backfill);
  const auto note = returns::decode_outcome(text);
  check_round_trip(note, returns::decode_outcome);
  if (note) (void)returns::events_of(*note, EventId{1}, Time{1}, ConnectionId{"con_1"});
  if (const auto receipt = returns::decode_receipt(text)) {
    check(returns::decision_digest(*receipt) ==
              returns::decision_digest(returns::decode_receipt(returns::encode(*receipt)).value()),
          "a receipt's digest survives the store");
  }
  check_place(text);
  return 0;
}
