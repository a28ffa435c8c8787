#include "connectors/shiphero/graphql.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "connectors/shiphero/http_headers.hpp"

namespace backhaul::connectors::shiphero {

double request_cost_min(double bucket, double per_second, double requests_per_window) {
  return std::max(1.0, (bucket + per_second * request_window_seconds) / requests_per_window);
}

GraphQl::GraphQl(const Settings& settings, std::string refresh_token, Services services)
    : settings_(settings),
      services_(services),
      bucket_(settings.credits_max),
      per_second_(settings.credits_per_second),
      cost_min_(request_cost_min(bucket_, per_second_, settings.requests_per_window)),
      tokens_(settings.base_url, std::move(refresh_token), cost_min_, std::move(services)) {
  if (bucket_ != default_credits_max || per_second_ != default_credits_per_second) configure(bucket_, per_second_);
}

void GraphQl::configure(double bucket, double per_second) {
  bucket_ = bucket;
  per_second_ = per_second;
  cost_min_ = request_cost_min(bucket, per_second, settings_.requests_per_window);
  services_.limiter.configure(bucket, per_second);
}

async::Task<Outcome<boost::json::value>> GraphQl::call(Operation operation, boost::json::object variables) {
  boost::json::object request{{"query", operation.document}};
  if (!variables.empty()) request["variables"] = std::move(variables);
  std::string body = boost::json::serialize(request);
  if (!quota_asked_) {
    // The token first: without one there is nothing to ask, and the failure is the caller's to hear.
    const auto token = co_await tokens_.token();
    if (!token) co_return fail(token.error());
    if (!quota_asked_) (void)co_await adopt_quota();
  }
  co_return co_await send(operation, std::move(body));
}

async::Task<Outcome<UserQuota>> GraphQl::adopt_quota() {
  quota_asked_ = true;
  const Operation operation = user_quota_operation();
  std::string body = boost::json::serialize(boost::json::object{{"query", operation.document}});
  const auto answer = co_await send(operation, std::move(body));
  if (!answer) co_return fail(answer.error());
  auto quota = read_quota(*answer);
  if (!quota) co_return fail(garbled(operation.name, operation.call, quota.error()));
  double bucket = settings_.credits_max;
  double per_second = settings_.credits_per_second;
  if (bucket == default_credits_max && quota->max_available > 0) bucket = quota->max_available;
  if (per_second == default_credits_per_second && quota->increment_rate > 0) per_second = quota->increment_rate;
  if (bucket != bucket_ || per_second != per_second_) configure(bucket, per_second);
  co_return *quota;
}

async::Task<Outcome<boost::json::value>> GraphQl::send(Operation operation, std::string body) {
  const auto token = co_await tokens_.token();
  if (!token) co_return fail(token.error());
  auto answer = co_await post(operation, *token, body);
  bool fresh = false;
  if (answer && answer->status == 401) {
    const auto other = co_await tokens_.replace(*token);
    if (!other) co_return fail(other.error());
    fresh = true;
    answer = co_await post(operation, *other, body);
  }
  const Asked asked{.operation = operation.name,
                    .call = operation.call,
                    .bucket = bucket_,
                    .credits_per_second = per_second_,
                    .token_is_fresh = fresh,
                    .now = services_.loop.now()};
  auto judged = judge(answer, asked);
  if (!judged && judged.error().throttled) services_.limiter.correct(std::nullopt, judged.error().wait);
  co_return judged;
}

async::Task<Result<net::HttpResponse, net::HttpError>> GraphQl::post(Operation operation, std::string token,
                                                                     std::string body) {
  co_await services_.limiter.acquire(std::max(operation.cost, cost_min_));
  net::HttpRequest request;
  request.method = "POST";
  request.url = settings_.base_url + "/graphql";
  request.headers = json_headers();
  request.headers.emplace_back("Authorization", "Bearer " + token);
  request.body = std::move(body);
  request.repeatable = operation.call != Call::effect;
  co_return co_await services_.http.send(std::move(request));
}

}  // namespace backhaul::connectors::shiphero
