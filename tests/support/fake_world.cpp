#include "support/fake_world.hpp"

#include <boost/json.hpp>

#include "returns/codec.hpp"

namespace backhaul::test {
namespace {

namespace json = boost::json;
using connectors::Failure;
using connectors::Outcome;
using returns::EffectKind;
using returns::SourceState;

Failure refusal(std::string code) {
  return failure_of(Failure::Kind::refused, std::move(code));
}

class FakeInbound final : public connectors::Inbound {
 public:
  explicit FakeInbound(std::string secret) : secret_(std::move(secret)) {}
  bool verify(const connectors::Delivery& delivery, std::array<unsigned char, 32>& digest) const override {
    const auto hash = std::hash<std::string_view>{}(delivery.body);
    for (std::size_t i = 0; i < digest.size(); ++i) digest.at(i) = static_cast<unsigned char>(hash >> (8 * (i % 8)));
    return std::ranges::any_of(delivery.headers,
                               [&](const auto& h) { return h.first == "X-Sign" && h.second == secret_; });
  }
  Result<connectors::Routed, std::string> route(const connectors::Delivery& delivery) const override {
    json::error_code error;
    const auto parsed = json::parse(delivery.body, error);
    if (error) return fail(std::string("the body is cut off"));
    return connectors::Routed{.subject = ExternalId{std::string(parsed.at("id").as_string())},
                              .topic = std::string(parsed.at("topic").as_string()),
                              .message_id = {}};
  }
  Ack ack() const override { return {.content_type = "text/plain", .body = "thanks"}; }
  int status_for_bad_signature() const override { return 418; }

 private:
  std::string secret_;
};

class FakeSource final : public connectors::Source {
 public:
  explicit FakeSource(World& world) : world_(world) {}
  const connectors::Capabilities& capabilities() const override { return capabilities_; }

  Result<connectors::SourceHint, std::string> parse(std::string_view body) const override {
    const auto parsed = json::parse(body).as_object();
    connectors::SourceHint hint;
    hint.topic = std::string(parsed.at("topic").as_string());
    hint.process_failed = hint.topic == "return.processing.failed";
    if (const auto* view = parsed.if_contains("view")) hint.view = returns::decode_view(json::serialize(*view)).value();
    return hint;
  }
  async::Task<Outcome<connectors::SourceRead>> read(ExternalId id) override {
    return world_.call<connectors::SourceRead>("read", id.value, [this, id]() -> Outcome<connectors::SourceRead> {
      const auto found = world_.returns.find(id.value);
      if (found == world_.returns.end()) return fail(refusal("not_found"));
      return connectors::SourceRead{.id = id, .view = found->second.view, .raw = {}};
    });
  }
  async::Task<Outcome<connectors::Page<connectors::SourceRead>>> list_changes(connectors::Window window,
                                                                              std::string cursor) override;
  async::Task<Outcome<void>> perform(connectors::Action action) override {
    return world_.call<void>(std::string(returns::to_string(action.kind)), action.return_id.value,
                             [this, action] { return act(action); });
  }
  async::Task<Outcome<connectors::Finding>> find_out(connectors::Action action, Time /*since*/) override {
    return world_.call<connectors::Finding>(
        "find_out", action.return_id.value, [this, action]() -> Outcome<connectors::Finding> {
          return world_.finding.value_or(stands(action) ? connectors::Finding::happened
                                                        : connectors::Finding::did_not_happen);
        });
  }
  async::Task<Outcome<connectors::WebhookReport>> ensure_webhooks(std::string url) override {
    return world_.call<connectors::WebhookReport>(
        "ensure_webhooks", url, [this]() -> Outcome<connectors::WebhookReport> { return world_.webhooks; });
  }
  async::Task<connectors::CheckReport> check() override { co_return connectors::CheckReport{}; }

 private:
  // Like Loop's, an accepted process is queued: the return looks open until it is finished, and a second one is taken
  // too.
  Outcome<void> act(const connectors::Action& action) {
    auto& one = world_.returns.at(action.return_id.value);
    if (action.kind == EffectKind::process) {
      if (one.view.state != SourceState::open) return fail(refusal("not_open"));
      one.processing = true;
      ++one.accepted;
      return {};
    }
    one.done.push_back(action.kind == EffectKind::note ? action.text : std::string(returns::to_string(action.kind)));
    if (action.kind == EffectKind::flag) one.view.flagged = true, one.view.state = SourceState::review;
    if (action.kind == EffectKind::close) one.view.state = SourceState::closed;
    if (action.kind == EffectKind::cancel) one.view.state = SourceState::cancelled;
    return {};
  }
  [[nodiscard]] bool stands(const connectors::Action& action) const {
    const auto& one = world_.returns.at(action.return_id.value);
    if (action.kind == EffectKind::process) return one.view.state == SourceState::closed;
    const auto wanted = action.kind == EffectKind::note ? action.text : std::string(returns::to_string(action.kind));
    return std::ranges::count(one.done, wanted) > 0;
  }

