#include "net/http_client.hpp"

#include <gtest/gtest.h>

namespace backhaul::net {
namespace {

TEST(find_header, ignores_case_and_takes_the_first) {
  const Headers headers = {{"Content-Type", "text/plain"}, {"X-Id", "1"}, {"x-id", "2"}, {"Empty", ""}};
  const struct {
    std::string_view name, value;
  } cases[] = {{"content-type", "text/plain"},
               {"CONTENT-TYPE", "text/plain"},
               {"X-ID", "1"},
               {"Empty", ""},
               {"Content-Typ", ""},
               {"Content-Type2", ""},
               {"", ""}};
  for (const auto& each : cases) EXPECT_EQ(find_header(headers, each.name), each.value) << each.name;
  EXPECT_EQ(find_header({}, "X-Id"), "");
}

TEST(url_encode, keeps_only_unreserved_characters) {
  const struct {
    std::string_view text, encoded;
  } cases[] = {{"", ""},
               {"AZaz09-._~", "AZaz09-._~"},
               {"a b", "a%20b"},
               {"#1001/2?x=1&y=%", "%231001%2F2%3Fx%3D1%26y%3D%25"},
               {"caf\xC3\xA9", "caf%C3%A9"},
               {std::string_view{"\0\x7F\xFF", 3}, "%00%7F%FF"},
               {"2026-03-14T15:09:26.000Z", "2026-03-14T15%3A09%3A26.000Z"}};
  for (const auto& each : cases) EXPECT_EQ(url_encode(each.text), each.encoded);
}

}  // namespace
}  // namespace backhaul::net
