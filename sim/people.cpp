#include "people.hpp"

#include <algorithm>

namespace backhaul::sim {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> skus{"TEE-BLU-M", "TEE-RED-L", "CAP", "MUG"};

returns::SourceView new_view(int number, Rng& rng, const std::string& place) {
  returns::SourceView view;
  view.state = returns::SourceState::open;
  view.raw_state = "open";
  // Every third return is the order's second one.
  view.order_name = "#" + std::to_string(1'000 + number - (number % 3 == 2 ? 1 : 0));
  view.destination_id = place;
  view.currency = "USD";
  const auto units = 1 + rng.below(4);
  for (std::size_t i = 0; i < units; ++i) {
    returns::Unit unit;
    unit.line_id = std::to_string(number * 10 + static_cast<int>(i));
    unit.sku = rng.pick(skus);  // often the same one twice
    unit.reason = "Too small";
    unit.comment = "canary-shopper-51cc";
    unit.price_minor = 2'500;
    view.units.push_back(std::move(unit));
  }
  return view;
}

}  // namespace

People::People(Stage& stage, std::vector<Merchant>& merchants, std::function<Hub*()> hub, Millis span)
    : stage_(stage), merchants_(merchants), hub_(std::move(hub)), span_(span) {
  for (auto& merchant : merchants_) {
    merchant.platform->flagged = [this, &merchant](Platform::Return& about) { on_flag(merchant, about); };
    merchant.platform->processing_failed = [this, &merchant](Platform::Return& about) { on_failure(merchant, about); };
    for (auto& warehouse : merchant.warehouses)
      warehouse->made = [this, &at = *warehouse](Warehouse::Rma& rma) { on_rma(at, rma); };
  }
}

void People::later(Millis after, std::function<void()> what) {
  stage_.clock.after(after, [this, what = std::move(what)] {
    if (!home_) what();
  });
}

void People::did(std::string_view row, const Platform::Return& about, Phase before) {
  stage_.cover(row, before);
  stage_.trace.say("person", "{}: {}", row, about.id);
}

void People::plan(int returns) {
  for (int number = 0; number < returns; ++number) {
    if (const auto& only = stage_.faults.muted().returns; only && !only->contains(number)) continue;
    Rng rng(key_of(stage_.seed, "story", number));
    auto& merchant = merchants_[rng.below(merchants_.size())];
    const Millis when = rng.between(1s, span_ * 6 / 10);
    later(when, [this, number, &merchant] { submit(number, merchant); });
  }
}

void People::submit(int number, Merchant& merchant) {
  Rng rng(key_of(stage_.seed, "return", number));
  const auto& places = rng.pick(merchant.warehouses)->policy.places;
  auto& about = merchant.platform->submit(number, new_view(number, rng, places.empty() ? "" : *places.begin()));
  ++submitted_;
  live(merchant, about, rng);
}

// What people at the platform do of their own accord. Most do nothing.
void People::live(Merchant& merchant, Platform::Return& about, Rng rng) {
  auto& at = *merchant.platform;
  const auto now_and_then = [&](double rate, std::string_view row, bool (Platform::*act)(Platform::Return&)) {
    if (!rng.chance(rate)) return;
    later(rng.between(1s, span_), [this, row, act, &at, &about] {
      const auto before = at.phase(about);
      if ((at.*act)(about)) did(row, about, before);
    });
  };
  if (rng.chance(0.5)) {
    at.add_label(about);
  } else {
    now_and_then(0.8, "late label", &Platform::add_label);
  }
  now_and_then(0.12, "held by hand", &Platform::hold);
  now_and_then(0.10, "lifted", &Platform::lift);
  now_and_then(0.04, "processed by hand", &Platform::process_by_hand);
  now_and_then(0.03, "closed by hand", &Platform::close);
  now_and_then(0.06, "cancelled", &Platform::cancel);
  now_and_then(0.03, "expired", &Platform::expire);
  // An impatient one asks the hub to retry whatever can be.
  if (rng.chance(0.05)) {
    later(rng.between(10min, span_), [this, &about] { ask_retry(about, ""); });
  }
}

// Somebody looks at a flagged return, mostly.
void People::on_flag(Merchant& merchant, Platform::Return& about) {
  Rng rng(key_of(stage_.seed, "flag", about.id, about.flags.all.size()));
  const auto what = rng.below(10);
  later(rng.mostly_short(2s, 90min), [this, what, &at = *merchant.platform, &about] {
    const auto before = at.phase(about);
    if (what < 6 && at.lift(about)) did("lifted", about, before);
    if (what == 6 && at.process_by_hand(about)) did("processed by hand", about, before);
    if (what == 7 && at.close(about)) did("closed by hand", about, before);
    if (what == 8 && at.cancel(about)) did("cancelled", about, before);
  });
}

void People::on_failure(Merchant& merchant, Platform::Return& about) {
  Rng rng(key_of(stage_.seed, "failure", about.id, about.accepted.size()));
  const auto what = rng.below(3);
  later(rng.mostly_short(5s, 60min), [this, what, &at = *merchant.platform, &about] {
    const auto before = at.phase(about);
    if (what == 0 && at.process_by_hand(about)) did("processed by hand", about, before);
    if (what == 1) ask_retry(about, "process/");
  });
}

// At the hub: have a job of the return tried again.
void People::ask_retry(Platform::Return& about, std::string_view effect) {
  auto* hub = hub_();
  if (hub == nullptr) return;
  auto finding = hub->inner().find_return(about.id);
  test::BlockingLoop blocking;
  const auto found = blocking.wait(std::move(finding));
  if (!found) return;
  const auto jobs = hub->ask(hub->inner().jobs_of_return(found->id));
  for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) {
    if (!job->key.starts_with(effect)) continue;
    const bool process = job->kind == "process";
    auto asking = hub->inner().ask_retry(job->id, hub->loop().now());
    const auto asked = blocking.wait(std::move(asking));
    if (!asked) continue;
    if (process) ++about.retries_asked;
    stage_.trace.say("person", "asks the hub to retry {} of {}", job->key, about.id);
    return;
  }
}

