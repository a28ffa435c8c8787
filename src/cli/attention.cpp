#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>

#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

async::Task<VerbResult> list(Session& session, int limit) {
  auto reading = session.store.attention(limit);
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(Problem{rows.error().message});
  if (session.globals.json) {
    json::array all;
    for (const auto& row : *rows) {
      all.push_back(json::object{{"return", row.return_id ? row.return_id.str() : ""},
                                 {"order_name", row.order_name},
                                 {"source_id", row.source_id.value},
                                 {"connection", row.connection.value},
                                 {"kind", row.kind},
                                 {"why", row.why},
                                 {"todo", row.todo},
                                 {"since", to_iso(row.since)},
                                 {"times", row.times}});
    }
    std::cout << pretty(all);
    co_return 0;
  }
  if (rows->empty()) std::cout << "Nothing needs a person.\n";
  for (const auto& row : *rows) {
    const auto about =
        row.return_id ? fmt::format("order {}  {}", row.order_name, row.return_id.str()) : std::string("connection");
    std::cout << fmt::format("{}  {}  {}\n  {}\n  → {}\n", row.kind, about,
                             relative_time(row.since, session.loop.now()), row.why, row.todo);
  }
  co_return 0;
}

async::Task<VerbResult> dismiss(Session& session, std::string connection, std::string kind) {
  auto finding = find_connection(session, connection);
  auto found = co_await std::move(finding);
  if (!found) co_return fail(found.error());
  auto clearing = session.store.clear_attention(found->id, kind);
  const auto cleared = co_await std::move(clearing);
  if (!cleared) co_return fail(Problem{cleared.error().message});
  std::cout << "Dismissed. It comes back if it happens again.\n";
  co_return 0;
}

}  // namespace

void add_attention(const Registration& to) {
  auto* verb = to.app.add_subcommand("attention", "What the hub cannot finish by itself: what, why, and what to do");
  auto limit = std::make_shared<int>(100);
  auto kind = std::make_shared<std::string>();
  auto connection = std::make_shared<std::string>();
  verb->add_option("--limit", *limit, "How many")->capture_default_str()->check(CLI::Range(1, 1000));
  auto* dismissed = verb->add_option(
      "--dismiss", *kind,
      "Take the item of this kind about a connection off the list; those about returns go by themselves");
  auto* about = verb->add_option("--connection", *connection, "With --dismiss: the connection's name or con_ id");
  dismissed->needs(about);
  about->needs(dismissed);
  verb->callback([to, limit, kind, connection] {
    to.status = run_verb(to.globals, [=](Session& session) {
      return kind->empty() ? list(session, *limit) : dismiss(session, *connection, *kind);
    });
  });
}

}  // namespace backhaul::cli
