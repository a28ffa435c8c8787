#include "vendors.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "returns/codec.hpp"

namespace backhaul::sim {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using connectors::Failure;
using connectors::Finding;
using connectors::Outcome;
using returns::EffectKind;
using returns::SourceState;

// As the connector for Loop: a process may take this long to show.
constexpr Millis settling_time = 10s;

// --- deliveries

class Inbound final : public connectors::Inbound {
 public:
  explicit Inbound(bool with_message_ids) : with_message_ids_(with_message_ids) {}

  bool verify(const connectors::Delivery& delivery, std::array<unsigned char, 32>& digest) const override {
    const auto hash = key_of(delivery.body);
    for (std::size_t i = 0; i < digest.size(); ++i) digest.at(i) = static_cast<unsigned char>(hash >> (8 * (i % 8)));
    return header(delivery, "X-Sign") == webhook_secret;
  }

  Result<connectors::Routed, std::string> route(const connectors::Delivery& delivery) const override {
    json::error_code error;
    const auto parsed = json::parse(delivery.body, error);
    if (error) return fail(std::string("the body is cut off"));
    return connectors::Routed{.subject = ExternalId{std::string(parsed.at("id").as_string())},
                              .topic = std::string(parsed.at("topic").as_string()),
                              .message_id = with_message_ids_ ? header(delivery, "X-Message-Id") : ""};
  }

  Ack ack() const override { return {.content_type = "text/plain", .body = "thanks"}; }
  int status_for_bad_signature() const override { return 503; }

 private:
  static std::string header(const connectors::Delivery& delivery, std::string_view name) {
    const auto found =
        std::ranges::find(delivery.headers, name, [](const auto& h) -> std::string_view { return h.first; });
    return found == delivery.headers.end() ? "" : found->second;
  }
  bool with_message_ids_;
};

// --- the platform

class Source final : public connectors::Source {
 public:
  Source(Stage& stage, Platform& platform, Caller caller) : stage_(stage), platform_(platform), caller_(caller) {}
  const connectors::Capabilities& capabilities() const override { return capabilities_; }

  Result<connectors::SourceHint, std::string> parse(std::string_view body) const override {
    const auto parsed = json::parse(body).as_object();
    connectors::SourceHint hint;
    hint.topic = std::string(parsed.at("topic").as_string());
    hint.process_failed = hint.topic == "return.processing.failed";
    if (const auto* message = parsed.if_contains("message")) hint.message = std::string(message->as_string());
    if (const auto* view = parsed.if_contains("view")) {
      hint.view = returns::decode_view(json::serialize(*view)).value();
      if (stage_.mutation == Mutation::act_on_a_hint)
        platform_.told[std::string(parsed.at("id").as_string())] = *hint.view;
    }
    return hint;
  }

  async::Task<Outcome<connectors::SourceRead>> read(ExternalId id) override {
    if (stage_.mutation == Mutation::act_on_a_hint && platform_.told.contains(id.value))
      co_return connectors::SourceRead{.id = id, .view = platform_.told.at(id.value), .raw = {}};
    const Platform::Look look{.life = caller_.loop, .sent = stage_.clock.now()};
    auto act = std::function<Outcome<connectors::SourceRead>()>{[this, id, look]() -> Outcome<connectors::SourceRead> {
      auto view = platform_.look_up(id.value, look);
      if (!view) return fail(view.error());
      if (stage_.mutation == Mutation::overlook_review && view->state == SourceState::review) {
        view->state = SourceState::open;
        view->flagged = false;
      }
      return connectors::SourceRead{.id = id, .view = std::move(*view), .raw = {}};
    }};
    auto asking = platform_.wire().ask<connectors::SourceRead>(caller_, call("read", id.value, false), std::move(act));
    co_return co_await std::move(asking);
  }

  async::Task<Outcome<connectors::Page<connectors::SourceRead>>> list_changes(connectors::Window window,
                                                                              std::string cursor) override {
    using Page = connectors::Page<connectors::SourceRead>;
    auto act = std::function<Outcome<Page>()>{[this, window, cursor]() -> Outcome<Page> {
      auto page = platform_.list(window, cursor);
      if (stage_.mutation == Mutation::stop_polling) page = {};
      return page;
    }};
    auto asking = platform_.wire().ask<Page>(caller_, {.word = "list", .subject = cursor}, std::move(act));
    co_return co_await std::move(asking);
  }

