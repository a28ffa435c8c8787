#pragma once
// One request in libcurl's hands, and the judgement of how it ended. Private to net/.
//
// What "sent once" rests on: when a kept-alive connection turns out to be dead, libcurl starts the request again on a
// new one, even a POST that may have been carried out (Curl_retry_request in lib/transfer.c). It calls the pre-request
// callback before each start, bodies or not; ours refuses the second one of a request that is not repeatable if any
// byte of the first left us. The same callback tells what never started: without it, not a byte of the request was
// written.

#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/curl_client.hpp"
#include "net/http_client.hpp"

namespace backhaul::net {

struct CloseEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using EasyHandle = std::unique_ptr<CURL, CloseEasy>;

using HttpAnswer = Result<HttpResponse, HttpError>;

class CurlTransfer {
 public:
  explicit CurlTransfer(HttpRequest request) : request_(std::move(request)) {}
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  [[nodiscard]] Millis timeout() const { return request_.timeout; }

  // Sets up `handle`, which must be new or reset, to send the request. Gives why it cannot be sent.
  [[nodiscard]] std::optional<std::string> prepare(EasyHandle handle, const CurlOptions& options);
  // Null before `prepare` and after `release`.
  [[nodiscard]] CURL* handle() const { return handle_.get(); }
  [[nodiscard]] EasyHandle release() { return std::move(handle_); }

  // Once curl is done with it; takes the response out.
  [[nodiscard]] HttpAnswer answer(CURLcode code);
  // When its time is over first.
  [[nodiscard]] HttpAnswer timed_out() const;

 private:
  [[nodiscard]] bool add_headers();
  void set_method_and_body();
  [[nodiscard]] bool partly_sent() const;
  [[nodiscard]] HttpError::Kind kind() const;
  [[nodiscard]] std::string message_for(CURLcode code) const;

  int on_start();
  std::size_t on_header(std::string_view line);
  std::size_t on_body(std::string_view bytes);

  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  HttpRequest request_;
  HttpResponse response_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<curl_slist, FreeList> headers_;
  bool started_ = false;  // curl had a connection ready and began to write the request
  bool head_complete_ = false;
  bool too_large_ = false;
  std::size_t header_bytes_ = 0;
  EasyHandle handle_;  // last: it refers to all of the above
};

}  // namespace backhaul::net
