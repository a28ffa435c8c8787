// One return's way through workflow and dispatch.

#include "workflow/workflow_fixture.hpp"

namespace backhaul::workflow {
namespace {

TEST_F(WorkflowTest, CarriesAReturnHome) {
  begin();
  submit("r1");
  ASSERT_EQ(world.rmas.size(), 1U) << "the RMA is made on the hint, before the return was read";
  EXPECT_EQ(world.count("read r1"), 0);
  EXPECT_EQ(hub->job("r1", "create_rma/")->state, "completed");
  EXPECT_EQ(hub->store().calls["claim_jobs"], 0) << "it was born running";
  hub->advance(15s);
  EXPECT_EQ(world.count("read r1"), 1);

  receive("r1");
  EXPECT_EQ(world.returns["r1"].accepted, 1);
  EXPECT_THAT(hub->row("r1").stage, HasSubstr("waiting for its confirmation"));
  world.finish_processing("r1");
  hub->tell_of_return("r1", "return.closed");
  hub->advance(5s);
  EXPECT_EQ(hub->row("r1").stage, "processed, and closed at the source");
  EXPECT_EQ(hub->row("r1").state, "closed");
  EXPECT_THAT(hub->attention(), IsEmpty());
  EXPECT_EQ(world.rmas.size(), 1U);
  EXPECT_EQ(world.returns["r1"].accepted, 1);
}

TEST_F(WorkflowTest, FindsTheConfirmationByItselfWhenNoWordComes) {
  begin();
  submit("r1");
  receive("r1");
  world.finish_processing("r1");
  hub->advance(1min);
  EXPECT_EQ(hub->row("r1").stage, "processed, and closed at the source");
}

TEST_F(WorkflowTest, SaysWhenAProcessStaysUnconfirmed) {
  begin();
  submit("r1");
  receive("r1");
  hub->advance(31min);
  EXPECT_THAT(hub->attention(), ElementsAre("process_unconfirmed"));
  EXPECT_EQ(world.returns["r1"].accepted, 1);
  world.finish_processing("r1");
  hub->advance(40min);
  EXPECT_THAT(hub->attention(), IsEmpty());
}

TEST_F(WorkflowTest, AsksAPersonOnceWhenGoodsAreDamaged) {
  begin();
  submit("r1");
  receive("r1", "damaged");
  hub->advance(1min);
  EXPECT_EQ(world.count("flag r1"), 1);
  EXPECT_EQ(world.returns["r1"].accepted, 0);
  // The person lifts it, and everybody tells everything again.
  world.returns["r1"].view.flagged = false;
  world.returns["r1"].view.state = returns::SourceState::open;
  hub->tell_of_return("r1", "return.updated");
  hub->tell_of_rma("r1");
  hub->advance(1min);
  EXPECT_EQ(world.count("flag r1"), 1) << "the same facts do not raise it again";
}

TEST_F(WorkflowTest, AHintAboutAnRmaNobodyKnowsYetIsRevivedByTheLink) {
  begin();
  world.returns["r1"].view = test::open_return();
  // The warehouse is fast: its word arrives before the answer to our create does.
  world.turn = [&](const std::string& call, const std::string&) {
    return test::World::Turn{.failure = std::nullopt, .acts = true, .stalls = call == "create_rma"};
  };
  hub->tell_of_return("r1");
  hub->run();
  hub->deliver(destination_id, test::rma_body("rma-1", 1));
  hub->run();
  EXPECT_EQ(hub->ask(hub->inner().depths()).news, 0) << "it is set aside, not asked for again and again";
  EXPECT_EQ(world.count("read_rma rma-1"), 0);
  world.turn = {};
  world.after_acting = [&](const std::string& call) {
    if (call == "create_rma") world.receive_all("r1", "complete");
    return true;
  };
  world.release();
  hub->advance(5s);
  EXPECT_EQ(world.count("read_rma rma-1"), 2) << "for the hint, and once more before the process";
  EXPECT_EQ(world.returns["r1"].accepted, 1);
}

TEST_F(WorkflowTest, ShadowPlansAndPerformsNothing) {
  begin({{"mode", "shadow"}});
  submit("r1");
  hub->advance(10s);
  EXPECT_EQ(world.rmas.size(), 0U);
  const auto job = hub->job("r1", "shadow/create_rma/");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->state, "shadowed");
  EXPECT_THAT(job->rule, Not(IsEmpty()));
  EXPECT_EQ(world.count("read r1"), 1) << "looking is allowed";