  // A refusal because the wanted result stands already counts as done, as the connector for Loop finds out by a read.
  async::Task<Outcome<void>> perform(connectors::Action action) override {
    const Time sent = stage_.clock.now();
    const std::string word(returns::to_string(action.kind));
    auto act = std::function<Outcome<void>()>{[this, action, sent] { return platform_.act(action, sent); }};
    auto asking = platform_.wire().ask<void>(caller_, call(word, action.return_id.value, true), std::move(act));
    auto done = co_await std::move(asking);
    if (done || done.error().kind != Failure::Kind::refused) co_return done;
    auto id = action.return_id;
    auto reading = read(std::move(id));
    const auto current = co_await std::move(reading);
    if (!current) co_return fail(current.error());
    if (platform_.stands(action)) co_return Outcome<void>{};
    co_return done;
  }

  async::Task<Outcome<Finding>> find_out(connectors::Action action, Time since) override {
    auto act = std::function<Outcome<Finding>()>{[this, action, since]() -> Outcome<Finding> {
      if (platform_.stands(action)) return Finding::happened;
      if (action.kind == EffectKind::process && caller_.loop->now() - since < settling_time)
        return Finding::cannot_tell;
      return Finding::did_not_happen;
    }};
    const auto subject = action.return_id.value;
    auto asking = platform_.wire().ask<Finding>(caller_, call("find_out", subject, false), std::move(act));
    co_return co_await std::move(asking);
  }

  async::Task<Outcome<connectors::WebhookReport>> ensure_webhooks(std::string /*url*/) override {
    co_return connectors::WebhookReport{};
  }
  async::Task<connectors::CheckReport> check() override { co_return connectors::CheckReport{}; }

 private:
  Call call(std::string word, std::string subject, bool effect) {
    const auto* about = platform_.find(subject);
    std::function<Phase()> phase;
    if (about != nullptr) phase = [this, about] { return platform_.phase(*about); };
    return {.word = std::move(word), .subject = std::move(subject), .effect = effect, .phase = std::move(phase)};
  }

  Stage& stage_;
  Platform& platform_;
  Caller caller_;
  connectors::Capabilities capabilities_;
};

// --- the warehouse

class Destination final : public connectors::Destination {
 public:
  Destination(Stage& stage, Warehouse& warehouse, Caller caller)
      : stage_(stage), warehouse_(warehouse), caller_(caller) {
    capabilities_.can_cancel = warehouse.can.cancel;
    capabilities_.can_attach_tracking = warehouse.can.attach_tracking;
  }
  const connectors::Capabilities& capabilities() const override { return capabilities_; }

  Result<connectors::RmaHint, std::string> parse(std::string_view body) const override {
    return connectors::RmaHint{.topic = std::string(json::parse(body).at("topic").as_string()), .status = {}};
  }

  // Two calls, as at ShipHero: look, then make. The hub may die between them.
  async::Task<Outcome<connectors::RmaMade>> create(connectors::RmaRequest request) override {
    using Found = std::optional<std::string>;
    const auto about = Warehouse::about_of(request.reference);
    if (stage_.mutation != Mutation::make_without_looking) {
      auto look = std::function<Outcome<Found>()>{[this, request]() -> Outcome<Found> {
        const auto* rma = warehouse_.find_reference(request.reference);
        return rma == nullptr ? Found{} : Found{rma->id};
      }};
      auto looking = warehouse_.wire().ask<Found>(caller_, call("look_for", about, about, false), std::move(look));
      const auto found = co_await std::move(looking);
      if (!found) co_return fail(found.error());
      if (*found) co_return connectors::RmaMade{.id = ExternalId{**found}, .found = true, .remarks = {}};
    }
    auto make = std::function<Outcome<connectors::RmaMade>()>{[this, request] { return warehouse_.make(request); }};
    auto making =
        warehouse_.wire().ask<connectors::RmaMade>(caller_, call("make", about, about, true), std::move(make));
    co_return co_await std::move(making);
  }

  async::Task<Outcome<connectors::RmaRead>> read(ExternalId id) override {
    const Warehouse::Look look{.life = caller_.loop, .sent = stage_.clock.now(), .direct = true};
    auto act = std::function<Outcome<connectors::RmaRead>()>{[this, id, look]() -> Outcome<connectors::RmaRead> {
      auto read = warehouse_.look_up(id.value, look);
      if (read) overlook(*read);
      return read;
    }};
    auto asking =
        warehouse_.wire().ask<connectors::RmaRead>(caller_, about_rma("read_rma", id.value, false), std::move(act));
    co_return co_await std::move(asking);
  }

