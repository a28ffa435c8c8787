#include "net/http_request_parser.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace backhaul::net {
namespace {

namespace beast = boost::beast;
using beast::http::error;
using beast::http::field;

// A stranger's Content-Length must not make us allocate more than this before the bytes are here.
constexpr std::uint64_t body_bytes_reserved_max = 64 * 1024;
// Most senders use 8 to 15.
constexpr std::size_t headers_reserved = 16;

std::string_view to_std(beast::string_view text) {
  return {text.data(), text.size()};
}

// `http://host/path?query`, which proxies send, means the same as `/path?query`.
std::string_view without_origin(std::string_view target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const auto path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
}

}  // namespace

RequestParser::RequestParser(const ServerLimits& limits) {
  header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  body_limit(limits.body_bytes_max);
}

std::size_t RequestParser::feed(std::string_view waiting, beast::error_code& error) {
  // Beast takes note of a last chunk once it has seen "0\r\n", and asserts that all of "0\r\n\r\n" is there when it is
  // called next. Where no assertion is compiled in, one byte more does no harm, but a stranger should not decide.
  constexpr std::size_t last_chunk_bytes = 5;
  if (is_header_done() && chunked() && waiting.starts_with('0') && waiting.size() < last_chunk_bytes) {
    error = beast::http::error::need_more;
    return 0;
  }
  return put({waiting.data(), waiting.size()}, error);
}

void RequestParser::on_request_impl(beast::http::verb, string_view method, string_view target, int version,
                                    error_code&) {
  http11_ = version >= 11;
  request_.method.assign(method.data(), method.size());
  request_.headers.reserve(headers_reserved);
  auto rest = without_origin(to_std(target));
  if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
    request_.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  request_.path = rest.empty() ? std::string_view{"/"} : rest;
}

void RequestParser::on_field_impl(field name, string_view name_text, string_view value, error_code& error) {
  // A trailer after a chunked body: it must not pass for a header that a proxy before us has checked.
  if (is_header_done()) return;
  if (name == field::transfer_encoding && (!http11_ || !beast::iequals(value, "chunked"))) {
    // Beast would take anything else for "no body", and the body for the next request.
    error = beast::http::error::bad_transfer_encoding;
    return;
  }
  if (name == field::expect && http11_ && beast::iequals(value, "100-continue")) expects_continue_ = true;
  request_.headers.emplace_back(to_std(name_text), to_std(value));
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& content_length, error_code&) {
  if (content_length) request_.body.reserve(std::min(*content_length, body_bytes_reserved_max));
}

std::size_t RequestParser::on_body_impl(string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

Refusal refusal_for(const beast::error_code& cause) {
  if (cause == error::body_limit) return {413, "the body is too large"};
  if (cause == error::header_limit) return {431, "the headers are too large"};
  return {400, "this is not a well-formed HTTP/1.1 request"};
}

}  // namespace backhaul::net
