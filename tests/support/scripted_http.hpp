#pragma once
// A vendor in a script: answers each request by the next prepared answer and keeps what was asked.

#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "connectors/connector.hpp"
#include "net/http_client.hpp"

namespace backhaul::test {

class ScriptedHttp final : public net::HttpClient {
 public:
  using Answer = std::function<Result<net::HttpResponse, net::HttpError>(const net::HttpRequest&)>;

  void answer(int status, std::string body, net::Headers headers = {}) {
    answers_.push_back([=](const net::HttpRequest&) { return net::HttpResponse{status, headers, body}; });
  }
  void answer(Answer how) { answers_.push_back(std::move(how)); }
  void lose(net::HttpError::Kind kind) {
    answers_.push_back([=](const net::HttpRequest&) -> Result<net::HttpResponse, net::HttpError> {
      return fail(net::HttpError{kind, "lost by the test"});
    });
  }

  async::Task<Result<net::HttpResponse, net::HttpError>> send(net::HttpRequest request) override {
    requests.push_back(request);
    if (answers_.empty()) {
      ADD_FAILURE() << "unexpected request " << request.method << " " << request.url << "\n" << request.body;
      co_return fail(net::HttpError{net::HttpError::Kind::not_sent, "no answer scripted"});
    }
    auto how = std::move(answers_.front());
    answers_.pop_front();
    co_return how(request);
  }

  [[nodiscard]] std::size_t unused() const { return answers_.size(); }

  std::vector<net::HttpRequest> requests;

 private:
  std::deque<Answer> answers_;
};

// Grants everything at once and keeps what was asked of it.
class FreeLimiter final : public connectors::RateLimiter {
 public:
  async::Task<void> acquire(double cost) override {
    spent += cost;
    co_return;
  }
  void correct(std::optional<double> left, std::optional<Millis> wait) override {
    last_left = left;
    last_wait = wait;
  }
  void configure(double bucket, double refill_per_second) override {
    configured = std::pair{bucket, refill_per_second};
  }

  double spent = 0;
  std::optional<double> last_left;
  std::optional<Millis> last_wait;
  std::optional<std::pair<double, double>> configured;
};

}  // namespace backhaul::test
