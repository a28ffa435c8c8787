#include "connectors/shiphero/auth.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/json.hpp>

#include "connectors/shiphero/http_headers.hpp"
#include "connectors/shiphero/json_fields.hpp"
#include "connectors/shiphero/retry_policy.hpp"
#include "connectors/shiphero/text.hpp"

namespace backhaul::connectors::shiphero {
namespace {

constexpr std::string_view operation = "auth/refresh";
// When ShipHero does not say how long a token lives. Documented are 28 days; a 401 corrects us.
constexpr std::int64_t lifetime_unsaid_seconds = 24 * 3600;
// A token is renewed this long before its end, or a tenth of its life, whichever is shorter: clocks differ, calls take
// time.
constexpr std::int64_t margin_seconds_max = 3600;

}  // namespace

TokenKeeper::TokenKeeper(std::string base_url, std::string refresh_token, double cost, Services services)
    : url_(std::move(base_url) + "/auth/refresh"),
      refresh_token_(std::move(refresh_token)),
      cost_(cost),
      services_(std::move(services)) {}

async::Task<Outcome<std::string>> TokenKeeper::token() {
  if (!access_token_.empty() && services_.loop.now() < expires_at_) co_return access_token_;
  co_return co_await refresh();
}

async::Task<Outcome<std::string>> TokenKeeper::replace(std::string rejected) {
  if (!access_token_.empty() && access_token_ != rejected) co_return access_token_;
  co_return co_await refresh();
}

async::Task<Outcome<std::string>> TokenKeeper::refresh() {
  if (refreshing_) {
    std::function<void(async::Resolver<Outcome<std::string>>)> join =
        [this](async::Resolver<Outcome<std::string>> resolver) { waiting_.push_back(std::move(resolver)); };
    co_return co_await async::wait_for<Outcome<std::string>>(std::move(join));
  }
  refreshing_ = true;
  Outcome<std::string> fetched =
      fail(Failure{Failure::Kind::retry, "internal", "auth/refresh: failed here", {}, false});
  try {
    fetched = co_await fetch();
  } catch (const std::exception&) {
    // Those who wait must hear an outcome, whatever happened to the one who asked.
  }
  refreshing_ = false;
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& resolver : waiting) resolver(fetched);
  co_return fetched;
}

async::Task<Outcome<std::string>> TokenKeeper::fetch() {
  co_await services_.limiter.acquire(cost_);
  net::HttpRequest request;
  request.method = "POST";
  request.url = url_;
  request.headers = json_headers();
  request.body = boost::json::serialize(boost::json::object{{"refresh_token", refresh_token_}});
  const auto answer = co_await services_.http.send(std::move(request));

  const Asked asked{.operation = operation, .call = Call::token, .now = services_.loop.now()};
  const auto judged = judge(answer, asked);
  if (!judged) {
    if (judged.error().throttled) services_.limiter.correct(std::nullopt, judged.error().wait);
    co_return fail(judged.error());
  }
  const boost::json::object& body = fields_of(*judged);
  const std::string token = text_at(body, "access_token");
  if (token.empty()) co_return fail(garbled(operation, Call::token, "access_token is missing"));

  std::int64_t lifetime = static_cast<std::int64_t>(std::min(amount_at(body, "expires_in"), 1e9));
  if (lifetime <= 0) lifetime = lifetime_unsaid_seconds;
  const std::int64_t margin = std::min(margin_seconds_max, lifetime / 10);
  access_token_ = token;
  expires_at_ = services_.loop.now() + Millis{(lifetime - margin) * 1000};
  const std::string renewed = text_at(body, "refresh_token");
  if (!renewed.empty() && renewed != refresh_token_) {
    refresh_token_ = renewed;
    rotated_ = renewed;
  }
  co_return access_token_;
}

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with a zero
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

}  // namespace backhaul::connectors::shiphero