  World& world_;
  connectors::Capabilities capabilities_;
};

async::Task<Outcome<connectors::Page<connectors::SourceRead>>> FakeSource::list_changes(connectors::Window window,
                                                                                        std::string cursor) {
  const auto word = std::to_string(window.from.ms) + ".." + std::to_string(window.to.ms) + " after \"" + cursor + "\"";
  return world_.call<connectors::Page<connectors::SourceRead>>(
      "list", word, [this, window, cursor]() -> Outcome<connectors::Page<connectors::SourceRead>> {
        connectors::Page<connectors::SourceRead> page;  // of two
        for (auto at = world_.returns.upper_bound(cursor); at != world_.returns.end(); ++at) {
          if (at->second.view.updated_at < window.from || at->second.view.updated_at >= window.to) continue;
          if (page.items.size() == 2) {
            page.next = page.items.back().id.value;
            break;
          }
          page.items.push_back({.id = ExternalId{at->first}, .view = at->second.view, .raw = {}});
        }
        return page;
      });
}

class FakeDestination final : public connectors::Destination {
 public:
  explicit FakeDestination(World& world) : world_(world) {
    capabilities_.can_cancel = true;
    capabilities_.can_attach_tracking = true;
  }
  const connectors::Capabilities& capabilities() const override { return capabilities_; }
  Result<connectors::RmaHint, std::string> parse(std::string_view body) const override {
    return connectors::RmaHint{.topic = std::string(json::parse(body).at("topic").as_string()), .status = {}};
  }
  async::Task<Outcome<connectors::RmaMade>> create(connectors::RmaRequest request) override {
    return world_.call<connectors::RmaMade>(
        "create_rma", request.reference, [this, request]() -> Outcome<connectors::RmaMade> {
          if (const auto* there = world_.find_rma(request.reference))
            return connectors::RmaMade{.id = ExternalId{there->id}, .found = true, .remarks = {}};
          World::Rma rma{.id = "rma-" + std::to_string(world_.rmas.size() + 1),
                         .reference = request.reference,
                         .receipt = {},
                         .tracking_number = request.tracking_number};
          rma.receipt.status = rma.receipt.raw_status = "pending";
          for (const auto& line : request.lines)
            rma.receipt.lines.push_back({.sku = line.sku, .expected = line.quantity});
          world_.rmas.push_back(rma);
          return connectors::RmaMade{.id = ExternalId{rma.id}, .found = false, .remarks = {"made by the test"}};
        });
  }
  async::Task<Outcome<connectors::RmaRead>> read(ExternalId id) override {
    return world_.call<connectors::RmaRead>("read_rma", id.value, [this, id]() -> Outcome<connectors::RmaRead> {
      auto* rma = by_id(id);
      if (rma == nullptr) return fail(refusal("not_found"));
      return connectors::RmaRead{.id = id, .reference = rma->reference, .receipt = rma->receipt, .raw = {}};
    });
  }
  async::Task<Outcome<void>> attach_tracking(connectors::RmaUpdate update) override {
    return world_.call<void>("attach_tracking", update.rma.value, [this, update]() -> Outcome<void> {
      by_id(update.rma)->tracking_number = update.tracking_number;
      return {};
    });
  }
  async::Task<Outcome<void>> cancel(ExternalId id, std::string /*reason*/) override {
    return world_.call<void>("cancel_rma", id.value, [this, id]() -> Outcome<void> {
      by_id(id)->cancelled = true;
      return {};
    });
  }
  async::Task<Outcome<connectors::Page<connectors::RmaRead>>> list_changes(connectors::Window /*window*/,
                                                                           std::string cursor) override {
    return world_.call<connectors::Page<connectors::RmaRead>>(
        "list_rmas", cursor, [this]() -> Outcome<connectors::Page<connectors::RmaRead>> {
          connectors::Page<connectors::RmaRead> page;
          for (const auto& rma : world_.rmas)
            page.items.push_back(
                {.id = ExternalId{rma.id}, .reference = rma.reference, .receipt = rma.receipt, .raw = {}});
          return page;
        });
  }
  async::Task<Outcome<connectors::WebhookReport>> ensure_webhooks(std::string url) override {
    return world_.call<connectors::WebhookReport>(
        "ensure_webhooks", url, []() -> Outcome<connectors::WebhookReport> { return connectors::WebhookReport{}; });
  }
  async::Task<connectors::CheckReport> check() override { co_return connectors::CheckReport{}; }

