#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "connectors/loop/loop_fixture.hpp"

namespace backhaul::connectors::loop {
namespace {

using Kind = Failure::Kind;
using returns::EffectKind;

Action action_of(EffectKind kind) {
  Action action;
  action.kind = kind;
  action.return_id = ExternalId{"90001"};
  return action;
}

std::string details_in(std::string_view state) {
  return R"({"id":90001,"state":")" + std::string(state) + "\"}";
}

struct LoopActionsTest : LoopFixture {
  Outcome<void> perform(Action action) { return loop.wait(source->perform(std::move(action))); }
  Outcome<Finding> find_out(Action action, Millis ago = Millis{60'000}) {
    return loop.wait(source->find_out(std::move(action), loop.now() - ago));
  }
};

constexpr const char* refused_body =
    R"({"errors":{"message":"Return is closed and therefore cannot be processed.","code":"UNPROCESSABLE_RETURN"}})";

TEST_F(LoopActionsTest, Requests) {
  struct Case {
    EffectKind kind;
    const char* line;
    const char* body;
  };
  const Case cases[] = {{EffectKind::process, "POST /warehouse/return/90001/process", "{}"},
                        {EffectKind::flag, "POST /warehouse/return/90001/flag", ""},
                        {EffectKind::close, "POST /warehouse/return/90001/close", ""},
                        {EffectKind::cancel, "POST /warehouse/return/90001/cancel", ""},
                        {EffectKind::note, "POST /warehouse/return/90001/note", R"({"content":"two \"shirts\""})"},
                        {EffectKind::remove_lines, "POST /warehouse/return/90001/remove?line_item_id=810,811", ""}};
  std::size_t index = 0;
  for (const auto& c : cases) {
    auto action = action_of(c.kind);
    action.text = "two \"shirts\"";
    action.line_ids = {"810", "811"};
    http.answer(200, index % 2 == 0 ? "true" : "\"true\"");
    const auto done = perform(std::move(action));
    ASSERT_TRUE(done) << c.line << done.error().message;
    EXPECT_EQ(line(index), c.line);
    EXPECT_EQ(request(index).body, c.body);
    EXPECT_FALSE(request(index).repeatable) << c.line;
    ++index;
  }
  EXPECT_EQ(limiter.spent, static_cast<double>(index));
}

TEST_F(LoopActionsTest, ALostAnswerIsUnknownAndIsNotAskedAbout) {
  for (const auto kind : {EffectKind::process, EffectKind::flag, EffectKind::close, EffectKind::cancel}) {
    http.lose(net::HttpError::Kind::unknown);
    EXPECT_EQ(perform(action_of(kind)).error().kind, Kind::unknown);
    http.lose(net::HttpError::Kind::not_sent);
    EXPECT_EQ(perform(action_of(kind)).error().kind, Kind::retry);
    http.answer(502, "");
    EXPECT_EQ(perform(action_of(kind)).error().kind, Kind::unknown);
    http.answer(200, "<html>");
    EXPECT_EQ(perform(action_of(kind)).error().kind, Kind::unknown);
  }
}

TEST_F(LoopActionsTest, ARefusalCountsAsDoneWhenTheResultStands) {
  struct Case {
    EffectKind kind;
    const char* state;
    bool done;
  };
  const Case cases[] = {{EffectKind::process, "closed", true},   {EffectKind::process, "open", false},
                        {EffectKind::process, "review", false},  {EffectKind::process, "cancelled", false},
                        {EffectKind::process, "expired", false}, {EffectKind::close, "closed", true},
                        {EffectKind::close, "cancelled", false}, {EffectKind::cancel, "cancelled", true},
                        {EffectKind::cancel, "closed", false},   {EffectKind::flag, "needs review", true},
                        {EffectKind::flag, "closed", false},     {EffectKind::flag, "open", false}};
  for (const auto& c : cases) {
    http.answer(200, refused_body);
    http.answer(200, details_in(c.state));
    const auto done = perform(action_of(c.kind));
    EXPECT_EQ(done.has_value(), c.done) << static_cast<int>(c.kind) << c.state;
    if (done) continue;
    EXPECT_EQ(done.error().kind, Kind::refused);
    EXPECT_EQ(done.error().code, "UNPROCESSABLE_RETURN");
    EXPECT_EQ(done.error().message, "Return is closed and therefore cannot be processed.");
  }
  http.answer(200, refused_body);
  http.answer(200, R"({"id":90001,"state":"open","flagged":true})");
  EXPECT_TRUE(perform(action_of(EffectKind::flag)));
}

TEST_F(LoopActionsTest, EveryWayOfRefusing) {
  struct Case {
    const char* body;
    const char* code;
  };
  const Case cases[] = {
      {R"({"errors":{"message":"Return is review and therefore cannot be processed."}})", "refused"},
      {R"({"errors":{"message":"x","code":"UNPROCESSABLE_FLAGGED_RETURN"}})", "UNPROCESSABLE_FLAGGED_RETURN"},
      {R"({"message":"Return is cancelled and therefore cannot be processed."})", "refused"},
      {R"({"content":"Return is expired and cannot be processed."})", "refused"},
      {R"({"error":{"message":"x"}})", "refused"},
      {"false", "refused"}};
  for (const auto& c : cases) {
    http.answer(200, c.body);
    http.answer(200, details_in("review"));
    const auto done = perform(action_of(EffectKind::process));
    ASSERT_FALSE(done) << c.body;
    EXPECT_EQ(done.error().kind, Kind::refused) << c.body;
    EXPECT_EQ(done.error().code, c.code) << c.body;
  }
}

TEST_F(LoopActionsTest, ARefusalIsNotFinalWhileTheStateIsUnknown) {
  http.answer(200, refused_body);
  http.answer(503, "");
  EXPECT_EQ(perform(action_of(EffectKind::process)).error().kind, Kind::retry);
  http.answer(200, R"({"errors":{"message":"No return found with this ID."}})");
  http.answer(200, R"({"error":{"message":"No return found with this ID."}})");
  EXPECT_EQ(perform(action_of(EffectKind::process)).error().code, "not_found");
}

TEST_F(LoopActionsTest, RemovedAlready) {
  auto action = action_of(EffectKind::remove_lines);
  action.line_ids = {"810"};
  http.answer(422, R"({"errors":{"message":"Return cannot be modified."}})");
  http.answer(200, R"({"id":90001,"state":"open","line_items":[{"line_item_id":811}]})");
  EXPECT_TRUE(perform(action));
  http.answer(422, R"({"errors":{"message":"Not all line items qualify."}})");
  http.answer(200, R"({"id":90001,"state":"open","line_items":[{"line_item_id":810}]})");
  EXPECT_EQ(perform(action).error().message, "Not all line items qualify.");
}

TEST_F(LoopActionsTest, NotesAreCutAndNotAskedAboutAgain) {
  auto action = action_of(EffectKind::note);
  action.text = std::string(300, 'a');
  http.answer(200, "true");
  EXPECT_TRUE(perform(action));
  EXPECT_EQ(request(0).body, R"({"content":")" + std::string(251, 'a') + "…\"}");
  http.answer(422, R"({"errors":{"message":"Content is required and must be less than 255 characters."}})");
  EXPECT_EQ(perform(action).error().kind, Kind::refused);
}

