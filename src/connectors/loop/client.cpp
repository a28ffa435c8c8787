#include "connectors/loop/client.hpp"

#include <fmt/format.h>

#include <utility>

#include "connectors/loop/wording.hpp"

namespace backhaul::connectors::loop {
namespace {

constexpr Call read_call(std::string_view scope) {
  return {.asked = Call::Asked::read, .good = Call::Good::body, .scope = scope};
}
constexpr Call effect_call(Call::Good good, std::string_view scope) {
  return {.asked = Call::Asked::effect, .good = good, .scope = scope};
}

// Vendors have been known to quote a rejected key.
void hide(std::string& text, std::string_view secret) {
  if (secret.empty()) return;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
    text.replace(at, secret.size(), "***");
}

template <class T>
Outcome<T> deserialised(Result<T, std::string> read) {
  if (!read) return fail(garbled(Call::Asked::read, read.error()));
  return std::move(*read);
}

Outcome<void> without_body(const Outcome<Answer>& answer) {
  if (!answer) return fail(answer.error());
  return {};
}

std::string return_path(std::string_view return_id, std::string_view verb) {
  return fmt::format("/warehouse/return/{}/{}", net::url_encode(return_id), verb);
}

}  // namespace

Client::Client(Settings settings, Services services) : settings_(std::move(settings)), services_(std::move(services)) {}

async::Task<Outcome<Answer>> Client::send(Call call, net::HttpRequest request) {
  request.url = fmt::format("{}/api/{}{}", settings_.base_url, settings_.api_version, request.url);
  request.headers.emplace_back("X-Authorization", settings_.api_key);
  request.headers.emplace_back("Accept", "application/json");
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.timeout = Millis{30'000};
  request.repeatable = call.asked == Call::Asked::read;

  co_await services_.limiter.acquire(1);
  const auto sent = co_await services_.http.send(std::move(request));
  auto answer = judge(call, sent, services_.loop.now());
  if (!answer) {
    hide(answer.error().message, settings_.api_key);
    // All calls of this connection share the key's limit, so all must pause.
    if (answer.error().throttled) services_.limiter.correct(std::nullopt, answer.error().wait);
  }
  co_return answer;
}

async::Task<Outcome<Answer>> Client::get(std::string path, std::string_view scope) {
  net::HttpRequest request;
  request.url = std::move(path);
  return send(read_call(scope), std::move(request));
}

async::Task<Outcome<void>> Client::change(Call call, std::string method, std::string path, std::string body) {
  net::HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(path);
  request.body = std::move(body);
  const auto answer = co_await send(call, std::move(request));
  co_return without_body(answer);
}

async::Task<Outcome<void>> Client::act(std::string return_id, std::string_view verb, std::string body) {
  return change(effect_call(Call::Good::truth, scope_returns), "POST", return_path(return_id, verb), std::move(body));
}

async::Task<Outcome<WireReturnRow>> Client::return_details(std::string return_id) {
  auto path = "/warehouse/return/details?return_id=" + net::url_encode(return_id);
  auto answer = co_await get(std::move(path), scope_returns);
  if (!answer) co_return fail(std::move(answer.error()));
  auto value = read_return(answer->body);
  if (!value) co_return fail(garbled(Call::Asked::read, value.error()));
  // Facts of another return must never decide about this one.
  if (value->id != return_id) co_return fail(garbled(Call::Asked::read, "it is about another return"));
  WireReturnRow row{.value = std::move(*value), .raw = std::move(answer->raw)};
  co_return std::move(row);
}

async::Task<Outcome<WireReturnPage>> Client::return_list(ListQuery query) {
  auto path = fmt::format("/warehouse/return/list?filter=updated_at&state={}&from={}&to={}&paginate=true&pageSize={}",
                          query.state, net::url_encode(to_iso(query.window.from)),
                          net::url_encode(to_iso(query.window.to)), query.page_size);
  if (!query.cursor.empty()) path += "&cursor=" + net::url_encode(query.cursor);
  const auto answer = co_await get(std::move(path), scope_returns);
  if (!answer) co_return fail(answer.error());
  co_return deserialised(read_return_page(answer->body));
}

async::Task<Outcome<std::vector<WireNote>>> Client::notes(std::string return_id) {
  auto path = return_path(return_id, "notes");
  const auto answer = co_await get(std::move(path), scope_returns);
  const bool none = !answer && answer.error().kind == Failure::Kind::refused && answer.error().code == "422";
  std::vector<WireNote> no_notes;
  if (none) co_return std::move(no_notes);
  if (!answer) co_return fail(answer.error());
  co_return deserialised(read_notes(answer->body));
}

async::Task<Outcome<void>> Client::process(std::string return_id) {
  // The body's pairs would become "Additional Details" on the orders Loop makes; we have none to add.
  return act(std::move(return_id), "process", "{}");
}
async::Task<Outcome<void>> Client::flag(std::string return_id) {
  return act(std::move(return_id), "flag", {});
}
async::Task<Outcome<void>> Client::close(std::string return_id) {
  return act(std::move(return_id), "close", {});
}
async::Task<Outcome<void>> Client::cancel(std::string return_id) {
  return act(std::move(return_id), "cancel", {});
}

async::Task<Outcome<void>> Client::note(std::string return_id, std::string content) {
  return act(std::move(return_id), "note", write_note(content));
}

async::Task<Outcome<void>> Client::remove(std::string return_id, std::vector<std::string> line_item_ids) {
  std::string verb = "remove?line_item_id=";
  for (const auto& id : line_item_ids) {
    if (!verb.ends_with('=')) verb += ',';
    verb += net::url_encode(id);
  }
  return change(effect_call(Call::Good::truth, scope_returns), "POST", return_path(return_id, verb), {});
}

async::Task<Outcome<void>> Client::grade(std::vector<GradeItem> items) {
  return change(effect_call(Call::Good::body, scope_returns), "POST", "/dispositioning/grade", write_grades(items));
}

async::Task<Outcome<void>> Client::assess(std::vector<GradeItem> items) {
  return change(effect_call(Call::Good::body, scope_returns), "POST", "/dispositioning/assess",
                write_dispositions(items));
}

async::Task<Outcome<std::vector<WireWebhook>>> Client::webhooks() {
  std::string path = "/webhooks";
  const auto answer = co_await get(std::move(path), scope_developer_tools);
  if (!answer) co_return fail(answer.error());
  co_return deserialised(read_webhooks(answer->body));
}

async::Task<Outcome<void>> Client::create_webhook(WireWebhook webhook) {
  return change(effect_call(Call::Good::nothing, scope_developer_tools), "POST", "/webhooks", write_webhook(webhook));
}

async::Task<Outcome<void>> Client::update_webhook(WireWebhook webhook) {
  return change(effect_call(Call::Good::nothing, scope_developer_tools), "PUT",
                "/webhooks/" + net::url_encode(webhook.id), write_webhook(webhook));
}

async::Task<Outcome<void>> Client::delete_webhook(std::string id) {
  return change(effect_call(Call::Good::nothing, scope_developer_tools), "DELETE", "/webhooks/" + net::url_encode(id),
                {});
}

async::Task<Outcome<void>> Client::destinations() {
  std::string path = "/destinations";
  const auto answer = co_await get(std::move(path), scope_destinations);
  co_return without_body(answer);
}

}  // namespace backhaul::connectors::loop
