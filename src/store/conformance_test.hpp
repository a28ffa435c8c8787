#pragma once
// The suite every Store must pass: conformance_*_test.cpp, run for each backend that names itself with
// INSTANTIATE_TEST_SUITE_P(<Name>, StoreConformance, testing::Values(...)).

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <random>

#include "store/store.hpp"
#include "support/manual_loop.hpp"

namespace backhaul::store {

struct Backend {
  std::string name;
  // Opens the store kept in `folder`; a second time, the same one again.
  std::function<std::unique_ptr<Store>(const std::filesystem::path& folder)> open;

  friend void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }
};

// A folder for one test, removed after it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "backhaul-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder for the test");
    path = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

inline const ConnectionId source_id{"con_source"};
inline const ConnectionId hero_id{"con_hero"};
inline const ConnectionId other_id{"con_other"};
inline constexpr Time start{1'773'500'000'000};

inline Connection connection(const ConnectionId& id, std::string role = "destination") {
  return {.id = id,
          .merchant = MerchantId{"default"},
          .vendor = "shiphero",
          .role = std::move(role),
          .name = "name of " + id.value,
          .settings = R"({"a":1})",
          .sealed = std::string("\0sealed\xff", 8),
          .created_at = start};
}

// Bytes that no store makes smaller; the same ones for the same seed.
inline std::string noise(std::size_t size, unsigned seed = 7) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

inline Digest digest_of(std::string_view body) {
  Digest digest{};
  const auto hash = std::hash<std::string_view>{}(body);
  for (std::size_t i = 0; i < sizeof hash; ++i) digest[i] = static_cast<unsigned char>(hash >> (8 * i));
  return digest;
}

inline NewEvent delivery(std::string subject, std::string body, const ConnectionId& id = source_id) {
  NewEvent event;
  event.connection = id;
  event.subject = ExternalId{std::move(subject)};
  event.topic = "return.updated";
  event.digest = digest_of(body);
  event.body = std::move(body);
  event.at = start;
  return event;
}

// Later than all there is.
inline constexpr EventId asked_now{1'000'000};

inline NewEvent poll(std::string subject, std::string look, const ConnectionId& id = source_id,
                     EventId as_of = asked_now) {
  NewEvent event = delivery(std::move(subject), "{\"polled\":\"" + look + "\"}", id);
  event.kind = EventKind::poll;
  event.digest.reset();
  event.look = {.digest = std::move(look), .as_of = as_of};
  return event;
}

inline returns::PlannedEffect effect(std::string key, returns::EffectKind kind, const ConnectionId& id = hero_id) {
  returns::PlannedEffect planned;
  planned.key = std::move(key);
  planned.kind = kind;
  planned.connection = id;
  planned.work.subject = ExternalId{"subject of " + planned.key};
  planned.work.lines = {{.sku = "A", .quantity = 2}};
  planned.rule = "a rule";
  planned.policy_version = 3;
  planned.causes = {EventId{1}, EventId{2}};
  planned.priority = returns::Priority::make;
  planned.not_before = start;
  return planned;
}

// A step that folds all of the news in.
inline Step step_of(const News& news) {
  Step step;
  step.id = news.id;
  step.version = news.version;
  step.merchant = news.merchant;
  step.source = news.source;
  step.source_id = news.source_id;
  step.state = R"({"n":1})";
  step.order_name = "#1001";
  step.source_state = "open";
  step.stage = "a stage";
  step.marks = news.marks;
  step.at = start;
  return step;
}

class StoreConformance : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    open();
    for (const auto& [id, role] :
         {std::pair{source_id, "source"}, std::pair{hero_id, "destination"}, std::pair{other_id, "destination"}}) {
      ok(store->add_connection(connection(id, role), "{}"));
    }
  }
  void open() {
    store.reset();
    store = GetParam().open(folder.path);
    ASSERT_NE(store, nullptr);
  }

  template <class T>
  T get(async::Task<Stored<T>> task) {
    auto result = loop.wait(std::move(task));
    if (!result) {
      ADD_FAILURE() << result.error().message;
      throw std::runtime_error(result.error().message);
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }
  void ok(async::Task<Stored<void>> task) { get(std::move(task)); }
  template <class T>
  Error::Kind refusal(async::Task<Stored<T>> task) {
    auto result = loop.wait(std::move(task));
    if (result) throw std::runtime_error("expected to fail, and went well");
    EXPECT_FALSE(result.error().message.empty());
    return result.error().kind;
  }

  Appended append(NewEvent event) {
    std::vector<NewEvent> events;
    events.push_back(std::move(event));
    return get(store->append(std::move(events))).at(0);
  }
  std::vector<News> news(Time now = start) { return get(store->take_news(100, now)); }
  News only_news(Time now = start) {
    auto all = news(now);
    EXPECT_EQ(all.size(), 1U);
    return all.at(0);
  }
  StepDone commit(Step step) {
    std::vector<Step> steps;
    steps.push_back(std::move(step));
    return get(store->commit_steps(std::move(steps))).at(0);
  }
  // A return with these jobs, whose news is folded in.
  ReturnId make_return(const std::string& subject, const std::vector<returns::PlannedEffect>& jobs = {}) {
    append(delivery(subject, "body of " + subject));
    auto step = step_of(only_news());
    for (const auto& job : jobs) step.jobs.push_back({.effect = job, .lease = std::nullopt});
    return commit(std::move(step)).id;
  }
  // What a return's next step starts from, without there being news.
  Step next_step(ReturnId id) {
    append(
        delivery(get(store->find_return(id.str())).source_id.value, "more for " + id.str() + std::to_string(++bodies)));
    return step_of(only_news());
  }
  std::vector<Job> claim(Time now = start, int limit = 10, const std::string& node = "n1",
                         const ConnectionId& id = hero_id) {
    return get(store->claim_jobs(id, limit, {.node = node, .until = now + Millis{60'000}}, now));
  }
  JobRow row(JobId id) { return get(store->find_job(id)); }

  static Finish finish_of(const Job& job, JobState next = JobState::completed, const std::string& node = "n1") {
    Finish end;
    end.job = job.id;
    end.node = node;
    end.attempt = job.attempt;
    end.next = next;
    end.record = {.number = job.attempt,
                  .started_at = start,
                  .ended_at = start + Millis{50},
                  .outcome = next == JobState::completed ? "done" : "retry",
                  .code = "c",
                  .message = "m"};
    return end;
  }

  TemporaryFolder folder;
  test::ManualLoop loop;
  std::unique_ptr<Store> store;
  int bodies = 0;
};

}  // namespace backhaul::store