TEST_F(LoopActionsTest, GradesGoInBatchesOfTwenty) {
  auto action = action_of(EffectKind::grade);
  for (int i = 0; i < 45; ++i) {
    action.grades.push_back({.line_id = std::to_string(i), .description = "fine", .category = "grade_a", .note = ""});
  }
  for (int i = 0; i < 3; ++i) http.answer(200, "[]");
  ASSERT_TRUE(perform(action));
  const std::size_t sizes[] = {20, 20, 5};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(line(i), "POST /dispositioning/grade");
    EXPECT_EQ(boost::json::parse(request(i).body).at("items").as_array().size(), sizes[i]);
  }
  http.answer(200, "[]");
  http.answer(403, R"({"errors":[{"message":"not yours"}]})");
  EXPECT_EQ(perform(action).error().code, "forbidden");
}

TEST_F(LoopActionsTest, GradeAndAssessBodies) {
  auto action = action_of(EffectKind::grade);
  action.grades = {{"900000000000000019", std::string(254, 'd') + "é", "grade_b", "a note"}, {"li-2", "x", "", ""}};
  http.answer(200, "[]");
  ASSERT_TRUE(perform(action));
  EXPECT_EQ(boost::json::parse(request(0).body),
            boost::json::parse(
                R"({"items":[{"line_item_id":900000000000000019,"description":")" + std::string(254, 'd') +
                R"(","condition_category":"grade_b","note":"a note"},{"line_item_id":"li-2","description":"x"}]})"));
  action.kind = EffectKind::assess;
  action.grades = {{"810", "", "restock", ""}};
  http.answer(200, R"([{"line_item_id":810}])");
  ASSERT_TRUE(perform(action));
  EXPECT_EQ(line(1), "POST /dispositioning/assess");
  EXPECT_EQ(request(1).body, R"({"items":[{"line_item_id":810,"disposition_outcome":"restock"}]})");
}

