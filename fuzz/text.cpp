// Ids, times and the small formats around them, as people, vendors and headers write them.

#include <algorithm>
#include <cstring>

#include "connectors/loop/changes.hpp"
#include "connectors/loop/mapping.hpp"
#include "connectors/loop/retry_policy.hpp"
#include "connectors/loop/wording.hpp"
#include "connectors/shiphero/mapping.hpp"
#include "connectors/shiphero/text.hpp"
#include "connectors/shiphero/waits.hpp"
#include "fuzz.hpp"
#include "types/id.hpp"
#include "types/time.hpp"

using namespace backhaul;
using namespace backhaul::fuzz;

namespace {

template <class Id>
void check_id(std::string_view text, std::int64_t number) {
  if (const auto id = Id::parse(text)) check(id->str() == text, "an id is written in one way");
  if (number > 0) check(Id::parse(Id{number}.str()) == Id{number}, "an id reads back");
}

void check_times(std::string_view text, std::int64_t number) {
  if (const auto time = parse_time(text)) {
    check(parse_time(to_iso(*time)) == time, "a time reads back");
  }
  check(!to_iso(Time{number}).empty(), "any time can be shown");
  constexpr std::int64_t year_10000 = 253'402'300'800'000;
  if (number >= 0 && number < year_10000) check(parse_time(to_iso(Time{number})) == Time{number}, "a time reads back");
}

void check_loop(std::string_view text, std::size_t limit) {
  using namespace connectors::loop;
  const auto cut = cut_utf8(text, limit);
  check(cut.size() <= limit && text.starts_with(cut), "a cut text is its beginning");
  const auto words = presentable(text);
  check(words.size() <= 500 && std::ranges::none_of(words, is_control), "words fit on a line");
  check(words.find(personal) == std::string::npos, "words hold no address");
  check(note_content(text).size() <= 254, "a note fits");
  for (const char* currency : {"USD", "JPY", "KWD", ""}) {
    const auto minor = to_minor(text, currency);
    if (minor && !text.starts_with('-')) {
      check(to_minor("-" + std::string(text), currency) == -*minor, "a refund is the price below nothing");
    }
  }
  const auto wait = connectors::loop::parse_retry_after(text, Time{1'773'500'000'000});
  check(!wait || (*wait >= Millis{1'000} && *wait <= Millis{900'000}), "a wait is bounded");
  if (const auto cursor = cursor_of(text)) check(cursor->size() <= text.size(), "a cursor is a part of its address");
  (void)to_state(text);
}

void check_shiphero(std::string_view text, std::size_t limit) {
  using namespace connectors::shiphero;
  const auto words = shown(text, limit);
  check(words.size() <= limit && std::ranges::none_of(words, is_control), "words fit on a line");
  check(words.find('@') == std::string::npos, "words hold no address");
  check(normalise_status(normalise_status(text)) == normalise_status(text), "a status is normalised once");
  check(same_word(text, text) && same_word(text, lowered(text)), "a word is the same in any case");
  const auto remaining = parse_time_remaining(text);
  check(!remaining || *remaining >= Millis{0}, "a wait is none or some");
  const auto wait = connectors::shiphero::parse_retry_after(text, Time{1'773'500'000'000});
  check(!wait || *wait >= Millis{0}, "a wait is none or some");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = view(data, size);
  std::int64_t number = 0;
  std::memcpy(&number, data, std::min(size, sizeof number));
  check_id<EventId>(text, number);
  check_id<ReturnId>(text, number);
  check_id<JobId>(text, number);
  check_id<AttemptId>(text, number);
  check_times(text, number);
  check_loop(text, size / 2);
  check_shiphero(text, size / 2);
  return 0;
}
