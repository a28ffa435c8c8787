#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/table.hpp"
#include "cli/toml.hpp"
#include "cli/verbs.hpp"
#include "returns/policy.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

json::value to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    json::object object;
    for (const auto& [key, value] : *table) object[key.str()] = to_json(value);
    return object;
  }
  if (const auto* array = node.as_array()) {
    json::array out;
    for (const auto& value : *array) out.push_back(to_json(value));
    return out;
  }
  if (const auto value = node.value_exact<bool>()) return *value;
  if (const auto value = node.value_exact<std::int64_t>()) return *value;
  if (const auto value = node.value_exact<double>()) return *value;
  if (const auto value = node.value_exact<std::string>()) return json::value(*value);
  if (const auto value = node.value_exact<toml::date>()) {
    return json::value(fmt::format("{:04d}-{:02d}-{:02d}", value->year, value->month, value->day));
  }
  return nullptr;
}

toml::table to_toml(const json::object& object);

// `accept` takes a TOML value of any type.
template <class Accept>
void as_plain_toml(const json::value& value, Accept accept) {
  if (value.is_string()) accept(std::string(value.as_string()));
  if (value.is_bool()) accept(value.as_bool());
  if (value.is_int64()) accept(value.as_int64());
  if (value.is_double()) accept(value.as_double());
}

toml::array to_toml(const json::array& array) {
  toml::array out;
  for (const auto& entry : array) {
    if (entry.is_object()) {
      out.push_back(to_toml(entry.as_object()));
    } else if (entry.is_array()) {
      out.push_back(to_toml(entry.as_array()));
    } else {
      as_plain_toml(entry, [&](auto plain) { out.push_back(std::move(plain)); });
    }
  }
  return out;
}

toml::table to_toml(const json::object& object) {
  toml::table table;
  for (const json::key_value_pair& entry : object) {
    const std::string key(entry.key());
    if (entry.value().is_object()) {
      table.insert(key, to_toml(entry.value().as_object()));
    } else if (entry.value().is_array()) {
      table.insert(key, to_toml(entry.value().as_array()));
    } else {
      as_plain_toml(entry.value(), [&](auto plain) { table.insert(key, std::move(plain)); });
    }
  }
  return table;
}

async::Task<VerbResult> show(Session& session, std::string connection) {
  auto finding = find_connection(session, connection);
  auto found = co_await std::move(finding);
  if (!found) co_return fail(found.error());
  auto reading = session.store.policy(found->id);
  auto policy = co_await std::move(reading);
  if (!policy) co_return fail(Problem{policy.error().message});
  const auto body = json::parse(policy->body);
  if (session.globals.json) {
    std::cout << pretty(json::object{{"connection", found->id.value}, {"version", policy->version}, {"policy", body}});
  } else {
    std::cout << fmt::format("# Policy of {}, version {}, since {}.\n", found->name, policy->version,
                             short_time(policy->created_at))
              << to_toml(body.as_object()) << "\n";
  }
  co_return 0;
}

async::Task<VerbResult> set(Session& session, std::string connection, std::string file) {
  auto finding = find_connection(session, connection);
  auto found = co_await std::move(finding);
  if (!found) co_return fail(found.error());
  std::ifstream in(file);
  if (!in && file != "-") co_return fail(Problem{fmt::format("cannot read {}", file)});
  std::ostringstream text;
  text << (file == "-" ? std::cin.rdbuf() : in.rdbuf());
  const auto table = parse_toml(text.str(), file);
  if (!table) co_return fail(table.error());
  const auto body = to_json(*table).as_object();
  // What a file leaves out keeps the vendor's default, not the last version's value: the file is the whole policy.
  auto whole = returns::default_policy(found->vendor);
  for (const auto& [key, value] : body) whole[key] = value;
  if (auto parsed = returns::parse_policy(whole); !parsed)
    co_return fail(Problem{fmt::format("{}: {}", file, parsed.error().message)});
  auto adding = session.store.add_policy(found->id, json::serialize(whole), session.loop.now());
  const auto version = co_await std::move(adding);
  if (!version) co_return fail(Problem{version.error().message});
  if (session.globals.json) {
    std::cout << json::serialize(json::object{{"connection", found->id.value}, {"version", *version}}) << "\n";
  } else {
    std::cout << fmt::format("Policy of {} is now version {}; a running hub takes it up within seconds.\n", found->name,
                             *version);
  }
  co_return 0;
}

