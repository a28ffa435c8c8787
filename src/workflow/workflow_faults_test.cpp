// What may get in the way: a store that fails, a race that is lost, a return that cannot be read.

#include "workflow/workflow_fixture.hpp"

namespace backhaul::workflow {
namespace {

TEST_F(WorkflowTest, AStepThatLostARaceIsTakenAgain) {
  begin();
  int losses = 3;
  hub->store().fate = [&](std::string_view call) {
    return call == "commit_steps_conflict" && losses-- > 0 ? FaultyStore::Fate::conflict : FaultyStore::Fate::pass;
  };
  submit("r1");
  EXPECT_EQ(hub->workflow().counters().conflicts, 3U);
  EXPECT_EQ(world.rmas.size(), 1U);
  hub->advance(5s);
  EXPECT_TRUE(hub->dispatcher().drained()) << "the slots of lost steps were given back";
}

TEST_F(WorkflowTest, GoesOnWhenTheStoreDoes) {
  for (const char* call : {"take_news", "commit_steps", "park"}) {
    SCOPED_TRACE(call);
    world.rmas.clear();
    begin();
    hub->store().fail_always(call);
    hub->deliver(destination_id, test::rma_body("someone-elses", 1));
    submit("r1");
    hub->advance(5s);
    EXPECT_EQ(world.rmas.size(), 0U);
    EXPECT_TRUE(hub->dispatcher().drained());
    hub->store().fate = {};
    hub->advance(5s);
    EXPECT_EQ(world.rmas.size(), 1U);
    EXPECT_EQ(hub->ask(hub->inner().depths()).news, 0);
  }
}

// Polls pass an RMA over until it is linked: what they said of it meanwhile is in no journal.
TEST_F(WorkflowTest, Law5ConvergesAnRmaThatIsLinkedLateIsRead) {
  begin();
  hub->store().fate = [&](std::string_view call) {
    return call == "commit_steps" && !world.rmas.empty() ? FaultyStore::Fate::fail : FaultyStore::Fate::pass;
  };
  submit("r1");
  ASSERT_EQ(world.rmas.size(), 1U);
  world.receive_all("r1", "complete");
  hub->advance(31s);
  EXPECT_EQ(world.count("read_rma rma-1"), 0);
  hub->store().fate = {};
  hub->advance(10s);
  EXPECT_EQ(world.returns["r1"].accepted, 1);
}

TEST_F(WorkflowTest, AReturnThatCannotBeReadIsSetAsideAndOthersGoOn) {
  begin();
  submit("r1");
  hub->advance(5s);
  damage("UPDATE returns SET body = '{'");
  hub->tell_of_return("r1", "return.updated");
  submit("r2");
  hub->advance(5s);
  EXPECT_NE(world.find_rma("r2"), nullptr);
  EXPECT_THAT(hub->attention(), ElementsAre("return_set_aside"));
  EXPECT_EQ(hub->ask(hub->inner().depths()).news, 0);
}

TEST_F(WorkflowTest, ADamagedReturnIsNotWokenForEver) {
  begin();
  submit("r1");
  hub->advance(5s);
  damage("UPDATE returns SET body = '{', wake_at = 1");
  submit("r2");  // must come to an end
  EXPECT_NE(world.find_rma("r2"), nullptr);
  EXPECT_THAT(hub->attention(), ElementsAre("return_set_aside"));
  const auto takes = hub->store().calls["take_news"];
  hub->advance(10s);
  EXPECT_LT(hub->store().calls["take_news"] - takes, 60);
}

TEST_F(WorkflowTest, AStepTheStoreRefusesHoldsUpNobodyElse) {
  begin();
  // Both returns get the same RMA: the second cannot be linked.
  submit("r1");
  world.turn = [&](const std::string& call, const std::string&) {
    if (call == "create_rma") world.rmas.back().reference = "r2";
    return test::World::Turn{};
  };
  submit("r2");
  world.turn = {};
  submit("r3");
  hub->advance(5s);
  EXPECT_NE(world.find_rma("r3"), nullptr);
  EXPECT_THAT(hub->attention(), Contains("return_set_aside"));
  EXPECT_TRUE(hub->dispatcher().drained());
}

}  // namespace
}  // namespace backhaul::workflow