TEST_F(LoopActionsTest, NonsenseIsNotSent) {
  auto ungraded = action_of(EffectKind::grade);
  ungraded.grades = {{"1", "", "grade_a", ""}};
  auto undisposed = action_of(EffectKind::assess);
  undisposed.grades = {{"1", "x", "", ""}};
  EXPECT_EQ(perform(ungraded).error().code, "no_description");
  EXPECT_EQ(perform(undisposed).error().code, "no_disposition");
  EXPECT_EQ(perform(action_of(EffectKind::grade)).error().code, "no_lines");
  EXPECT_EQ(perform(action_of(EffectKind::remove_lines)).error().code, "no_lines");
  EXPECT_EQ(perform(action_of(EffectKind::note)).error().code, "empty_note");
  EXPECT_EQ(perform(action_of(EffectKind::create_rma)).error().code, "not_an_action");
  EXPECT_TRUE(http.requests.empty());
}

TEST_F(LoopActionsTest, FindsOut) {
  struct Case {
    EffectKind kind;
    std::string details;
    int seconds_ago;
    Finding finding;
  };
  const Case cases[] = {
      {EffectKind::process, details_in("closed"), 0, Finding::happened},
      {EffectKind::process, R"({"id":90001,"state":"open","was_processed":true})", 0, Finding::happened},
      {EffectKind::process, details_in("open"), 9, Finding::cannot_tell},
      {EffectKind::process, details_in("open"), 10, Finding::did_not_happen},
      {EffectKind::process, details_in("review"), 60, Finding::did_not_happen},
      {EffectKind::close, details_in("open"), 1, Finding::cannot_tell},
      {EffectKind::close, details_in("closed"), 1, Finding::happened},
      {EffectKind::flag, details_in("review"), 0, Finding::happened},
      {EffectKind::flag, R"({"id":90001,"state":"open","flagged":true})", 0, Finding::happened},
      {EffectKind::flag, details_in("open"), 0, Finding::did_not_happen},
      {EffectKind::cancel, details_in("cancelled"), 0, Finding::happened},
      {EffectKind::cancel, details_in("open"), 0, Finding::did_not_happen},
      {EffectKind::remove_lines, R"({"id":90001,"state":"open","line_items":[{"line_item_id":811}]})", 0,
       Finding::happened},
      {EffectKind::remove_lines, R"({"id":90001,"state":"open","line_items":[{"line_item_id":810}]})", 0,
       Finding::did_not_happen},
  };
  for (const auto& c : cases) {
    auto action = action_of(c.kind);
    action.line_ids = {"810"};
    http.answer(200, c.details);
    const auto found = find_out(std::move(action), Millis{c.seconds_ago * 1'000});
    ASSERT_TRUE(found) << c.details;
    EXPECT_EQ(*found, c.finding) << c.details;
  }
  for (const auto& sent : http.requests) EXPECT_EQ(sent.method, "GET");
}

TEST_F(LoopActionsTest, FindsNotes) {
  auto action = action_of(EffectKind::note);
  action.text = std::string(300, 'a') + " ";
  const std::string cut = std::string(251, 'a') + "…";
  struct Case {
    int status;
    std::string body;
    Finding finding;
  };
  const Case cases[] = {
      {200, R"({"notes":[{"id":1,"content":"x"},{"id":2,"content":")" + cut + R"("}]})", Finding::happened},
      {200, R"([{"content":")" + cut + "\\n\"}]", Finding::happened},
      {200, R"({"notes":[{"content":"x"}]})", Finding::did_not_happen},
      {200, R"([{"content":"aaa [8d13e0]"}])", Finding::did_not_happen},
      {200, "[]", Finding::did_not_happen},
      {200, "false", Finding::did_not_happen},
      {422, "false", Finding::did_not_happen}};
  for (const auto& c : cases) {
    http.answer(c.status, c.body);
    const auto found = find_out(action);
    ASSERT_TRUE(found) << c.body;
    EXPECT_EQ(*found, c.finding) << c.body;
  }
  EXPECT_EQ(line(0), "GET /warehouse/return/90001/notes");
  http.answer(500, "");
  EXPECT_EQ(find_out(action).error().kind, Kind::retry);
  http.answer(200, R"({"x":1})");
  EXPECT_EQ(find_out(action).error().code, "garbled_answer");
}

TEST_F(LoopActionsTest, GradesAreSimplySentAgain) {
  auto action = action_of(EffectKind::grade);
  action.grades = {{"1", "x", "grade_a", ""}};
  EXPECT_EQ(*find_out(action), Finding::did_not_happen);
  action.kind = EffectKind::assess;
  EXPECT_EQ(*find_out(action), Finding::did_not_happen);
  EXPECT_TRUE(http.requests.empty());
}

}  // namespace
}  // namespace backhaul::connectors::loop
