#include "connectors/shiphero/connector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "connectors/shiphero/check.hpp"
#include "connectors/shiphero/client.hpp"
#include "connectors/shiphero/create_rma.hpp"
#include "connectors/shiphero/inbound.hpp"
#include "connectors/shiphero/mapping.hpp"
#include "connectors/shiphero/text.hpp"
#include "connectors/shiphero/webhooks.hpp"

namespace backhaul::connectors {

extern const std::string_view shiphero_metadata;  // metadata.json, compiled in

namespace shiphero {
namespace {

// Cursors are offsets, so a row that leaves the window between two pages (it was updated again) moves the rest up by
// one and would hide the first row of the next page. Each page therefore begins this many rows before the end of the
// last.
constexpr std::size_t page_overlap = 5;

Failure refused(std::string code, std::string message) {
  return Failure{Failure::Kind::refused, std::move(code), std::move(message), std::nullopt, false};
}

std::string next_cursor(const Connection<Return>& page) {
  if (!page.has_next_page) return {};
  if (page.edges.size() <= page_overlap) return page.end_cursor;
  const std::string& cursor = page.edges[page.edges.size() - 1 - page_overlap].cursor;
  return cursor.empty() ? page.end_cursor : cursor;
}

// What makes a tracking number known to the RMA already: a label with it, or the attachment an earlier attempt made.
bool knows_tracking(const Return& rma, const RmaUpdate& update) {
  const std::string_view number = trimmed(update.tracking_number);
  const auto names_it = [&](const ReturnAttachment& attachment) {
    return attachment.url == trimmed(update.label_url) &&
           (number.empty() || attachment.description.find(number) != std::string::npos);
  };
  const auto is_it = [&](const std::string& known) { return !number.empty() && same_word(known, number); };
  return std::ranges::any_of(rma.tracking_numbers, is_it) || std::ranges::any_of(rma.attachments, names_it);
}

class ShipHeroDestination final : public Destination {
 public:
  ShipHeroDestination(const ConnectionConfig& config, Services services)
      : settings_(read_settings(config.settings)),
        secret_known_(!read_credentials(config.credentials).webhook_secret.empty()),
        graphql_(settings_, read_credentials(config.credentials).refresh_token, std::move(services)),
        client_(graphql_, settings_) {
    capabilities_.can_cancel = !settings_.cancel_status.empty();
    capabilities_.can_attach_tracking = true;
    capabilities_.reason_per_line = true;
    capabilities_.chooses_warehouse = true;
    capabilities_.reports_condition = true;
    capabilities_.registers_webhooks = true;
    capabilities_.change_cursor = true;
  }

  const Capabilities& capabilities() const override { return capabilities_; }

  Result<RmaHint, std::string> parse(std::string_view body) const override {
    auto update = read_return_update(body);
    if (!update) return fail(std::move(update.error()));
    return RmaHint{update->webhook_type, normalise_status(update->status)};
  }

  async::Task<Outcome<RmaMade>> create(RmaRequest request) override {
    return create_rma(client_, settings_, std::move(request));
  }

  async::Task<Outcome<RmaRead>> read(ExternalId rma) override {
    const auto found = co_await client_.read_return(rma.value);
    if (!found) co_return fail(found.error());
    co_return to_rma_read(*found);
  }

  // No mutation edits the tracking number of an RMA (contract 4.1). The label is attached as a document whose name and
  // description tell the number: a person reads it, ShipHero's search does not.
  async::Task<Outcome<void>> attach_tracking(RmaUpdate update) override {
    if (trimmed(update.label_url).empty()) {
      co_return fail(
          refused("no_label_url",
                  "ShipHero takes a later tracking number only as an attached label, and there is no label file"));
    }
    const auto rma = co_await client_.read_return(update.rma.value);
    if (!rma) co_return fail(rma.error());
    if (knows_tracking(*rma, update)) co_return Outcome<void>();
    const std::string number = without_placeholder(update.tracking_number);
    AddReturnAttachmentInput input;
    input.return_id = update.rma.value;
    input.url = trimmed(update.label_url);
    input.filename = number.empty() ? "return label" : fmt::format("return label {}", number);
    input.description = number.empty() ? "Return label"
                                       : fmt::format("Return label, tracking number {} {}", number,
                                                     without_placeholder(update.carrier));
    input.description = trimmed(input.description);
    co_return co_await client_.add_attachment(std::move(input));
  }

  // There is no cancelled RMA (contract 4.7); the merchant may have a status that stands for it. A reason has no place
  // there.
  async::Task<Outcome<void>> cancel(ExternalId rma, std::string) override {
    if (settings_.cancel_status.empty()) {
      co_return fail(refused("cannot_cancel",
                             "ShipHero has no cancelled RMA, and no status of the account is named to stand for it"));
    }
    co_return co_await client_.update_status(rma.value, settings_.cancel_status);
  }

  async::Task<Outcome<Page<RmaRead>>> list_changes(Window window, std::string cursor) override {
    std::string from = to_vendor_time(window.from, false);
    std::string to = to_vendor_time(window.to, true);
    const auto page = co_await client_.list_returns(std::move(from), std::move(to), std::move(cursor));
    if (!page) co_return fail(page.error());
    Page<RmaRead> changes;
    for (const auto& edge : page->edges) changes.items.push_back(to_rma_read(edge.node));
    changes.next = next_cursor(*page);
    co_return changes;
  }

  async::Task<Outcome<WebhookReport>> ensure_webhooks(std::string url) override {
    auto report = co_await ensure_return_webhook(client_, settings_, secret_known_, std::move(url));
    if (!report) co_return fail(report.error());
    // The caller stores it; asked again before it has made a new object, this one must not throw the webhook away
    // again.
    if (report->new_credentials.contains("webhook_secret")) secret_known_ = true;
    if (const auto& rotated = graphql_.tokens().rotated_refresh_token()) {
      report->new_credentials["refresh_token"] = *rotated;
      report->changes.emplace_back("ShipHero gave a new refresh token");
    }
    co_return report;
  }

  async::Task<CheckReport> check() override { return check_connection(graphql_, client_, settings_, secret_known_); }

 private:
  Settings settings_;
  bool secret_known_;
  GraphQl graphql_;
  Client client_;
  Capabilities capabilities_;
};

std::unique_ptr<Inbound> make_inbound(const ConnectionConfig& config) {
  return make_shiphero_inbound(read_credentials(config.credentials).webhook_secret);
}

std::unique_ptr<Destination> make_destination(const ConnectionConfig& config, Services services) {
  return std::make_unique<ShipHeroDestination>(config, std::move(services));
}

}  // namespace

const Connector& shiphero_connector() {
  // 8 at once: at ShipHero's usual 0.3 s an answer that stays near its ceiling of 23 requests a second, which the
  // limiter keeps.
  static const Connector connector{.vendor = "shiphero",
                                   .metadata_json = shiphero_metadata,
                                   .role = Role::destination,
                                   .bucket = default_credits_max,
                                   .refill_per_second = default_credits_per_second,
                                   .concurrent_calls = 8,
                                   .make_inbound = make_inbound,
                                   .make_source = nullptr,
                                   .make_destination = make_destination};
  return connector;
}

}  // namespace shiphero
}  // namespace backhaul::connectors
