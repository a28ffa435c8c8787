#pragma once
// What the tests of the dispatcher share: a hub whose workflow stands still, and jobs put into its queue by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "returns/codec.hpp"
#include "returns/outcome.hpp"
#include "support/test_hub.hpp"

namespace backhaul::dispatch {

using namespace std::chrono_literals;
using connectors::Failure;
using returns::EffectKind;
using test::destination_id;
using test::failure_of;
using test::source_id;
using test::World;

class DispatchTest : public testing::Test {
 protected:
  // `shared`: other nodes use the store too.
  explicit DispatchTest(bool shared = false) : shared_store(shared) { world.returns["r1"].view = test::open_return(); }

  static bool at_source(EffectKind kind) {
    return kind != EffectKind::read_rma && kind != EffectKind::create_rma && kind != EffectKind::attach_tracking &&
           kind != EffectKind::cancel_rma;
  }

  // What the hub knows of a return when it has planned to process it: all of it was received.
  returns::ReturnState processing() {
    returns::ReturnState state;
    state.source = source_id;
    state.view = world.returns.at("r1").view;
    state.has_view = true;
    state.hint = state.read = EventId{1};
    state.gone = thought_gone;
    auto& rma = state.destinations.emplace_back();
    rma.connection = destination_id;
    rma.phase = returns::RmaPhase::made;
    rma.has_receipt = true;
    rma.receipt.status = "complete";
    auto& process = state.ledger.emplace_back();
    process.key = "process/1";
    process.kind = EffectKind::process;
    process.connection = source_id;
    return state;
  }

  // A return of its own for each job: `owner` tells them apart.
  store::Step step_with(const std::string& owner, EffectKind kind, returns::Work work) {
    store::Step step;
    step.merchant = MerchantId{"default"};
    step.source = source_id;
    step.source_id = ExternalId{owner};
    step.state = returns::encode(kind == EffectKind::process ? processing() : returns::ReturnState{});
    step.at = hub.loop().now();
    returns::PlannedEffect effect;
    effect.kind = kind;
    effect.connection = at_source(kind) ? source_id : destination_id;
    effect.key = std::string(returns::to_string(kind)) + (kind == EffectKind::read_rma ? "/con_destination/1" : "/1");
    effect.work = std::move(work);
    effect.not_before = hub.loop().now();
    step.jobs.push_back({.effect = std::move(effect), .lease = std::nullopt});
    return step;
  }
  void plan(const std::string& owner, EffectKind kind, returns::Work work) {
    hub.ask(hub.inner().commit_steps({step_with(owner, kind, std::move(work))}));
  }
  void plan_process(const std::string& owner = "j1") {
    returns::Work work = about("r1");
    work.precondition = returns::decision_digest(world.returns.at("r1").view);
    for (const auto& rma : world.rmas)
      work.receipts.push_back(
          {.connection = destination_id, .rma = ExternalId{rma.id}, .digest = returns::decision_digest(rma.receipt)});
    plan(owner, EffectKind::process, std::move(work));
  }
  void receive() {
    world.rmas.push_back({.id = "rma-1", .reference = "r1", .receipt = {}, .tracking_number = {}});
    world.rmas.back().receipt.status = "complete";
  }
  void plan_rma(const std::string& owner, const std::string& reference = "r1") {
    returns::Work work = about("r1");
    work.reference = reference;
    work.lines = {{.sku = "A", .quantity = 2, .reason = {}, .provider_line_ids = {}}};
    plan(owner, EffectKind::create_rma, std::move(work));
  }
  static returns::Work about(const std::string& subject) {
    returns::Work work;
    work.subject = ExternalId{subject};
    return work;
  }

  void poke() {
    hub.loop().post([this] { hub.dispatcher().poke(); });
    hub.run();
  }
  // Time passes, and the engine looks around.
  void wait(Millis time) {
    for (Millis passed{0}; passed < time; passed += 1s) {
      hub.advance(1s);
      poke();
    }
  }
  store::JobRow job(const std::string& owner = "j1") { return hub.jobs(owner).back(); }
  std::vector<std::string> attempts(const std::string& owner = "j1") {
    std::vector<std::string> outcomes;
    for (const auto& attempt : job(owner).attempts) outcomes.push_back(attempt.outcome);
    return outcomes;
  }
  // What was journalled about the job's end; nothing when it has not ended.
  std::optional<returns::OutcomeNote> outcome(const std::string& owner = "j1") {
    for (const auto& event : hub.events(owner)) {
      if (event.kind == store::EventKind::outcome) return returns::decode_outcome(event.body).value();
    }
    return std::nullopt;
  }
  // The vendor's next calls of this word end so; others go well.
  void answer(std::string word, World::Turn how, int times = 1) {
    world.turn = [word, how, left = times](const std::string& call, const std::string&) mutable {
      return call == word && left > 0 && left-- > 0 ? how : World::Turn{};
    };
  }

  bool shared_store;
  bool thought_gone = false;  // a read after the plan said that the source knows no such return
  World world;
  test::TestHub hub{world,
                    {.retry = {}, .perform = {}, .lease = 60s, .shared = shared_store, .policy = {}, .works = false}};
};

}  // namespace backhaul::dispatch
