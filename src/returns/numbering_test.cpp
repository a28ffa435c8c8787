#include "returns/numbering.hpp"

#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

struct ReferenceCase {
  const char* pattern;
  std::int64_t generation;
  const char* reference;
};

TEST(Numbering, FillsTheTemplate) {
  ReturnState state;
  state.source_id = ExternalId{"9001"};
  state.view.order_name = "#1001";
  for (const auto& one : {ReferenceCase{"{return_id}", 1, "9001"}, ReferenceCase{"{return_id}", 2, "9001-2"},
                          ReferenceCase{"RMA-{order_name}-{return_id}", 1, "RMA-1001-9001"},
                          ReferenceCase{"{return_id}{generation}/x", 1, "9001/x"},
                          ReferenceCase{"{return_id}{generation}/x", 3, "9001-3/x"},
                          ReferenceCase{"{return_id}{return_id}", 1, "90019001"}}) {
    EXPECT_EQ(make_reference(one.pattern, state, one.generation), one.reference) << one.pattern;
  }
}

TEST(Numbering, WhatTheSourceSaysIsNeverTakenForATemplate) {
  ReturnState state;
  state.source_id = ExternalId{"{order_name}{generation}{return_id}"};
  EXPECT_EQ(make_reference("{return_id}", state, 1), state.source_id.value);
}

TEST(Numbering, Law2OnceTwoReturnsOfOneOrderNeverShareAReference) {
  EXPECT_TRUE(check_reference("{return_id}"));
  EXPECT_TRUE(check_reference("{order_name}-{return_id}"));
  for (const char* pattern : {"", "{order_name}", "return_id", "{return_id"}) {
    const auto checked = check_reference(pattern);
    ASSERT_FALSE(checked) << pattern;
    EXPECT_NE(checked.error().message.find("{return_id}"), std::string::npos);
  }
}

}  // namespace
}  // namespace backhaul::returns
