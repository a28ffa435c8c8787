#include "store/move.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <iostream>

#include "cli/folder_lock.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "store/postgres/movable.hpp"
#include "store/sqlite/movable.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;
using std::chrono_literals::operator""ms;

struct Wish {
  std::string from;
  std::string to;
  std::string url;
  bool restart = false;
  bool undo = false;
};

Time now() {
  return Time{std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

// On standard error: a line that is written over on a terminal, a new one now and then elsewhere.
class Progress {
 public:
  void show(const store::MoveProgress& progress) {
    if (progress.table.empty()) return;
    const auto at = Clock::now();
    if (doing_ != progress.doing || table_ != progress.table) {
      doing_ = progress.doing;
      table_ = progress.table;
      began_ = at;
      rows_before_ = progress.rows;
      return;
    }
    if (at - shown_ < (terminal_ ? 200ms : 10'000ms)) return;
    shown_ = at;
    const auto seconds = std::chrono::duration<double>(at - began_).count();
    const auto rate = seconds > 0 ? static_cast<double>(progress.rows - rows_before_) / seconds : 0.0;
    std::cerr << (terminal_ ? "\r\x1b[K" : "")
              << fmt::format("{} {}: {} of about {}, {:.0f} rows/s", doing_, table_, progress.rows, progress.about,
                             rate)
              << (terminal_ ? "" : "\n") << std::flush;
  }
  void end() const {
    if (terminal_) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) == 1;
  std::string doing_;
  std::string table_;
  std::int64_t rows_before_ = 0;  // what an earlier, unfinished move brought
  Clock::time_point began_;
  Clock::time_point shown_ = Clock::now();
};

struct Sides {
  FolderLock lock;
  std::unique_ptr<store::MovableStore> from;
  std::unique_ptr<store::MovableStore> to;
};

Result<std::string, Problem> address(const Config& config, const Wish& wish) {
  const auto& url = wish.url.empty() ? config.store_url : wish.url;
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) return url;
  return fail(Problem{url.empty() ? "say where the PostgreSQL database is: --url postgres://hub@db.example.com/hub, or "
                                    "BACKHAUL_STORE_URL in the environment"
                                  : "--url must be an address such as postgres://hub@db.example.com/hub"});
}

Result<Sides, Problem> open_sides(const Config& config, const Wish& wish) {
  if (wish.from == wish.to) {
    return fail(Problem{fmt::format("--from and --to are both {}; one is sqlite, the other postgres", wish.to)});
  }
  const bool from_file = wish.from == "sqlite";
  const auto url = address(config, wish);
  if (!url) return fail(url.error());
  const auto file = config.database();
  const bool needs_file = from_file != wish.undo;
  if (needs_file && !std::filesystem::exists(file)) {
    return fail(Problem{
        fmt::format("there is no database at {}; data_dir of the configuration says where to look", file.string())});
  }
  if (auto made = make_folder(config.data_dir); !made) return fail(made.error());
  auto lock = FolderLock::take(config.data_dir);
  if (!lock) return fail(Problem{lock.error().message + "; stop it first"});
  auto sqlite = store::open_sqlite_to_move(file);
  if (!sqlite) return fail(sqlite.error());
  auto postgres = store::open_postgres_to_move(*url);
  if (!postgres) return fail(postgres.error());
  return Sides{.lock = std::move(*lock),
               .from = std::move(from_file ? *sqlite : *postgres),
               .to = std::move(from_file ? *postgres : *sqlite)};
}

std::string next_step(const Wish& wish) {
  return wish.to == "postgres" ? "Set store.url in the configuration of every node, then start them."
                               : "Set store.url in the configuration to \"\", then start the hub.";
}

void print_json(const Sides& sides, const store::Moved& moved, double seconds) {
  json::array tables;
  for (const auto& table : moved.tables) {
    tables.push_back(json::object{
        {"table", table.name}, {"rows", table.rows}, {"checksum", table.checksum}, {"texts_changed", table.changed}});
  }
  std::cout << pretty(json::object{{"from", sides.from->name()},
                                   {"to", sides.to->name()},
                                   {"moved_before", moved.before},
                                   {"seconds", seconds},
                                   {"tables", tables}});
}

void print(const Wish& wish, const Sides& sides, const store::Moved& moved, double seconds) {
  if (moved.before) {
    std::cout << fmt::format("{} was moved to {} before; nothing was done.\n{}\n", sides.from->name(), sides.to->name(),
                             next_step(wish));
    return;
  }
  std::vector<std::vector<std::string>> rows;
  std::int64_t all = 0;
  std::int64_t changed = 0;
  for (const auto& table : moved.tables) {
    rows.push_back({std::string(table.name), std::to_string(table.rows), table.checksum});
    all += table.rows;
    changed += table.changed;
  }
  std::cout << format_table({"TABLE", "ROWS", "CHECKSUM OF BOTH"}, rows, 0);
  std::cout << fmt::format("Moved {} rows from {} to {} in {:.1f} s; both hold the same.\n", all, sides.from->name(),
                           sides.to->name(), seconds);
  if (changed > 0) {
    std::cout << fmt::format(
        "{} texts held a zero byte or were not UTF-8, which PostgreSQL cannot keep as text: those "
        "bytes are '?' there.\n",
        changed);
  }
  std::cout << next_step(wish) << "\n";
}

Result<void, Problem> undo(const Globals& globals, const Sides& sides, const store::MoveOptions& options) {
  if (auto undone = store::undo_move(*sides.from, *sides.to, options); !undone) return undone;
  if (globals.json) {
    std::cout << pretty(json::object{{"in_use", sides.from->name()}, {"emptied", sides.to->name()}});
  } else {
    std::cout << fmt::format("{} is in use again; {} was emptied. Set store.url back to what it was.\n",
                             sides.from->name(), sides.to->name());
  }
  return {};
}

Result<void, Problem> move(const Globals& globals, const Wish& wish) {
  const auto config = load_config(globals.config_file);
  if (!config) return fail(config.error());
  const auto sides = open_sides(*config, wish);
  if (!sides) return fail(sides.error());
  Progress progress;
  store::MoveOptions options{.now = now(), .restart = wish.restart};
  if (!globals.json) options.progress = [&](const store::MoveProgress& at) { progress.show(at); };
  if (wish.undo) {
    auto undone = undo(globals, *sides, options);
    progress.end();
    return undone;
  }
  const auto began = Clock::now();
  const auto moved = store::move_store(*sides->from, *sides->to, options);
  progress.end();
  if (!moved) return fail(moved.error());
  const auto seconds = std::chrono::duration<double>(Clock::now() - began).count();
  if (globals.json) {
    print_json(*sides, *moved, seconds);
  } else {
    print(wish, *sides, *moved, seconds);
  }
  return {};
}

}  // namespace

void add_move(const Registration& to) {
  auto* verb = to.app.add_subcommand("move", "Move the whole hub to another kind of database");
  auto wish = std::make_shared<Wish>();
  const CLI::IsMember stores({"sqlite", "postgres"});
  verb->add_option("--from", wish->from, "Where it is: sqlite (backhaul.db in data_dir) or postgres")
      ->required()
      ->check(stores);
  verb->add_option("--to", wish->to, "Where it goes: the other one")->required()->check(stores);
  verb->add_option("--url", wish->url, "The PostgreSQL database; otherwise as the configuration says");
  auto* restart = verb->add_flag("--restart", wish->restart, "Forget what an unfinished move brought, and begin anew");
  verb->add_flag("--undo", wish->undo, "Go back to where it was, if nothing has changed since")->excludes(restart);
  verb->callback([to, wish] {
    const auto moved = move(to.globals, *wish);
    to.status = moved ? 0 : report(to.globals, moved.error());
  });
}

}  // namespace backhaul::cli
