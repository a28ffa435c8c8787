#include "connectors/loop/source.hpp"

#include <utility>

#include "connectors/loop/changes.hpp"
#include "connectors/loop/mapping.hpp"
#include "connectors/loop/webhooks.hpp"

namespace backhaul::connectors::loop {
namespace {

// Only what a source can be asked for; the rest describes destinations.
constexpr Capabilities loop_capabilities{
    .many_tracking_numbers = true, .reason_per_line = true, .registers_webhooks = true, .change_cursor = true};

Outcome<Page<SourceRead>> to_page(WireReturnPage wire) {
  Page<SourceRead> page;
  for (auto& row : wire.returns) {
    auto read = to_read(row.value, std::move(row.raw));
    // One row left out would be a return lost without a trace; the whole page failing is seen.
    if (!read) return fail(garbled(Call::Asked::read, read.error()));
    page.items.push_back(std::move(*read));
  }
  return page;
}

}  // namespace

LoopSource::LoopSource(Client::Settings settings, Services services)
    : services_(services), client_(std::move(settings), std::move(services)) {}

const Capabilities& LoopSource::capabilities() const {
  return loop_capabilities;
}

Result<SourceHint, std::string> LoopSource::parse(std::string_view body) const {
  const auto delivery = read_delivery(body);
  if (!delivery) return fail(delivery.error());
  return to_hint(*delivery);
}

async::Task<Outcome<SourceRead>> LoopSource::read(ExternalId id) {
  auto row = co_await client_.return_details(std::move(id.value));
  if (!row) co_return fail(std::move(row.error()));
  auto read = to_read(row->value, std::move(row->raw));
  if (!read) co_return fail(garbled(Call::Asked::read, read.error()));
  co_return std::move(*read);
}

async::Task<Outcome<Page<SourceRead>>> LoopSource::list_changes(Window window, std::string cursor) {
  Page<SourceRead> page;
  const auto place = decode_place(cursor);
  if (!place) {
    Failure bad;
    bad.kind = Failure::Kind::refused;
    bad.code = "bad_cursor";
    bad.message = "the cursor is not one of this connector's; list from the beginning";
    co_return fail(std::move(bad));
  }
  const auto part = sub_window(window, place->sub_window);
  if (!part) co_return std::move(page);

  ListQuery query{.state = list_states[place->state], .window = *part, .cursor = place->vendor_cursor};
  auto wire = co_await client_.return_list(std::move(query));
  if (!wire) co_return fail(std::move(wire.error()));
  auto next = cursor_of(wire->next_page_url);
  if (!next) co_return fail(garbled(Call::Asked::read, "nextPageUrl has no cursor"));
  // Going on there would ask for the same page for ever.
  if (!next->empty() && *next == place->vendor_cursor) {
    co_return fail(garbled(Call::Asked::read, "nextPageUrl leads to the same page"));
  }
  auto mapped = to_page(std::move(*wire));
  if (!mapped) co_return fail(std::move(mapped.error()));
  if (const auto after = place_after(*place, std::move(*next), window)) mapped->next = encode_place(*after);
  co_return std::move(*mapped);
}

async::Task<Outcome<WebhookReport>> LoopSource::ensure_webhooks(std::string url) {
  const auto existing = co_await client_.webhooks();
  if (!existing) co_return fail(existing.error());
  WebhookReport report;
  for (auto& change : plan_webhooks(*existing, url)) {
    Outcome<void> done;
    switch (change.kind) {
      case WebhookChange::Kind::create:
        done = co_await client_.create_webhook(std::move(change.webhook));
        break;
      case WebhookChange::Kind::update:
        done = co_await client_.update_webhook(std::move(change.webhook));
        break;
      case WebhookChange::Kind::remove:
        done = co_await client_.delete_webhook(std::move(change.webhook.id));
        break;
    }
    const bool gone_already = change.kind == WebhookChange::Kind::remove && !done && done.error().code == "not_found";
    if (!done && !gone_already) co_return fail(std::move(done.error()));
    report.changes.push_back(std::move(change.words));
  }
  co_return std::move(report);
}

}  // namespace backhaul::connectors::loop