// --- the warehouse

void People::on_rma(Warehouse& warehouse, Warehouse::Rma& rma) {
  Rng rng(key_of(stage_.seed, "parcel", rma.about, warehouse.name()));
  if (rng.chance(0.1)) return;  // the parcel never comes
  auto after = rng.mostly_short(5s, span_ / 2);
  const auto changes = 1 + rng.below(3);
  for (std::size_t i = 0; i < changes; ++i) {
    later(after, [this, &warehouse, &rma, key = rng.next()] {
      Rng own(key);
      receive(warehouse, rma, own);
    });
    after += rng.mostly_short(200ms, span_ / 3);
  }
}

// One thing a clerk saves. Later ones may contradict earlier ones.
void People::receive(Warehouse& warehouse, Warehouse::Rma& rma, Rng& rng) {
  if (rma.cancelled) return;
  auto& receipt = rma.receipt;
  static const std::vector<std::string> words{"complete", "complete", "complete", "complete", "Warehouse Complete",
                                              "issue",    "damaged",  "pending",  "rts",      "Waiting For Godot"};
  const auto before = warehouse.phase(rma.about);
  receipt.raw_status = rng.pick(words);
  receipt.status = receipt.raw_status;
  std::ranges::transform(receipt.status, receipt.status.begin(), [](unsigned char c) { return std::tolower(c); });
  const bool untouched = rng.chance(0.15);  // the counts follow
  for (auto& line : receipt.lines) {
    if (untouched) break;
    line.received = line.expected;
    if (rng.chance(0.12)) line.received = rng.between(0, line.expected);
    if (rng.chance(0.04)) ++line.received;
    line.restocked = rng.chance(0.15) ? rng.between(0, line.received) : line.received;
  }
  stage_.cover("receipt saved", before);
  warehouse.changed(rma, "is saved");
}

}  // namespace backhaul::sim
