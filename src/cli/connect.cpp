#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <iostream>

#include "cli/checks.hpp"
#include "cli/new_connection.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "connections/metadata.hpp"
#include "connectors/registry.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

struct Wanted {
  const connectors::Connector* connector = nullptr;
  std::string merchant = "default";
  std::string name;
  std::map<std::string, std::string> given;  // field -> text of its flag
  bool update = false;
  bool skip_check = false;
};

// Reads a line without showing it, when `hidden` and there is a terminal.
std::string ask_line(bool hidden) {
  termios shown{};
  const bool hide = hidden && tcgetattr(STDIN_FILENO, &shown) == 0;
  if (hide) {
    termios silent = shown;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  std::string line;
  std::getline(std::cin, line);
  if (hide) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    std::cerr << "\n";
  }
  return line;
}

// Asks for what is required and was not given; again when it is not in the expected form.
Result<void, Problem> ask_missing(const connections::Metadata& metadata, json::object& values) {
  for (const auto& field : metadata.fields) {
    if (values.contains(field.name) || !field.required || !field.default_value.is_null()) continue;
    if (isatty(STDIN_FILENO) == 0) {
      return fail(Problem{fmt::format("{} (--{}) is needed. {}", field.label, field.name, field.help)});
    }
    std::cerr << field.label << "\n  " << field.help << "\n> " << std::flush;
    const auto text = ask_line(field.secret);
    if (!std::cin) return fail(Problem{"the input ended; nothing was stored"});
    auto value = connections::parse_field(field, text);
    if (!value) return fail(value.error());
    values[field.name] = std::move(*value);
  }
  return {};
}

Result<json::object, Problem> given_values(const connections::Metadata& metadata, const Wanted& wanted) {
  json::object values;
  for (const auto& field : metadata.fields) {
    const auto found = wanted.given.find(field.name);
    if (found == wanted.given.end()) continue;
    if (found->second.empty()) {
      // Nothing in place of a stored value: back to the default, as when it had never been given.
      if (wanted.update) values[field.name] = nullptr;
      continue;
    }
    auto value = connections::parse_field(field, found->second);
    if (!value) return fail(value.error());
    values[field.name] = std::move(*value);
  }
  return values;
}

// The row and secrets to store: a new connection's, or an existing one's with the given values in place of the old
// ones.
async::Task<Result<StoredConnection, Problem>> prepare(Session& session, Wanted wanted,
                                                       connections::Metadata metadata) {
  auto values = given_values(metadata, wanted);
  if (!values) co_return fail(values.error());
  StoredConnection stored;
  if (wanted.update) {
    auto finding = find_connection(session, wanted.name);
    auto found = co_await std::move(finding);
    if (!found) co_return fail(found.error());
    auto secrets = connections::unseal_secrets(session.vault, found->sealed);
    if (!secrets) co_return fail(secrets.error());
    const auto settings = json::parse(found->settings);
    for (const auto& [key, value] : settings.as_object()) values->emplace(key, value);
    for (const auto& [key, value] : secrets->credentials) values->emplace(key, value);
    stored.row = std::move(*found);
    stored.secrets.token = secrets->token;
  } else {
    if (auto asked = ask_missing(metadata, *values); !asked) co_return fail(asked.error());
    stored = new_connection(session, *wanted.connector, wanted.merchant, wanted.name);
  }
  if (auto filled = fill_in(session, stored, metadata, *values); !filled) co_return fail(filled.error());
  co_return stored;
}

void print_connected(const Session& session, const StoredConnection& stored, const connectors::CheckReport& report) {
  const std::string path = "/hooks/" + stored.secrets.token;
  if (session.globals.json) {
    std::cout << pretty(json::object{{"connection", stored.row.id.value},
                                     {"name", stored.row.name},
                                     {"inbound_path", path},
                                     {"checks", checks_json(report)}});
    return;
  }
  print_checks(stored.row.name, report);
  std::cout << "\nStored as " << stored.row.name << " (" << stored.row.id.value << ").\n";
  if (session.config.public_url.empty()) {
    std::cout << "public_url is empty, so the vendor cannot deliver here; set it and start `backhaul serve`.\n";
  } else {
    std::cout << "`backhaul serve` registers its webhooks by itself, within seconds of seeing the connection.\n";
  }
}

async::Task<VerbResult> connect(Session& session, Wanted wanted) {
  const auto metadata = connections::read_metadata(*wanted.connector);
  auto preparing = prepare(session, wanted, metadata);
  auto stored = co_await std::move(preparing);
  if (!stored) co_return fail(stored.error());

  connectors::CheckReport report;
  if (!wanted.skip_check) {
    auto live = connections::make_live(stored->row, stored->secrets, session.http, session.loop);
    if (!live) co_return fail(live.error());
    auto checking = check_connection(*live);
    report = co_await std::move(checking);
    if (!report.healthy()) {
      print_checks_or_json(session.globals, stored->row.name, report);
      co_return fail(Problem{"nothing was stored: put right what failed above, or use --skip-check"});
    }
  }
  store::Stored<void> saved;
  if (wanted.update) {
    auto updating = session.store.update_connection(stored->row.id, stored->row.settings, stored->row.sealed);
    saved = co_await std::move(updating);
  } else {
    const auto policy = json::serialize(returns::default_policy(wanted.connector->vendor));
    auto adding = session.store.add_connection(stored->row, policy);
    saved = co_await std::move(adding);
  }
  if (!saved) co_return fail(Problem{saved.error().message});
  print_connected(session, *stored, report);
  co_return 0;
}

std::string flag_of(const std::string& field) {
  std::string flag = "--" + field;
  std::ranges::replace(flag, '_', '-');
  return flag;
}

}  // namespace

void add_connect(const Registration& to) {
  auto* verb = to.app.add_subcommand("connect", "Connect an account at a vendor; asks for what is not given");
  verb->require_subcommand(1);
  for (const auto* connector : connectors::all_connectors()) {
    const auto metadata = connections::read_metadata(*connector);
    auto* vendor = verb->add_subcommand(std::string(connector->vendor), metadata.name + ": " + metadata.summary);
    auto wanted = std::make_shared<Wanted>();
    wanted->connector = connector;
    wanted->name = metadata.name;
    vendor->add_option("--name", wanted->name, "What to call the connection")->capture_default_str();
    vendor->add_option("--merchant", wanted->merchant, "Whose it is, when several merchants share this hub")
        ->capture_default_str();
    vendor->add_flag("--update", wanted->update, "Change the connection of this name; what is not given stays");
    vendor->add_flag("--skip-check", wanted->skip_check, "Store without asking the vendor whether it works");
    for (const auto& field : metadata.fields) {
      // Underscores too, since messages name fields as the vendor's metadata does.
      const auto names =
          flag_of(field.name) == "--" + field.name ? flag_of(field.name) : flag_of(field.name) + ",--" + field.name;
      vendor->add_option_function<std::string>(
          names, [wanted, name = field.name](const std::string& text) { wanted->given[name] = text; }, field.label);
    }
    vendor->callback([to, wanted] {
      to.status = run_verb(to.globals, [wanted](Session& session) { return connect(session, *wanted); });
    });
  }
}

}  // namespace backhaul::cli