  async::Task<Outcome<void>> attach_tracking(connectors::RmaUpdate update) override {
    auto act = std::function<Outcome<void>()>{[this, update] { return warehouse_.attach(update); }};
    auto asking = warehouse_.wire().ask<void>(caller_, about_rma("attach", update.rma.value, true), std::move(act));
    co_return co_await std::move(asking);
  }

  async::Task<Outcome<void>> cancel(ExternalId rma, std::string /*reason*/) override {
    auto act = std::function<Outcome<void>()>{[this, rma] { return warehouse_.cancel(rma.value); }};
    auto asking = warehouse_.wire().ask<void>(caller_, about_rma("cancel_rma", rma.value, true), std::move(act));
    co_return co_await std::move(asking);
  }

  async::Task<Outcome<connectors::Page<connectors::RmaRead>>> list_changes(connectors::Window window,
                                                                           std::string cursor) override {
    using Page = connectors::Page<connectors::RmaRead>;
    const Warehouse::Look look{.life = caller_.loop, .sent = stage_.clock.now()};
    auto act = std::function<Outcome<Page>()>{[this, window, cursor, look]() -> Outcome<Page> {
      auto page = warehouse_.list(window, cursor, look);
      if (stage_.mutation == Mutation::stop_polling) page = {};
      for (auto& item : page.items) overlook(item);
      return page;
    }};
    auto asking = warehouse_.wire().ask<Page>(caller_, {.word = "list", .subject = cursor}, std::move(act));
    co_return co_await std::move(asking);
  }

  async::Task<Outcome<connectors::WebhookReport>> ensure_webhooks(std::string /*url*/) override {
    co_return connectors::WebhookReport{};
  }
  async::Task<connectors::CheckReport> check() override { co_return connectors::CheckReport{}; }

 private:
  // The mutation: the first receipt of something is shown for ever.
  void overlook(connectors::RmaRead& read) {
    if (stage_.mutation != Mutation::overlook_receipt) return;
    const bool received = std::ranges::any_of(read.receipt.lines, [](const auto& line) { return line.received > 0; });
    if (const auto known = first_.find(read.id.value); known != first_.end())
      read.receipt = known->second;
    else if (received)
      first_.emplace(read.id.value, read.receipt);
  }
  Call call(std::string word, std::string subject, const std::string& about, bool effect) {
    return {.word = std::move(word), .subject = std::move(subject), .effect = effect, .phase = [this, about] {
              return warehouse_.phase(about);
            }};
  }
  Call about_rma(std::string word, const std::string& id, bool effect) {
    const auto* rma = warehouse_.find(id);
    if (rma == nullptr) return {.word = std::move(word), .subject = id, .effect = effect};
    return call(std::move(word), id, rma->about, effect);
  }

  Stage& stage_;
  Warehouse& warehouse_;
  Caller caller_;
  connectors::Capabilities capabilities_;
  std::map<std::string, returns::Receipt> first_;
};

connectors::Connector entry(std::string_view vendor, connectors::Role role) {
  connectors::Connector connector;
  connector.vendor = vendor;
  connector.role = role;
  connector.bucket = 1'000;  // the limits that matter here are the vendor's own
  connector.refill_per_second = 1'000;
  connector.concurrent_calls = Wire::concurrent_max;
  return connector;
}

}  // namespace

const connectors::Connector& source_entry() {
  static const auto connector = entry("simulated_platform", connectors::Role::source);
  return connector;
}
const connectors::Connector& destination_entry() {
  static const auto connector = entry("simulated_warehouse", connectors::Role::destination);
  return connector;
}
std::unique_ptr<connectors::Inbound> make_inbound(bool with_message_ids) {
  return std::make_unique<Inbound>(with_message_ids);
}
std::unique_ptr<connectors::Source> make_source(Stage& stage, Platform& platform, Caller caller) {
  return std::make_unique<Source>(stage, platform, caller);
}
std::unique_ptr<connectors::Destination> make_destination(Stage& stage, Warehouse& warehouse, Caller caller) {
  return std::make_unique<Destination>(stage, warehouse, caller);
}

}  // namespace backhaul::sim
