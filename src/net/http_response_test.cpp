#include "net/http_response.hpp"

#include <gtest/gtest.h>

namespace backhaul::net {
namespace {

std::string bytes_of(const ServerResponse& response, const ResponseFraming& framing) {
  std::string out;
  append_response(out, response, framing);
  return out;
}

TEST(append_response, frames_by_status_method_and_version) {
  const ServerResponse ok{200, "application/json", "{}", {{"X-Id", "7"}}};
  const struct {
    ServerResponse response;
    ResponseFraming framing;
    std::string_view bytes;
  } cases[] = {
      {ok, {}, "HTTP/1.1 200 OK\r\nX-Id: 7\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"},
      {ok, {.head = true}, "HTTP/1.1 200 OK\r\nX-Id: 7\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"},
      {{202, "", "", {}}, {.close = true}, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
      {{202, "", "", {}},
       {.http10 = true},
       "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"},
      {{204, "text/plain", "dropped", {}}, {}, "HTTP/1.1 204 No Content\r\n\r\n"},
      {{304, "text/plain", "dropped", {}}, {}, "HTTP/1.1 304 Not Modified\r\n\r\n"},
      {{299, "", "", {}}, {}, "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"},
      {{200, "", "", {}}, {.date = "today"}, "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 0\r\n\r\n"},
  };
  for (const auto& each : cases) EXPECT_EQ(bytes_of(each.response, each.framing), each.bytes);
}

TEST(append_response, leaves_out_headers_that_break_the_framing) {
  const ServerResponse response{
      200, "text/plain\r\nX-A: 1", "", {{"X-B", "1\r\nX-C: 2"}, {"X-D\n", "3"}, {"X-E", "4\r"}, {"X-F", "kept"}}};
  EXPECT_EQ(bytes_of(response, {}), "HTTP/1.1 200 OK\r\nX-F: kept\r\nContent-Length: 0\r\n\r\n");
}

TEST(http_date, is_in_the_form_of_rfc_9110) {
  EXPECT_EQ(http_date(Time{784'111'777'000}), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace backhaul::net