 private:
  World::Rma* by_id(const ExternalId& id) {
    const auto found = std::ranges::find(world_.rmas, id.value, &World::Rma::id);
    return found == world_.rmas.end() ? nullptr : &*found;
  }
  World& world_;
  connectors::Capabilities capabilities_;
};

connectors::Connector connector_of(std::string_view vendor, connectors::Role role) {
  connectors::Connector connector;
  connector.vendor = vendor;
  connector.role = role;
  connector.bucket = 1'000;
  connector.refill_per_second = 1'000;
  connector.concurrent_calls = 2;
  return connector;
}

}  // namespace

World::~World() {
  bury(std::make_shared<Waiters>(std::move(stalled_)));
  bury(std::make_shared<Waiters>(std::move(dead_)));
}

async::Task<void> World::wait_in(Waiters& waiters) {
  auto start = std::function<void(async::Resolver<std::monostate>)>{
      [&waiters](async::Resolver<std::monostate> go_on) { waiters.push_back(std::move(go_on)); }};
  auto waiting = async::wait_for<std::monostate>(std::move(start));
  co_await std::move(waiting);
}

World::Rma* World::find_rma(const std::string& reference) {
  const auto found = std::ranges::find(rmas, reference, &Rma::reference);
  return found == rmas.end() ? nullptr : &*found;
}

void World::receive_all(const std::string& reference, const std::string& status) {
  auto& receipt = find_rma(reference)->receipt;
  receipt.status = receipt.raw_status = status;
  for (auto& line : receipt.lines) line.received = line.restocked = line.expected;
}

void World::finish_processing(const std::string& id) {
  auto& one = returns.at(id);
  if (!std::exchange(one.processing, false)) return;
  one.view.state = SourceState::closed;
  one.view.raw_state = "closed";
  one.view.processed = true;
}

void World::release() {
  for (const auto& one : std::exchange(stalled_, {})) one(std::monostate{});
}

returns::SourceView open_return(std::vector<std::string> skus) {
  returns::SourceView view;
  view.state = SourceState::open;
  view.raw_state = "open";
  view.order_name = "#1001";
  view.created_at = view.updated_at = Time{1'773'500'000'000};
  for (const auto& sku : skus) {
    returns::Unit unit;
    unit.line_id = std::to_string(11 + view.units.size());
    unit.sku = sku;
    unit.reason = "Too small";
    view.units.push_back(std::move(unit));
  }
  return view;
}

Failure failure_of(Failure::Kind kind, std::string code) {
  return {
      .kind = kind, .code = std::move(code), .message = "said by the test", .wait = std::nullopt, .throttled = false};
}

const connectors::Connector& fake_source_connector() {
  static const auto connector = connector_of("fake_source", connectors::Role::source);
  return connector;
}
const connectors::Connector& fake_destination_connector() {
  static const auto connector = connector_of("fake_destination", connectors::Role::destination);
  return connector;
}
std::unique_ptr<connectors::Inbound> make_fake_inbound(std::string secret) {
  return std::make_unique<FakeInbound>(std::move(secret));
}
std::unique_ptr<connectors::Source> make_fake_source(World& world) {
  return std::make_unique<FakeSource>(world);
}
std::unique_ptr<connectors::Destination> make_fake_destination(World& world) {
  return std::make_unique<FakeDestination>(world);
}

std::string source_body(const std::string& id, const std::string& topic, const returns::SourceView* view) {
  json::object body{{"id", id}, {"topic", topic}};
  if (view != nullptr) body["view"] = json::parse(returns::encode(*view));
  return json::serialize(body);
}

std::string rma_body(const std::string& id, int number) {
  return json::serialize(json::object{{"id", id}, {"topic", "rma.updated"}, {"number", number}});
}

}  // namespace backhaul::test
