#pragma once
// Keeps a node that overslept (was stopped, or could not reach the store, for longer than its leases) from sending what
// another node may be doing by now. Its late words to the store are refused by the fence; vendors have none.

#include <functional>

#include "net/http_client.hpp"

namespace backhaul::cli {

class LeasedHttp final : public net::HttpClient {
 public:
  LeasedHttp(net::HttpClient& inner, std::function<bool()> overslept)
      : inner_(inner), overslept_(std::move(overslept)) {}

  async::Task<Result<net::HttpResponse, net::HttpError>> send(net::HttpRequest request) override {
    if (overslept_()) {
      co_return fail(net::HttpError{net::HttpError::Kind::not_sent, "the lease of this node ended before it was sent"});
    }
    auto sending = inner_.send(std::move(request));
    co_return co_await std::move(sending);
  }

 private:
  net::HttpClient& inner_;
  std::function<bool()> overslept_;
};

}  // namespace backhaul::cli
