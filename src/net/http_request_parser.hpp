#pragma once
// Beast's parser, filling a ServerRequest as it goes: no intermediate message, each header and body byte is copied
// once. Private to net/: only the server's own sources include it.

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>

#include "net/http_server.hpp"

namespace backhaul::net {

// Parses one request; make a new one for the next. Give it bytes by `feed`, and without `eager`, so that the header can
// be judged before the body is read. Errors become statuses by `refusal_for`.
class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  explicit RequestParser(const ServerLimits& limits);

  using basic_parser::got_some;
  using basic_parser::is_done;
  using basic_parser::is_header_done;
  using basic_parser::keep_alive;

  // Takes bytes from the front of those that wait; gives how many. error::need_more: come again with the same and more.
  std::size_t feed(std::string_view waiting, boost::beast::error_code& error);

  [[nodiscard]] ServerRequest& request() { return request_; }
  [[nodiscard]] bool http11() const { return http11_; }
  // The client waits for `100 Continue` before it sends the body.
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }

 private:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& error) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field field, string_view name, string_view value, error_code& error) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& content_length, error_code&) override;
  std::size_t on_body_impl(string_view body, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override;
  void on_finish_impl(error_code&) override {}

  ServerRequest request_;
  bool http11_ = false;
  bool expects_continue_ = false;
};

struct Refusal {
  int status;
  std::string_view why;
};
[[nodiscard]] Refusal refusal_for(const boost::beast::error_code& error);

}  // namespace backhaul::net
