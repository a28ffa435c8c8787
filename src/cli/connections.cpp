#include <boost/json.hpp>
#include <iostream>

#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

async::Task<VerbResult> list(Session& session) {
  auto reading = session.store.connections();
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(Problem{rows.error().message});
  json::array all;
  std::vector<std::vector<std::string>> table;
  for (const auto& row : *rows) {
    auto secrets = connections::unseal_secrets(session.vault, row.sealed);
    if (!secrets) co_return fail(secrets.error());
    const std::string path = "/hooks/" + secrets->token;
    all.push_back(json::object{{"id", row.id.value},
                               {"merchant", row.merchant.value},
                               {"vendor", row.vendor},
                               {"role", row.role},
                               {"name", row.name},
                               {"inbound_path", path},
                               {"settings", json::parse(row.settings)},
                               {"created_at", to_iso(row.created_at)}});
    table.push_back({row.name, row.vendor, row.role, row.merchant.value, row.id.value, short_time(row.created_at)});
  }
  if (session.globals.json) {
    std::cout << pretty(all);
  } else if (table.empty()) {
    std::cout << "No connection yet; `backhaul connect loop` makes the first.\n";
  } else {
    // The inbound address works like a password, so the table leaves it out; --json has it.
    std::cout << format_table({"NAME", "VENDOR", "ROLE", "MERCHANT", "ID", "SINCE"}, table, terminal_width());
  }
  co_return 0;
}

async::Task<VerbResult> remove(Session& session, std::string name) {
  auto finding = find_connection(session, name);
  auto found = co_await std::move(finding);
  if (!found) co_return fail(found.error());
  auto removing = session.store.remove_connection(found->id, session.loop.now());
  const auto removed = co_await std::move(removing);
  if (!removed) co_return fail(Problem{removed.error().message});
  std::cout << "Removed " << found->name
            << ". Its history stays; delete its webhooks at the vendor if they are still listed there.\n";
  co_return 0;
}

}  // namespace

void add_connections(const Registration& to) {
  auto* verb = to.app.add_subcommand("connections", "The configured accounts");
  verb->require_subcommand(1);
  verb->add_subcommand("list", "All of them")->callback([to] { to.status = run_verb(to.globals, list); });
  add_import(to, *verb);
  auto name = std::make_shared<std::string>();
  auto* removing = verb->add_subcommand("remove", "Forget a connection's credentials and stop serving it");
  removing->add_option("connection", *name, "Its name or con_ id")->required();
  removing->callback(
      [to, name] { to.status = run_verb(to.globals, [name](Session& session) { return remove(session, *name); }); });
}

}  // namespace backhaul::cli