async::Task<VerbResult> list_maps(Session& session, std::string connection) {
  auto finding = find_connection(session, connection);
  auto found = co_await std::move(finding);
  if (!found) co_return fail(found.error());
  auto reading = session.store.maps(found->id);
  auto entries = co_await std::move(reading);
  if (!entries) co_return fail(Problem{entries.error().message});
  if (session.globals.json) {
    json::array all;
    for (const auto& entry : *entries)
      all.push_back(json::object{{"kind", entry.kind}, {"source", entry.source}, {"target", entry.target}});
    std::cout << pretty(all);
    co_return 0;
  }
  std::vector<std::vector<std::string>> table;
  for (const auto& entry : *entries) table.push_back({entry.kind, entry.source, entry.target});
  std::cout << (table.empty() ? "No entries: SKUs, reasons and warehouses are taken as they are.\n"
                              : format_table({"MAP", "AT THE SOURCE", "HERE"}, table, terminal_width()));
  co_return 0;
}

async::Task<VerbResult> set_map(Session& session, std::string connection, store::MapEntry entry) {
  auto finding = find_connection(session, connection);
  auto found = co_await std::move(finding);
  if (!found) co_return fail(found.error());
  auto setting = session.store.set_map(found->id, entry, session.loop.now());
  const auto done = co_await std::move(setting);
  if (!done) co_return fail(Problem{done.error().message});
  std::cout << "Stored.\n";
  co_return 0;
}

}  // namespace

void add_policy(const Registration& to) {
  auto* verb = to.app.add_subcommand("policy", "What is done about returns at a destination");
  verb->require_subcommand(1);
  auto connection = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  auto* showing = verb->add_subcommand("show", "The policy in force, as TOML");
  showing->add_option("connection", *connection, "The destination's name or con_ id")->required();
  showing->callback([to, connection] {
    to.status = run_verb(to.globals, [connection](Session& session) { return show(session, *connection); });
  });
  auto* setting = verb->add_subcommand("set", "Put a new version in force");
  setting->add_option("connection", *connection, "The destination's name or con_ id")->required();
  setting->add_option("file", *file, "A TOML file; - for standard input")->required();
  setting->callback([to, connection, file] {
    to.status = run_verb(to.globals, [connection, file](Session& session) { return set(session, *connection, *file); });
  });
}

void add_map(const Registration& to) {
  auto* verb = to.app.add_subcommand("map", "Words of the source that are others at a destination");
  verb->require_subcommand(1);
  auto connection = std::make_shared<std::string>();
  auto entry = std::make_shared<store::MapEntry>();
  auto* listing = verb->add_subcommand("list", "All entries");
  listing->add_option("connection", *connection, "The destination's name or con_ id")->required();
  listing->callback([to, connection] {
    to.status = run_verb(to.globals, [connection](Session& session) { return list_maps(session, *connection); });
  });
  const auto add = [&](const char* name, const char* help, bool target) {
    auto* sub = verb->add_subcommand(name, help);
    sub->add_option("connection", *connection, "The destination's name or con_ id")->required();
    sub->add_option("kind", entry->kind, "sku, reason or warehouse")
        ->required()
        ->check(CLI::IsMember({"sku", "reason", "warehouse"}));
    sub->add_option("source", entry->source, "As the source writes it")->required();
    if (target) sub->add_option("target", entry->target, "As the destination wants it")->required();
    sub->callback([to, connection, entry] {
      to.status =
          run_verb(to.globals, [connection, entry](Session& session) { return set_map(session, *connection, *entry); });
    });
  };
  add("set", "Add or change an entry", true);
  add("remove", "Remove an entry", false);
}

}  // namespace backhaul::cli
