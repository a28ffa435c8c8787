#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "connectors/loop/changes.hpp"
#include "connectors/loop/source.hpp"

namespace backhaul::connectors::loop {
namespace {

using Level = CheckItem::Level;

constexpr std::string_view admin_path = "Loop Admin → Returns management → Tools & integrations → Developer Tools";

// What was tried, for which scope, and how it ended.
struct Trial {
  std::string_view scope;
  std::string_view needed_for;
  bool required = true;  // false: missing it is worth a warning only
  Outcome<void> outcome;
};

bool has_code(const Trial& trial, std::string_view code) {
  return !trial.outcome && trial.outcome.error().code == code;
}
bool is_refused_key(const Trial& trial) {
  return has_code(trial, "unauthorized");
}
bool is_unreachable(const Trial& trial) {
  return has_code(trial, "unreachable") || has_code(trial, "timeout");
}

CheckItem item_of(const Trial& trial) {
  CheckItem item{.level = Level::ok, .what = fmt::format("scope {}", trial.scope), .says = "works", .todo = {}};
  if (trial.outcome) return item;
  const auto& failure = trial.outcome.error();
  item.level = trial.required ? Level::failed : Level::warning;
  item.says = failure.message;
  if (is_refused_key(trial)) {
    item.says = fmt::format("the API key lacks the scope {}, needed for {}", trial.scope, trial.needed_for);
    item.todo = fmt::format("open {}, edit the key and tick {}", admin_path, trial.scope);
  } else if (failure.throttled) {
    item.level = Level::warning;
    item.todo = "check again in a minute; if it stays, another integration shares the key";
  } else if (is_unreachable(trial)) {
    item.todo = "check the network between the hub and Loop, then check again";
  } else if (failure.code == "no_such_api" || failure.code == "version_gone" || failure.code == "redirected") {
    item.todo = "correct the settings API address and API version";
  } else {
    item.todo = "check again later; if it stays, ask Loop with these words";
  }
  return item;
}

CheckReport report_of(const std::vector<Trial>& trials) {
  CheckReport report;
  if (std::all_of(trials.begin(), trials.end(), is_unreachable)) {
    report.items.push_back({Level::failed, "connection", trials.front().outcome.error().message,
                            "check the setting API address, and the network between the hub and Loop"});
    return report;
  }
  if (std::all_of(trials.begin(), trials.end(), is_refused_key)) {
    report.items.push_back({Level::failed, "API key", "Loop does not accept the key for anything",
                            fmt::format("open {}; if the key is gone make one with the scopes Returns and Developer "
                                        "Tools, and give it to the hub",
                                        admin_path)});
    return report;
  }
  if (std::any_of(trials.begin(), trials.end(), [](const auto& trial) { return trial.outcome.has_value(); })) {
    report.items.push_back({Level::ok, "API key", "Loop accepts it", {}});
  }
  for (const auto& trial : trials) report.items.push_back(item_of(trial));
  return report;
}

Trial trial(std::string_view scope, std::string_view needed_for, bool required, Outcome<void> outcome) {
  return {.scope = scope, .needed_for = needed_for, .required = required, .outcome = std::move(outcome)};
}

}  // namespace

async::Task<Outcome<void>> LoopSource::try_details() {
  // No return has this id. Any refusal in Loop's own words means that the key got as far as the question.
  std::string no_such_id = "0";
  const auto row = co_await client_.return_details(std::move(no_such_id));
  if (!row && row.error().kind != Failure::Kind::refused) co_return fail(row.error());
  co_return Outcome<void>();
}

async::Task<Outcome<void>> LoopSource::try_list() {
  const auto now = services_.loop.now();
  constexpr Millis hour{60 * 60 * 1'000};
  ListQuery query{.state = list_states.front(), .window = {now - hour, now}, .cursor = {}, .page_size = 1};
  const auto page = co_await client_.return_list(std::move(query));
  if (!page) co_return fail(page.error());
  co_return Outcome<void>();
}

async::Task<CheckReport> LoopSource::check() {
  const auto webhooks = co_await client_.webhooks();
  Outcome<void> developer_tools;
  if (!webhooks) developer_tools = fail(webhooks.error());

  auto returns = co_await try_details();
  // The list is another endpoint under the same scope; it is asked last so that its own troubles have their own words.
  if (returns) returns = co_await try_list();
  auto destinations = co_await client_.destinations();

  std::vector<Trial> trials;
  trials.push_back(trial(scope_developer_tools, "registering webhooks", true, std::move(developer_tools)));
  trials.push_back(trial(scope_returns, "reading returns and acting on them", true, std::move(returns)));
  trials.push_back(trial(scope_destinations, "showing destinations by name; routing works without it", false,
                         std::move(destinations)));
  co_return report_of(trials);
}

}  // namespace backhaul::connectors::loop
