// The HTTP server's parser, fed as the server feeds it: what a stranger sends, in pieces of any size.

#include <algorithm>
#include <boost/beast/http/error.hpp>

#include "fuzz.hpp"
#include "net/http_request_parser.hpp"

using namespace backhaul;
using namespace backhaul::fuzz;

namespace {

constexpr net::ServerLimits limits{.body_bytes_max = 4'096, .header_bytes_max = 1'024};

struct Parsed {
  bool done = false;
  std::size_t used = 0;  // bytes of the input that belong to the request
  net::ServerRequest request;
};

// As net/http_session.cpp does, with reads of at most `piece` bytes.
Parsed parse(std::string_view bytes, std::size_t piece) {
  Parsed parsed;
  net::RequestParser parser(limits);
  std::size_t end = 0;
  while (end < bytes.size()) {
    end = std::min(bytes.size(), end + piece);
    while (parsed.used < end) {
      const auto waiting = bytes.substr(parsed.used, end - parsed.used);
      if (!parser.got_some() && waiting.starts_with("\r\n")) {
        parsed.used += 2;
        continue;
      }
      boost::beast::error_code error;
      parsed.used += parser.feed(waiting, error);
      if (error == boost::beast::http::error::need_more) break;
      if (error) {
        const auto refusal = net::refusal_for(error);
        check(refusal.status >= 400 && refusal.status < 500 && !refusal.why.empty(), "a refusal says why");
        return parsed;
      }
      if (parser.is_done()) {
        parsed.done = true;
        parsed.request = std::move(parser.request());
        return parsed;
      }
    }
  }
  return parsed;
}

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void check_request(const net::ServerRequest& request) {
  check(!request.method.empty() && is_one_line(request.method), "a request has a method");
  check(!request.path.empty() && is_one_line(request.path), "a request has a path");
  check(is_one_line(request.query), "a query is one line");
  check(request.body.size() <= limits.body_bytes_max, "a body is within its limit");
  for (const auto& [name, value] : request.headers) {
    check(!name.empty() && is_one_line(name) && is_one_line(value), "a header is one line");
    check(net::find_header(request.headers, name).size() <= limits.header_bytes_max, "a header is within its limit");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = view(data, size);
  const auto whole = parse(bytes, bytes.size());
  if (whole.done) check_request(whole.request);
  for (const std::size_t piece : {1, 7, 100}) {
    const auto pieces = parse(bytes, piece);
    if (!whole.done || !pieces.done) continue;
    const auto& [one, other] = std::pair{whole.request, pieces.request};
    check(whole.used == pieces.used, "where a request ends does not depend on how it arrives");
    check(one.method == other.method && one.path == other.path && one.query == other.query &&
              one.headers == other.headers && one.body == other.body,
          "what a request says does not depend on how it arrives");
  }
  return 0;
}
