#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>

#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

json::object job_json(const store::JobRow& job) {
  json::object object{{"id", job.id.str()},
                      {"return", job.return_id.str()},
                      {"connection", job.connection.value},
                      {"effect", job.key},
                      {"kind", job.kind},
                      {"state", job.state},
                      {"attempt", job.attempt},
                      {"run_at", to_iso(job.run_at)},
                      {"created_at", to_iso(job.created_at)},
                      {"rule", job.rule},
                      {"policy_version", job.policy_version},
                      {"last_error", job.last_error}};
  if (job.ended_at) object["ended_at"] = to_iso(job.ended_at);
  if (job.unknown_since) object["unknown_since"] = to_iso(job.unknown_since);
  return object;
}

async::Task<VerbResult> list(Session& session, store::JobFilter filter) {
  auto reading = session.store.list_jobs(filter);
  auto jobs = co_await std::move(reading);
  if (!jobs) co_return fail(Problem{jobs.error().message});
  if (session.globals.json) {
    json::array all;
    for (const auto& job : *jobs) all.push_back(job_json(job));
    std::cout << pretty(all);
    co_return 0;
  }
  if (jobs->empty()) {
    std::cout << (filter.state.empty() ? "No jobs are waiting, running or given up.\n" : "No jobs match.\n");
    co_return 0;
  }
  std::vector<std::vector<std::string>> table;
  for (const auto& job : *jobs) {
    table.push_back({job.id.str(), job.return_id.str(), job.kind, job.state + (job.unknown_since ? " (unknown)" : ""),
                     std::to_string(job.attempt),
                     relative_time(job.ended_at ? job.ended_at : job.run_at, session.loop.now()), job.last_error});
  }
  std::cout << format_table({"JOB", "RETURN", "KIND", "STATE", "TRIES", "WHEN", "LAST ERROR"}, table, terminal_width());
  co_return 0;
}

async::Task<VerbResult> retry(Session& session, JobId id) {
  auto asking = session.store.ask_retry(id, session.loop.now());
  const auto asked = co_await std::move(asking);
  if (!asked) co_return fail(Problem{asked.error().message});
  if (session.globals.json) {
    std::cout << json::serialize(json::object{{"job", id.str()}, {"asked", true}}) << "\n";
  } else {
    std::cout
        << "Asked. The running hub decides again about its return; `backhaul returns show` tells what came of it.\n";
  }
  co_return 0;
}

}  // namespace

void add_jobs(const Registration& to) {
  auto* verb = to.app.add_subcommand("jobs", "What the hub is about to do, does, and gave up");
  verb->require_subcommand(1);
  auto filter = std::make_shared<store::JobFilter>();
  auto* listing = verb->add_subcommand("list", "Those not ended, and those given up");
  listing->add_option("--state", filter->state, "Only in this state")
      ->check(CLI::IsMember({"available", "running", "retryable", "completed", "cancelled", "discarded", "shadowed"}));
  listing->add_option("--limit", filter->limit, "How many")->capture_default_str()->check(CLI::Range(1, 1000));
  listing->callback([to, filter] {
    to.status = run_verb(to.globals, [filter](Session& session) { return list(session, *filter); });
  });
  auto which = std::make_shared<std::string>();
  auto* retrying = verb->add_subcommand("retry", "Try a job again that was refused, failed or given up");
  retrying->add_option("job", *which, "Its job_ id")->required();
  retrying->callback([to, which] {
    const auto id = JobId::parse(*which);
    if (!id) {
      to.status = report(
          to.globals,
          {fmt::format("\"{}\" is not a job's id (job_ and 13 characters); `backhaul jobs list` shows them", *which)});
      return;
    }
    to.status = run_verb(to.globals, [id](Session& session) { return retry(session, *id); });
  });
}

}  // namespace backhaul::cli
