#pragma once
// What the tests of this folder share: short ways to write a return, and a story that tells it events one by one.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "returns/decide.hpp"
#include "returns/event.hpp"
#include "returns/evolve.hpp"

namespace backhaul::returns {

inline const ConnectionId loop_id{"con_source"};
inline const ConnectionId hero_id{"con_hero"};
inline const ConnectionId other_id{"con_other"};
inline constexpr Time noon{1'773'500'000'000};

inline Unit unit(std::string line_id, std::string sku, std::string reason = "Too small") {
  Unit made;
  made.line_id = std::move(line_id);
  made.provider_line_id = "p" + made.line_id;
  made.sku = std::move(sku);
  made.reason = std::move(reason);
  made.price_minor = 2'500;
  return made;
}

// Two units of A, one of B.
inline SourceView view_of(SourceState state = SourceState::open) {
  SourceView view;
  view.state = state;
  view.raw_state = std::string(to_string(state));
  view.order_name = "#1001";
  view.order_number = "1001";
  view.currency = "USD";
  view.created_at = noon;
  view.units = {unit("11", "A"), unit("12", "A"), unit("13", "B")};
  return view;
}

inline SourceView flagged_view() {
  auto view = view_of(SourceState::review);
  view.flagged = true;
  return view;
}

inline SourceView labelled_view(std::string tracking_number) {
  auto view = view_of();
  view.labels = {{.carrier = "ups", .tracking_number = std::move(tracking_number), .status = {}, .url = "https://l/1"}};
  return view;
}

inline Receipt receipt_of(std::string status, std::int64_t a = 2, std::int64_t b = 1) {
  Receipt receipt;
  receipt.status = status;
  receipt.raw_status = std::move(status);
  receipt.lines = {{.sku = "A", .expected = 2, .received = a, .restocked = a},
                   {.sku = "B", .expected = 1, .received = b, .restocked = b}};
  return receipt;
}

// ShipHero's defaults with changes, as a merchant would write them.
inline Policy policy_of(const boost::json::object& changes = {}) {
  auto body = default_policy("shiphero");
  for (const auto& [key, value] : changes) body[key] = value;
  auto policy = parse_policy(body);
  EXPECT_TRUE(policy) << policy.error().message;
  return std::move(*policy);
}

inline DestinationPolicy at(const ConnectionId& connection, Policy policy = policy_of(),
                            Abilities abilities = {.can_cancel = true, .can_attach_tracking = true}) {
  return {.connection = connection, .name = connection.value, .policy = std::move(policy), .abilities = abilities};
}

// A return being told events; each has the next number and the story's clock.
class Story {
 public:
  explicit Story(PolicySet policies = {at(hero_id)}) : policies_(std::move(policies)) {
    state_.id = ReturnId{1};
    state_.merchant = MerchantId{"default"};
    state_.source = loop_id;
    state_.source_id = ExternalId{"9001"};
  }

  template <class What>
  Story& tell(What what) {
    ++last_.value;
    state_ = evolve(std::move(state_), Event{.id = last_, .at = now, .what = std::move(what)});
    return *this;
  }
  Story& hint(SourceView view = view_of()) { return tell(SourceHinted{.view = std::move(view)}); }
  // A read that was asked after everything told so far: the one planned, or a poll's.
  Story& read(SourceView view = view_of()) {
    const auto as_of = last_;
    end_planned(EffectKind::read_source, loop_id);
    return tell(SourceWasRead{.view = std::move(view), .as_of = as_of});
  }
  Story& rma_hint(const ConnectionId& id = hero_id) { return tell(RmaHinted{.destination = id}); }
  Story& rma_read(Receipt receipt, const ConnectionId& id = hero_id) {
    const auto as_of = last_;
    end_planned(EffectKind::read_rma, id);
    return tell(RmaWasRead{.destination = id, .receipt = std::move(receipt), .as_of = as_of});
  }
  Story& end(const std::string& key, EffectStatus status = EffectStatus::done) {
    return tell(EffectEnded{
        .key = key, .status = status, .code = status == EffectStatus::done ? "" : "E1", .message = "said no"});
  }

  [[nodiscard]] Plan look() const { return decide(state_, policies_, now); }
  // Decides and takes the plan up, as the workflow does.
  Plan step() {
    auto plan = look();
    state_ = with_plan(std::move(state_), plan);
    return plan;
  }
  // Hears of the return, makes its RMA and reads it back.
  Story& with_rma(const ConnectionId& id = hero_id) {
    hint();
    step();
    tell(EffectEnded{
        .key = "create_rma/" + id.value + "/1", .rma = ExternalId{"rma-" + id.value}, .lines = {{"A", 2}, {"B", 1}}});
    read();
    return *this;
  }

  [[nodiscard]] const ReturnState& state() const { return state_; }
  [[nodiscard]] ReturnState& state() { return state_; }
  [[nodiscard]] EventId last() const { return last_; }
  PolicySet& policies() { return policies_; }

  Time now = noon + Millis{60'000};

 private:
  void end_planned(EffectKind kind, const ConnectionId& connection) {
    const auto planned = std::ranges::find_if(state_.ledger, [&](const EffectRecord& record) {
      return record.kind == kind && record.connection == connection && record.status == EffectStatus::planned;
    });
    if (planned != state_.ledger.end()) end(std::string(planned->key));
  }

  ReturnState state_;
  PolicySet policies_;
  EventId last_;
};

inline const PlannedEffect* find(const Plan& plan, EffectKind kind, const ConnectionId& connection = {}) {
  const auto found = std::ranges::find_if(plan.effects, [&](const PlannedEffect& effect) {
    return effect.kind == kind && (connection.empty() || effect.connection == connection);
  });
  return found == plan.effects.end() ? nullptr : &*found;
}

inline const AttentionItem* find_attention(const Plan& plan, std::string_view kind) {
  const auto found = std::ranges::find(plan.attention, kind, &AttentionItem::kind);
  return found == plan.attention.end() ? nullptr : &*found;
}

inline std::vector<std::string> keys_of(const Plan& plan) {
  std::vector<std::string> keys;
  for (const auto& effect : plan.effects) keys.push_back(effect.key);
  return keys;
}

// Its RMA was read as `status`, and the return after it.
inline Story received(std::string status, std::int64_t a = 2, std::int64_t b = 1) {
  Story story;
  story.with_rma().rma_read(receipt_of(std::move(status), a, b)).read();
  return story;
}

// One whose process was planned.
inline Story processing() {
  auto story = received("complete");
  EXPECT_NE(find(story.step(), EffectKind::process), nullptr);
  return story;
}

}  // namespace backhaul::returns
