#include "warehouse.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace backhaul::sim {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using connectors::Failure;
using connectors::Outcome;

constexpr std::size_t page_size = 10;
constexpr std::size_t looks_max = 12;
constexpr Millis order_wait = 10min;  // as the connector for ShipHero asks

Failure failure(Failure::Kind kind, std::string code, std::optional<Millis> wait = std::nullopt) {
  return {.kind = kind, .code = std::move(code), .message = "said by the warehouse", .wait = wait, .throttled = false};
}

}  // namespace

std::string Warehouse::about_of(const std::string& reference) {
  return reference.substr(reference.find('/') + 1);
}

Warehouse::Rma* Warehouse::find(const std::string& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Warehouse::Rma* Warehouse::find_reference(const std::string& reference) {
  for (auto* rma : of(about_of(reference))) {
    if (rma->reference == reference) return rma;
  }
  return nullptr;
}

std::vector<Warehouse::Rma*> Warehouse::of(const std::string& about) {
  const auto found = by_return_.find(about);
  return found == by_return_.end() ? std::vector<Rma*>{} : found->second;
}

Warehouse::Rma* Warehouse::own(const std::string& id, std::string_view what) {
  auto* rma = find(id);
  if (rma == nullptr)
    stage_.broken(7, fmt::format("{} was asked to {} {}, which is not one of its RMAs", name_, what, id));
  return rma;
}

// --- the hub

Outcome<connectors::RmaMade> Warehouse::make(const connectors::RmaRequest& request) {
  const auto about = about_of(request.reference);
  if (!order_known(about)) return fail(failure(Failure::Kind::retry, "order_not_found", order_wait));
  if (!order_fits(about)) return fail(failure(Failure::Kind::refused, "sku_not_on_order"));
  if (!of(about).empty()) stage_.broken(2, fmt::format("a second RMA for {} at {}", about, name_));
  auto& rma = rmas.emplace_back();
  rma.id = fmt::format("{}-rma-{}", name_, rmas.size());
  rma.reference = request.reference;
  rma.about = about;
  rma.tracking_number = request.tracking_number;
  rma.made_at = stage_.clock.now();
  rma.receipt.status = rma.receipt.raw_status = "pending";
  for (const auto& line : request.lines) {
    rma.receipt.lines.push_back({.sku = line.sku, .expected = line.quantity});
    rma.asked += line.quantity;
  }
  by_id_[rma.id] = &rma;
  by_return_[about].push_back(&rma);
  changed(rma, "is made");
  made(rma);
  return connectors::RmaMade{.id = ExternalId{rma.id}, .found = false, .remarks = {}};
}

void Warehouse::show(Rma& rma, Look look) {
  look.at = stage_.clock.now();
  look.want = want(rma);
  if (rma.looks.size() == looks_max) rma.looks.erase(rma.looks.begin());
  rma.looks.push_back(look);
  const auto facts = facts_of(rma.receipt);
  rma.shown.emplace(facts, look.at);
  if (look.want == Want::flag) rma.reasons_to_flag.insert(facts);
}

Outcome<connectors::RmaRead> Warehouse::look_up(const std::string& id, Look look) {
  auto* rma = own(id, "read");
  if (rma == nullptr) return fail(failure(Failure::Kind::refused, "not_found"));
  show(*rma, look);
  return connectors::RmaRead{
      .id = ExternalId{rma->id}, .reference = rma->reference, .receipt = rma->receipt, .raw = {}};
}

Outcome<void> Warehouse::attach(const connectors::RmaUpdate& update) {
  auto* rma = own(update.rma.value, "note a tracking number on");
  if (rma == nullptr) return fail(failure(Failure::Kind::refused, "not_found"));
  rma->tracking_number = update.tracking_number;
  return {};
}

Outcome<void> Warehouse::cancel(const std::string& id) {
  auto* rma = own(id, "cancel");
  if (rma == nullptr) return fail(failure(Failure::Kind::refused, "not_found"));
  if (std::exchange(rma->cancelled, true)) return {};
  rma->receipt.status = rma->receipt.raw_status = "cancelled";
  changed(*rma, "is cancelled by the hub");
  return {};
}

connectors::Page<connectors::RmaRead> Warehouse::list(connectors::Window window, const std::string& cursor, Look look) {
  const Time now = stage_.clock.now();
  listed_at = now;
  connectors::Page<connectors::RmaRead> page;
  auto at = cursor.empty() ? std::size_t{0} : static_cast<std::size_t>(std::stoull(cursor));
  for (; at < rmas.size(); ++at) {
    auto& rma = rmas[at];
    if (rma.changed_at < window.from || rma.changed_at >= window.to || rma.changed_at > now - list_lags) continue;
    if (page.items.size() == page_size) {
      page.next = std::to_string(at);
      break;
    }
    show(rma, look);
    page.items.push_back({.id = ExternalId{rma.id}, .reference = rma.reference, .receipt = rma.receipt, .raw = {}});
  }
  return page;
}

// --- the clerks

void Warehouse::changed(Rma& rma, std::string_view what) {
  rma.changed_at = stage_.clock.now();
  stage_.trace.say(name_, "{} for {} {}: {}", rma.id, rma.about, what, facts_of(rma.receipt));
  // Like Return Update: it says that something changed, and not what.
  const json::object body{{"id", rma.id}, {"topic", "Return Update"}, {"shopper", "canary-shopper-51cc"}};
  post_.send({.to = connection_,
              .sender = name_,
              .topic = "Return Update",
              .body = json::serialize(body),
              .message_id = fmt::format("{}-{}", name_, ++letters_),
              .about = rma.id,
              .phase = [this, about = rma.about] { return phase(about); },
              .acknowledged = [] {}});
}

}  // namespace backhaul::sim
