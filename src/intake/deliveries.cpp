#include "intake/deliveries.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace backhaul::intake {
namespace {

constexpr std::string_view prefix = "/hooks/";
constexpr Millis complain_every{60'000};

async::Task<net::ServerResponse> ready(net::ServerResponse response) {
  co_return response;
}

}  // namespace

Deliveries::Deliveries(store::Store& store, const connections::Connections& connections, async::Loop& loop,
                       Listener listener)
    : store_(store), connections_(connections), loop_(loop), listener_(std::move(listener)) {}

async::Task<net::ServerResponse> Deliveries::handle(net::ServerRequest request) {
  const auto snapshot = connections_.snapshot();
  const std::string token = request.path.size() > prefix.size() ? request.path.substr(prefix.size()) : std::string();
  const auto found = snapshot->by_token.find(token);
  if (found == snapshot->by_token.end()) {
    // 404 would lose the event for good at Loop; it may belong to a connection that cannot be used just now.
    return ready(answer(snapshot->incomplete ? Verdict::store_failed : Verdict::unknown_token, nullptr));
  }
  // ShipHero asks with HEAD whether the address exists before it registers a webhook.
  if (request.method == "HEAD") return ready({});
  if (request.method != "POST") return ready(answer(Verdict::wrong_method, nullptr));
  return take(found->second, std::move(request));
}

async::Task<net::ServerResponse> Deliveries::take(connections::LivePtr connection, net::ServerRequest request) {
  const connectors::Delivery delivery{.headers = request.headers, .body = request.body};
  store::Digest digest{};
  if (!connection->inbound->verify(delivery, digest)) {
    const bool told = complain(
        *connection, "bad_signature", "deliveries arrive with a signature that does not match the webhook secret",
        "compare the webhook secret with the vendor's page, and connect again with the right one; missed changes are "
        "found by the next poll");
    if (told) verified_.erase(connection->id());
    co_return answer(Verdict::bad_signature, connection.get());
  }
  if (verified_.insert(connection->id()).second) listener_.verified(connection->id());
  store::NewEvent event;
  event.connection = connection->id();
  event.at = loop_.now();
  auto verdict = Verdict::stored;
  if (auto routed = connection->inbound->route(delivery)) {
    event.subject = std::move(routed->subject);
    event.topic = std::move(routed->topic);
    event.message_id = std::move(routed->message_id);
    event.digest = digest;
  } else {
    complain(*connection, "unreadable_delivery",
             fmt::format("a rightly signed delivery could not be read: {}", routed.error()),
             "it is kept in the journal; report it with the vendor's name");
    verdict = Verdict::unreadable;
    event.subject = ExternalId{"(unreadable)"};
    event.topic = "unreadable";
    event.news = false;
  }
  event.body = std::move(request.body);
  std::vector<store::NewEvent> events;
  events.push_back(std::move(event));
  auto appending = store_.append(std::move(events));
  const auto appended = co_await std::move(appending);
  if (!appended) {
    spdlog::error("intake: a delivery of {} was not stored: {}", connection->row.name, appended.error().message);
    co_return answer(Verdict::store_failed, nullptr);
  }
  if (appended->front().duplicate) verdict = Verdict::duplicate;
  co_return answer(verdict, connection.get());
}

net::ServerResponse Deliveries::answer(Verdict verdict, const connections::LiveConnection* connection) {
  counts_.at(static_cast<std::size_t>(verdict)).fetch_add(1, std::memory_order_relaxed);
  net::ServerResponse response;
  response.status = status_of(verdict);
  if (response.status == 0 && connection != nullptr) response.status = connection->inbound->status_for_bad_signature();
  if (response.status == 200 && connection != nullptr) {
    const auto ack = connection->inbound->ack();
    response.content_type = ack.content_type;
    response.body = ack.body;
    return response;
  }
  response.body = fmt::format(R"({{"error":"{}"}})", words_of(verdict));
  if (response.status == 503) response.headers.emplace_back("Retry-After", "10");
  return response;
}

bool Deliveries::complain(const connections::LiveConnection& connection, std::string kind, std::string why,
                          std::string todo) {
  auto& last = complained_[{connection.id(), kind}];
  if (!is_due(last + complain_every, loop_.now(), complain_every)) return false;
  last = loop_.now();
  returns::AttentionItem item{.kind = std::move(kind),
                              .why = fmt::format("{}: {}", connection.row.name, why),
                              .todo = std::move(todo),
                              .connection = connection.id()};
  listener_.complain(connection.id(), std::move(item));
  return true;
}

}  // namespace backhaul::intake
