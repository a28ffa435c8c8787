#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>

#include "cli/checks.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;
using connectors::CheckItem;

std::string_view word(CheckItem::Level level) {
  switch (level) {
    case CheckItem::Level::ok:
      return "ok";
    case CheckItem::Level::warning:
      return "warning";
    case CheckItem::Level::failed:
      return "failed";
  }
  return "failed";
}

std::string_view mark(CheckItem::Level level) {
  switch (level) {
    case CheckItem::Level::ok:
      return "  ok      ";
    case CheckItem::Level::warning:
      return "  warning ";
    case CheckItem::Level::failed:
      return "  FAILED  ";
  }
  return "";
}

connectors::CheckReport check_setup(const Session& session) {
  connectors::CheckReport report;
  const auto& url = session.config.public_url;
  CheckItem item{.level = CheckItem::Level::ok, .what = "public_url", .says = url, .todo = {}};
  if (url.empty()) {
    item = {.level = CheckItem::Level::warning,
            .what = "public_url",
            .says = "is empty: vendors cannot deliver, polls find changes late",
            .todo = fmt::format("set it in {}", session.globals.config_file.string())};
  } else if (url.starts_with("http://") && url.find("127.0.0.1") == std::string::npos &&
             url.find("localhost") == std::string::npos) {
    item = {.level = CheckItem::Level::warning,
            .what = "public_url",
            .says = url + " is not encrypted",
            .todo = "put TLS in front and use https://"};
  }
  report.items.push_back(std::move(item));
  return report;
}

async::Task<VerbResult> doctor(Session& session) {
  auto reading = session.store.connections();
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(Problem{rows.error().message});
  bool healthy = true;
  json::array all;
  const auto show = [&](const std::string& name, const connectors::CheckReport& report) {
    healthy = healthy && report.healthy();
    if (session.globals.json) {
      all.push_back(json::object{{"name", name}, {"healthy", report.healthy()}, {"checks", checks_json(report)}});
    } else {
      print_checks(name, report);
    }
  };
  show("configuration", check_setup(session));
  for (const auto& row : *rows) {
    auto secrets = connections::unseal_secrets(session.vault, row.sealed);
    auto live = secrets ? connections::make_live(row, *secrets, session.http, session.loop)
                        : Result<connections::LivePtr, Problem>(fail(secrets.error()));
    connectors::CheckReport report;
    if (live) {
      auto checking = check_connection(*live);
      report = co_await std::move(checking);
    } else {
      report.items.push_back({.level = CheckItem::Level::failed,
                              .what = "stored connection",
                              .says = live.error().message,
                              .todo = "connect it again, or use the right master key"});
    }
    show(row.name, report);
  }
  if (session.globals.json) std::cout << pretty(all);
  if (rows->empty() && !session.globals.json)
    std::cout << "No connection yet; `backhaul connect loop` makes the first.\n";
  co_return healthy ? 0 : 1;
}

}  // namespace

async::Task<connectors::CheckReport> check_connection(connections::LivePtr connection) {
  auto checking = connection->source != nullptr ? connection->source->check() : connection->destination->check();
  co_return co_await std::move(checking);
}

json::array checks_json(const connectors::CheckReport& report) {
  json::array checks;
  for (const auto& item : report.items) {
    checks.push_back(
        json::object{{"level", word(item.level)}, {"what", item.what}, {"says", item.says}, {"todo", item.todo}});
  }
  return checks;
}

void print_checks(const std::string& name, const connectors::CheckReport& report) {
  std::cout << name << "\n";
  for (const auto& item : report.items) {
    std::cout << mark(item.level) << item.what << (item.says.empty() ? "" : ": ") << item.says << "\n";
    if (!item.todo.empty()) std::cout << "          → " << item.todo << "\n";
  }
}

void print_checks_or_json(const Globals& globals, const std::string& name, const connectors::CheckReport& report) {
  if (globals.json) {
    std::cout << pretty(json::object{{"name", name}, {"healthy", report.healthy()}, {"checks", checks_json(report)}});
  } else {
    print_checks(name, report);
  }
}

void add_doctor(const Registration& to) {
  auto* verb = to.app.add_subcommand("doctor", "Check the configuration and every connection, and say what to do");
  verb->callback([to] { to.status = run_verb(to.globals, doctor); });
}

}  // namespace backhaul::cli
