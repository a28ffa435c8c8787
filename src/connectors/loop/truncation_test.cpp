// Every beginning of every payload, through everything that reads payloads. Run under the sanitizers, this finds a
// parser that reads past its end; and nothing that was cut off may pass for whole.

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "connectors/loop/inbound.hpp"
#include "connectors/loop/loop_fixture.hpp"
#include "connectors/loop/retry_policy.hpp"
#include "connectors/loop/types.hpp"

namespace backhaul::connectors::loop {
namespace {

std::vector<std::string> payload_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(BACKHAUL_SOURCE_DIR) /
                                                               "src/connectors/loop/testdata")) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_GE(names.size(), 11U);
  return names;
}

// An exact copy on the heap, so that reading one byte beyond is caught.
struct Exact {
  explicit Exact(std::string_view text) : bytes(text.begin(), text.end()) { bytes.shrink_to_fit(); }
  [[nodiscard]] std::string_view view() const { return {bytes.data(), bytes.size()}; }
  std::vector<char> bytes;
};

struct LoopTruncation : LoopFixture {
  std::unique_ptr<Inbound> inbound = make_loop_inbound("test-secret");
  net::Headers headers;
};

TEST_F(LoopTruncation, EveryStrictPrefixIsAnError) {
  for (const auto& name : payload_names()) {
    const auto whole = testdata(name);
    ASSERT_TRUE(source->parse(whole)) << name;
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const Exact prefix(std::string_view(whole).substr(0, length));
      const auto routed = inbound->route({headers, prefix.view()});
      EXPECT_FALSE(routed) << name << " cut to " << length;
      if (!routed) {
        EXPECT_FALSE(routed.error().empty());
      }
      EXPECT_FALSE(source->parse(prefix.view())) << name << " cut to " << length;
      const Call call{Call::Asked::read, Call::Good::body, "Returns"};
      const Result<net::HttpResponse, net::HttpError> sent = net::HttpResponse{200, {}, std::string(prefix.view())};
      EXPECT_FALSE(judge(call, sent, Time{1})) << name << " cut to " << length;
    }
  }
}

TEST_F(LoopTruncation, DamagedBytesAreSurvived) {
  std::mt19937 random(20261122);  // fixed, so that a failure is found again
  for (const auto& name : payload_names()) {
    const auto whole = testdata(name);
    for (int round = 0; round < 300; ++round) {
      auto damaged = whole;
      for (int hits = 0; hits < 1 + round % 4; ++hits)
        damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
      const Exact copy(damaged);
      const auto routed = inbound->route({headers, copy.view()});
      if (routed) {
        EXPECT_FALSE(routed->subject.empty());
      }
      const auto hint = source->parse(copy.view());
      if (!hint) {
        EXPECT_FALSE(hint.error().empty());
      }
    }
  }
}

}  // namespace
}  // namespace backhaul::connectors::loop