  auto live = returns::default_policy("shiphero");
  hub->ask(hub->inner().add_policy(destination_id, json::serialize(live), hub->loop().now()));
  hub->tell_of_return("r1", "return.updated");
  hub->advance(10s);
  EXPECT_EQ(world.rmas.size(), 1U) << "going live plans it afresh";
}

TEST_F(WorkflowTest, PausedFoldsNewsInAndDecidesNothingUntilItIsLive) {
  begin({{"mode", "paused"}});
  submit("r1");
  hub->advance(10s);
  EXPECT_EQ(world.rmas.size(), 0U);
  EXPECT_EQ(hub->row("r1").order_name, "#1001");
  EXPECT_THAT(hub->row("r1").stage, HasSubstr("paused"));
  hub->ask(
      hub->inner().add_policy(destination_id, json::serialize(returns::default_policy("shiphero")), hub->loop().now()));
  hub->advance(2min);
  EXPECT_EQ(world.rmas.size(), 1U) << "without any further news";
}

TEST_F(WorkflowTest, DecisionsExplainThemselves) {
  begin();
  submit("r1");
  hub->ask(
      hub->inner().add_policy(destination_id, json::serialize(returns::default_policy("shiphero")), hub->loop().now()));
  hub->advance(5s);
  receive("r1");

  const auto made = hub->job("r1", "create_rma/");
  EXPECT_EQ(made->policy_version, 1);
  EXPECT_EQ(made->rule, "created on: return created");
  EXPECT_EQ(made->causes, "[1]") << "the delivery";
  EXPECT_TRUE(made->decision);
  const auto process = hub->job("r1", "process/");
  EXPECT_EQ(process->policy_version, 2);
  EXPECT_EQ(process->rule, "status table: complete");
  const auto causes = json::parse(process->causes);
  ASSERT_FALSE(causes.as_array().empty());
  EXPECT_GT(causes.as_array().back().as_int64(), made->decision.value) << "something learnt after the RMA was made";

  const auto entries = decisions("r1");
  const auto deciding = std::ranges::find_if(entries, [](const json::object& entry) {
    const auto* effects = entry.if_contains("effects");
    return effects != nullptr && std::string_view(effects->at(0).at("effect").as_string()) == "process/1";
  });
  ASSERT_NE(deciding, entries.end());
  EXPECT_EQ(deciding->at("rule"), "status table: complete");
  EXPECT_EQ(deciding->at("effects").at(0).at("policy_version"), 2);
  EXPECT_FALSE(deciding->at("causes").as_array().empty());
  EXPECT_EQ(deciding->at("source_state"), "open");
}

TEST_F(WorkflowTest, ADuplicateDeliveryCausesNothing) {
  begin();
  submit("r1");
  hub->advance(10s);
  const auto events = hub->events("r1").size();
  const auto calls = world.calls;
  for (int i = 0; i < 5; ++i) hub->tell_of_return("r1");
  hub->advance(1min);
  EXPECT_EQ(world.calls, calls);
  EXPECT_EQ(hub->events("r1").size(), events + 5) << "recorded all the same";
}

TEST_F(WorkflowTest, ARefusedRmaWaitsForAPersonAndIsTriedAgainOnTheirWord) {
  begin();
  world.turn = [](const std::string& call, const std::string&) {
    return call == "create_rma"
               ? test::World::Turn{.failure = failure_of(Failure::Kind::refused, "sku_not_on_order"), .acts = false}
               : test::World::Turn{};
  };
  submit("r1");
  hub->advance(10s);
  EXPECT_THAT(hub->attention(), ElementsAre("rma_not_made"));
  world.turn = {};
  hub->ask(hub->inner().ask_retry(hub->job("r1", "create_rma/")->id, hub->loop().now()));
  hub->advance(5s);
  EXPECT_EQ(world.rmas.size(), 1U);
  EXPECT_THAT(hub->attention(), IsEmpty());
}

TEST_F(WorkflowTest, StopEndsThePassUnderWayAndBeginsNone) {
  begin();
  hub->workflow().stop();
  submit("r1");
  hub->advance(5s);
  EXPECT_EQ(world.rmas.size(), 0U);
  EXPECT_FALSE(hub->workflow().running());
  EXPECT_EQ(hub->ask(hub->inner().depths()).news, 1) << "it is kept for the next start";
}

TEST_F(WorkflowTest, AProcessThatNeverArrivedIsDecidedAnewAndAfterHoursAPersonIsTold) {
  begin();
  submit("r1");
  int lost = 1;
  world.turn = [&](const std::string& call, const std::string&) {
    if (call != "process" || lost-- <= 0) return test::World::Turn{};
    return test::World::Turn{.failure = failure_of(Failure::Kind::unknown, "timeout"), .acts = false, .stalls = false};
  };
  receive("r1");
  hub->advance(20min);
  EXPECT_EQ(hub->job("r1", "process/")->key, "process/2");
  EXPECT_EQ(world.returns["r1"].accepted, 1);

  submit("r2");
  lost = 1'000;
  receive("r2");
  hub->advance(12h);
  EXPECT_EQ(world.count("process r2"), 12);
  EXPECT_THAT(hub->attention(), Contains("process_unanswered"));
  EXPECT_EQ(world.returns["r2"].accepted, 0);
  lost = 0;
  hub->ask(hub->inner().ask_retry(hub->job("r2", "process/")->id, hub->loop().now()));
  hub->advance(1min);
  EXPECT_EQ(world.returns["r2"].accepted, 1);
}

// The warehouse changed its mind, and neither a delivery nor a poll has said so yet.
TEST_F(WorkflowTest, Law3AnUnheardChangeAtTheWarehouseStopsAProcess) {
  begin();
  submit("r1");
  world.returns["r1"].view.state = returns::SourceState::review;
  hub->tell_of_return("r1", "return.updated");
  receive("r1");
  world.find_rma("r1")->receipt.status = world.find_rma("r1")->receipt.raw_status = "damaged";
  world.returns["r1"].view.state = returns::SourceState::open;
  hub->tell_of_return("r1", "return.updated");
  hub->advance(30s);
  EXPECT_EQ(world.returns["r1"].accepted, 0);
  EXPECT_EQ(hub->job("r1", "process/")->state, "cancelled");
  EXPECT_THAT(world.returns["r1"].done, Contains("flag"));
}

}  // namespace
}  // namespace backhaul::workflow
