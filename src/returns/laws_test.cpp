// The laws as properties: whatever people do at both ends, and however the hints about it travel.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "returns/hub_model.hpp"
#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

using model::Act;
using model::Choices;
using model::Hub;
using model::Step;
using model::World;

using Batch = std::vector<Step>;

}  // namespace

namespace model {
// For RapidCheck's reports.
void showValue(const Step& step, std::ostream& out) {
  out << "{act " << static_cast<int>(step.act) << ", " << step.status << ", short by " << step.short_by << "}";
}
}  // namespace model

namespace {

rc::Gen<Step> any_step() {
  const auto act = rc::gen::weightedElement<Act>({{1, Act::add_label},
                                                  {2, Act::put_in_review},
                                                  {3, Act::lift},
                                                  {1, Act::cancel},
                                                  {1, Act::close},
                                                  {1, Act::expire},
                                                  {8, Act::receive},
                                                  {3, Act::finish_processing},
                                                  {2, Act::fail_processing}});
  const auto status = rc::gen::weightedElement<std::string>({{4, "complete"},
                                                             {2, "warehouse complete"},
                                                             {2, "issue"},
                                                             {2, "damaged"},
                                                             {1, "pending"},
                                                             {1, "brand new word"}});
  return rc::gen::build<Step>(
      rc::gen::set(&Step::act, act), rc::gen::set(&Step::status, status),
      rc::gen::set(&Step::short_by, rc::gen::weightedElement<std::int64_t>({{3, 0}, {1, 1}, {1, 2}})));
}

// The first batch is the return's first minutes, before goods can have arrived.
rc::Gen<Step> first_step() {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::act, rc::gen::element(Act::add_label, Act::put_in_review, Act::lift, Act::cancel)));
}

// What a person would see at the end. RMAs made and cancelled again for a return that was cancelled are as good as
// none.
std::vector<std::string> picture(const World& world, const Hub& hub) {
  std::vector<std::string> lines;
  lines.push_back("source: " + encode(world.view) + " accepted " + std::to_string(world.accepted));
  lines.push_back("known: " + encode(hub.state.view));
  for (const auto& rma : world.rmas) {
    if (rma.receipt.status == "cancelled") continue;
    lines.push_back("rma: " + rma.reference + " " + rma.tracking_number + " " + encode(rma.receipt));
  }
  const auto* there = find_destination(hub.state, hero_id);
  if (there != nullptr && there->phase == RmaPhase::made) lines.push_back("receipt: " + encode(there->receipt));
  for (const auto& [facts, times] : world.flags) lines.push_back(facts + " flagged " + std::to_string(times));
  auto notes = world.notes;
  std::ranges::sort(notes);
  lines.insert(lines.end(), notes.begin(), notes.end());
  std::set<std::string> acts;
  for (const auto& record : hub.state.ledger) {
    const bool act =
        record.kind == EffectKind::process || record.kind == EffectKind::flag || record.kind == EffectKind::note;
    if (!act || record.status == EffectStatus::withdrawn) continue;
    acts.insert(record.key.substr(0, record.key.rfind('/')) + " " + std::string(to_string(record.status)));
  }
  lines.insert(lines.end(), acts.begin(), acts.end());
  for (const auto& item : hub.look().attention) lines.push_back("attention: " + item.kind);
  return lines;
}

void check_world(const World& world) {
  RC_ASSERT(world.accepted <= 1);          // law 2
  RC_ASSERT(world.accepted_wrongly == 0);  // law 3
  RC_ASSERT(world.flagged_wrongly == 0);   // law 4
  std::set<std::string> references;
  for (const auto& rma : world.rmas) RC_ASSERT(references.insert(rma.reference).second);  // law 2
  for (const auto& [facts, times] : world.flags) RC_ASSERT(times <= 1);                   // law 4
}

std::vector<std::string> live_through(const std::vector<Batch>& history, Choices choices) {
  World world(hero_id, view_of());
  Hub hub(world, {at(hero_id)}, loop_id, hero_id, std::move(choices));
  for (const auto& batch : history) {
    for (const auto& step : batch) world.apply(step);
    hub.settle();
    check_world(world);
  }
  world.apply({.act = Act::finish_processing});
  hub.settle();
  check_world(world);
  return picture(world, hub);
}

std::vector<Batch> any_history() {
  const auto first = *rc::gen::resize(3, rc::gen::container<Batch>(first_step()));
  auto history = *rc::gen::resize(
      6, rc::gen::container<std::vector<Batch>>(rc::gen::resize(3, rc::gen::container<Batch>(any_step()))));
  history.insert(history.begin(), first);
  // A return that becomes free to act on and a new receipt at the same moment: which of the two the hub learns first
  // decides, and either is right.
  for (auto& batch : history) {
    if (std::ranges::find(batch, Act::receive, &Step::act) == batch.end()) continue;
    std::erase_if(batch, [](const Step& step) { return step.act == Act::lift || step.act == Act::fail_processing; });
  }
  return history;
}

RC_GTEST_PROP(Laws, Law5ConvergesWhateverTheOrderTheDoublesAndTheLosses, ()) {
  const auto history = any_history();
  const auto choices = *rc::gen::resize(120, rc::gen::arbitrary<std::vector<std::uint8_t>>());
  const auto plain = live_through(history, Choices{});
  const auto stirred = live_through(history, Choices{choices});
  RC_ASSERT(stirred == plain);
}

RC_GTEST_PROP(Laws, Law2And3And4And6HoldAtEveryStepOfLongHistories, ()) {
  auto history = any_history();
  const auto more =
      *rc::gen::resize(20, rc::gen::container<std::vector<Batch>>(rc::gen::container<Batch>(1, any_step())));
  history.insert(history.end(), more.begin(), more.end());
  const auto choices = *rc::gen::resize(200, rc::gen::arbitrary<std::vector<std::uint8_t>>());
  RC_ASSERT(!live_through(history, Choices{choices}).empty());
}

// The properties above would hold for a hub that does nothing; these say that it does something.
TEST(Laws, TheModelReachesAProcessedReturn) {
  const auto lines = live_through({{}, {{.act = Act::receive, .status = "complete"}}}, Choices{});
  EXPECT_TRUE(lines.front().ends_with("accepted 1")) << lines.front();
  EXPECT_NE(lines.front().find("\"closed\""), std::string::npos) << lines.front();
  EXPECT_NE(std::ranges::find(lines, "process done"), lines.end());
}

TEST(Laws, TheModelReachesAFlagThatIsLiftedAndRaisedForNewFactsOnly) {
  const Batch damaged{{.act = Act::receive, .status = "damaged"}};
  const Batch worse{{.act = Act::receive, .status = "damaged", .short_by = 1}};
  const Batch lifted{{.act = Act::lift}};
  World world(hero_id, view_of());
  Hub hub(world, {at(hero_id)}, loop_id, hero_id, Choices{});
  std::vector<std::size_t> flags;
  for (const auto& batch : {Batch{}, damaged, lifted, damaged, lifted, worse, lifted}) {
    for (const auto& step : batch) world.apply(step);
    hub.settle();
    flags.push_back(world.flags.size());
  }
  EXPECT_EQ(flags, (std::vector<std::size_t>{0, 1, 1, 1, 1, 2, 2}));
  check_world(world);
}

}  // namespace
}  // namespace backhaul::returns
