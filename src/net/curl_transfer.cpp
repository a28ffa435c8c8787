#include "net/curl_transfer.hpp"

#include <fmt/format.h>

#include <utility>

namespace backhaul::net {
namespace {

// Vendors send one to four kilobytes.
constexpr std::size_t response_header_bytes_max = 256 * 1024;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

}  // namespace

std::optional<std::string> CurlTransfer::prepare(EasyHandle handle, const CurlOptions& options) {
  if (!handle) return "out of memory";
  handle_ = std::move(handle);
  CURL* const easy = handle_.get();
  if (has_line_break(request_.method) || !add_headers()) return "a line break or NUL in the method or a header";

  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  // One request at a time on a connection: then it is certain whose bytes were sent.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  if (!options.user_agent.empty()) curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());

  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_PREREQFUNCTION,
      +[](void* self, char*, char*, int, int) { return static_cast<CurlTransfer*>(self)->on_start(); });
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_HEADERFUNCTION, +[](char* bytes, std::size_t one, std::size_t count, void* self) {
        return static_cast<CurlTransfer*>(self)->on_header({bytes, one * count});
      });
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_WRITEFUNCTION, +[](char* bytes, std::size_t one, std::size_t count, void* self) {
        return static_cast<CurlTransfer*>(self)->on_body({bytes, one * count});
      });
  set_method_and_body();
  if (const auto code = curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str()); code != CURLE_OK) {
    return curl_easy_strerror(code);
  }
  return std::nullopt;
}

bool CurlTransfer::add_headers() {
  const auto add = [this](const std::string& line) {
    if (auto* longer = curl_slist_append(headers_.get(), line.c_str())) {
      (void)headers_.release();
      headers_.reset(longer);
    }
  };
  for (const auto& [name, value] : request_.headers) {
    if (has_line_break(name) || has_line_break(value)) return false;
    add(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  // Without these curl would wait for a `100 Continue` before larger bodies, and call every body a form.
  add("Expect:");
  if (find_header(request_.headers, "Content-Type").empty()) add("Content-Type:");
  return true;
}

void CurlTransfer::set_method_and_body() {
  CURL* const easy = handle_.get();
  const auto& method = request_.method;
  if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  // A POST, PUT or PATCH without a body says so (`Content-Length: 0`); some servers refuse it otherwise.
  const bool has_body = !request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
}

int CurlTransfer::on_start() {
  const bool again = std::exchange(started_, true);
  if (again && !request_.repeatable && partly_sent()) return CURL_PREREQFUNC_ABORT;
  return CURL_PREREQFUNC_OK;
}

std::size_t CurlTransfer::on_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > response_header_bytes_max) {
    too_large_ = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    // A new answer: what came before was a `100 Continue`, a proxy's, or a dead connection's.
    response_ = {};
    head_complete_ = false;
    header_bytes_ = line.size();
  } else if (trim(line).empty()) {
    head_complete_ = true;
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    response_.headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return line.size();
}

std::size_t CurlTransfer::on_body(std::string_view bytes) {
  if (bytes.size() > request_.response_bytes_max - response_.body.size()) {
    too_large_ = true;
    return 0;
  }
  response_.body.append(bytes);
  return bytes.size();
}

HttpAnswer CurlTransfer::answer(CURLcode code) {
  if (code != CURLE_OK) return fail(HttpError{kind(), message_for(code)});
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  // To curl a connection that ends within the head has answered all the same.
  if (!head_complete_ || status < 200) {
    return fail(HttpError{HttpError::Kind::unknown, "the connection ended within the head of the answer"});
  }
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

HttpAnswer CurlTransfer::timed_out() const {
  return fail(HttpError{kind(), fmt::format("timed out after {} ms", request_.timeout.count())});
}

bool CurlTransfer::partly_sent() const {
  if (!started_) return false;
  long request_bytes = 0;
  curl_off_t body_bytes = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_UPLOAD_T, &body_bytes);
  return request_bytes > 0 || body_bytes > 0;
}

HttpError::Kind CurlTransfer::kind() const {
  if (too_large_) return HttpError::Kind::too_large;
  return partly_sent() ? HttpError::Kind::unknown : HttpError::Kind::not_sent;
}

std::string CurlTransfer::message_for(CURLcode code) const {
  if (too_large_) return fmt::format("the answer is larger than {} bytes", request_.response_bytes_max);
  const std::string detail = error_.data();
  // curl names hosts and ports, which help; should it ever quote more of the URL, its general words must do.
  const auto host = request_.url.find("://");
  const auto path = request_.url.find_first_of("/?#", host == std::string::npos ? 0 : host + 3);
  const auto query = request_.url.find('?');
  const auto quotes_from = [&](std::size_t from) {
    return from < request_.url.size() - 1 && detail.find(request_.url.substr(from)) != std::string::npos;
  };
  const bool quotes_url =
      !request_.url.empty() && (quotes_from(path) || (query != std::string::npos && quotes_from(query)));
  return detail.empty() || quotes_url ? curl_easy_strerror(code) : detail;
}

}  // namespace backhaul::net
