// connections import: many merchants' accounts at once, for who operates a fleet.

#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "async/all.hpp"
#include "cli/new_connection.hpp"
#include "cli/verbs.hpp"
#include "connectors/registry.hpp"
#include "returns/policy.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

// A commit for each would wait for the disk each time; so many share one.
constexpr std::size_t at_once = 256;

struct Entry {
  const connectors::Connector* connector = nullptr;
  StoredConnection stored;
};

Result<std::string, Problem> text_of(const json::object& object, std::string_view name, std::string_view otherwise) {
  const auto* value = object.if_contains(name);
  if (value == nullptr && !otherwise.empty()) return std::string(otherwise);
  if (value == nullptr || !value->is_string() || value->as_string().empty())
    return fail(Problem{fmt::format("\"{}\" must be there, and be text", name)});
  return std::string(value->as_string());
}

// Each vendor's, read once.
using KnownMetadata = std::map<const connectors::Connector*, connections::Metadata>;

Result<Entry, Problem> read_entry(Session& session, KnownMetadata& known, const std::string& line) {
  json::error_code error;
  const auto parsed = json::parse(line, error);
  if (error || !parsed.is_object()) return fail(Problem{"is not a JSON object"});
  const auto& object = parsed.get_object();
  for (const auto& [key, value] : object) {
    if (key != "vendor" && key != "merchant" && key != "name" && key != "fields")
      return fail(
          Problem{fmt::format("\"{}\" is not known; there are vendor, merchant, name, fields", std::string_view(key))});
  }
  const auto vendor = text_of(object, "vendor", "");
  if (!vendor) return fail(vendor.error());
  Entry entry{.connector = connectors::find_connector(*vendor), .stored = {}};
  if (entry.connector == nullptr) return fail(Problem{fmt::format("there is no vendor \"{}\"", *vendor)});
  if (!known.contains(entry.connector)) known.emplace(entry.connector, connections::read_metadata(*entry.connector));
  const auto& metadata = known.at(entry.connector);
  const auto merchant = text_of(object, "merchant", "default");
  const auto name = text_of(object, "name", metadata.name);
  if (!merchant || !name) return fail((merchant ? name : merchant).error());
  const auto* fields = object.if_contains("fields");
  if (fields == nullptr || !fields->is_object()) return fail(Problem{"\"fields\" must be there, and be an object"});
  entry.stored = new_connection(session, *entry.connector, *merchant, *name);
  if (auto filled = fill_in(session, entry.stored, metadata, fields->get_object()); !filled)
    return fail(filled.error());
  return entry;
}

Result<std::vector<Entry>, Problem> read_entries(Session& session, const std::string& file) {
  std::ifstream input(file);
  if (!input) return fail(Problem{fmt::format("cannot read {}", file)});
  std::vector<Entry> entries;
  KnownMetadata known;
  std::set<std::pair<std::string, std::string>> names;
  std::string line;
  for (int number = 1; std::getline(input, line); ++number) {
    if (line.empty()) continue;
    auto entry = read_entry(session, known, line);
    if (!entry)
      return fail(Problem{fmt::format("{} line {}: {}. Nothing was stored", file, number, entry.error().message)});
    if (!names.emplace(entry->stored.row.merchant.value, entry->stored.row.name).second)
      return fail(Problem{fmt::format("{} line {}: {} has two connections named \"{}\". Nothing was stored", file,
                                      number, entry->stored.row.merchant.value, entry->stored.row.name)});
    entries.push_back(std::move(*entry));
  }
  return entries;
}

// A name that is taken already is refused before anything is stored.
async::Task<Result<void, Problem>> check_names(Session& session, const std::vector<Entry>& entries) {
  auto reading = session.store.connections();
  const auto rows = co_await std::move(reading);
  if (!rows) co_return fail(Problem{rows.error().message});
  std::set<std::pair<std::string, std::string>> taken;
  for (const auto& row : *rows) taken.emplace(row.merchant.value, row.name);
  for (const auto& entry : entries) {
    const auto& row = entry.stored.row;
    if (taken.contains({row.merchant.value, row.name}))
      co_return fail(Problem{
          fmt::format("{} has a connection named \"{}\" already. Nothing was stored", row.merchant.value, row.name)});
  }
  co_return Result<void, Problem>{};
}

async::Task<VerbResult> import(Session& session, std::string file) {
  auto entries = read_entries(session, file);
  if (!entries) co_return fail(entries.error());
  auto checking = check_names(session, *entries);
  if (const auto fine = co_await std::move(checking); !fine) co_return fail(fine.error());
  std::size_t stored = 0;
  for (std::size_t from = 0; from < entries->size(); from += at_once) {
    std::vector<async::Task<store::Stored<void>>> adding;
    for (auto i = from; i < std::min(from + at_once, entries->size()); ++i) {
      auto policy = json::serialize(returns::default_policy((*entries)[i].connector->vendor));
      adding.push_back(session.store.add_connection((*entries)[i].stored.row, std::move(policy)));
    }
    auto all = async::all(std::move(adding));
    for (const auto& added : co_await std::move(all)) {
      if (!added)
        co_return fail(Problem{
            fmt::format("{} of {} connections were stored, then: {}", stored, entries->size(), added.error().message)});
      ++stored;
    }
  }
  if (session.globals.json) {
    std::cout << json::serialize(json::object{{"stored", stored}}) << "\n";
  } else {
    std::cout << "Stored " << stored
              << " connections. `backhaul doctor` asks each vendor whether its credentials work.\n";
  }
  co_return 0;
}

}  // namespace

void add_import(const Registration& to, CLI::App& connections) {
  auto file = std::make_shared<std::string>();
  auto* verb = connections.add_subcommand("import", "Connect many accounts, from a file with a JSON object per line");
  verb->add_option("file", *file, R"({"vendor": "loop", "merchant": ..., "name": ..., "fields": {...}} per line)")
      ->required();
  verb->callback(
      [to, file] { to.status = run_verb(to.globals, [file](Session& session) { return import(session, *file); }); });
}

}  // namespace backhaul::cli
