// Moving rows out of and into PostgreSQL, over one session.

#include "store/postgres/movable.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include "store/postgres/copy.hpp"
#include "store/postgres/migrations.hpp"
#include "store/postgres/store_impl.hpp"

namespace backhaul::store {
namespace postgres {
namespace {

// Any number no other program uses on this database, other than that of migrations.
constexpr std::int64_t lock_number = 0x6261636b6861756d;

std::string quoted(pg_conn* connection, std::string_view text) {
  const std::unique_ptr<char, void (*)(void*)> escaped(PQescapeLiteral(connection, text.data(), text.size()),
                                                       PQfreemem);
  if (escaped == nullptr) throw PgError{"", PQerrorMessage(connection)};
  return escaped.get();
}

std::string hex_of(std::string_view bytes) {
  std::string hex = "'\\x";
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex + "'::bytea";
}

std::string bytes_of(std::string_view hex) {  // \x0123, as the server prints a bytea
  std::string bytes;
  for (std::size_t i = 2; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string names_of(const std::vector<Table>& tables) {
  std::string names;
  for (const auto& table : tables) names += (names.empty() ? "" : ", ") + std::string(table.name);
  return names;
}

std::string key_columns(const Table& table) {
  std::string list;
  for (std::size_t i = 0; i < table.keys; ++i) list += (i == 0 ? "" : ", ") + std::string(table.columns[i].name);
  return list;
}

class MovableDatabase final : public MovableStore {
 public:
  explicit MovableDatabase(const std::string& url) {
    migrate(url);
    connection_ = connect(url, "backhaul move");
    name_ = name_of(connection_.get(), url);
    // A batch, a check of all rows, or a wait for the other store may take long. The server looks every second whether
    // we are still there, so that the next try need not wait for the end of what a killed one had asked for.
    run("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET enable_seqscan = on; "
        "SET client_connection_check_interval = '1s'");
    take_turn();
  }

  const std::string& name() const override { return name_; }
  Result<MoveMark, Problem> mark() override {
    return guarded("reading how far the move is", [&] { return read_mark(connection_.get()); });
  }
  Result<bool, Problem> holds_rows() override {
    return guarded("looking for rows", [&] {
      for (const auto& table : moved_tables()) {
        if (table.name == "setup") continue;  // there from the start
        if (text_of(fmt::format("SELECT EXISTS (SELECT 1 FROM {})", table.name)) == "t") return true;
      }
      return false;
    });
  }
  Result<void, Problem> freeze(Time now) override {
    return guarded("freezing", [&] {
      run("BEGIN");
      // Readers may go on. A node that starts waits for its place, in vain.
      run(fmt::format("LOCK TABLE {}, nodes, duties IN SHARE ROW EXCLUSIVE MODE", names_of(moved_tables())));
      check_idle(now);
      // Numbers that were taken and not used: an event with one of them would count as older than reads that know of
      // it.
      const auto taken = text_of(
          "SELECT last_value FROM journal_seq WHERE is_called AND last_value > (SELECT coalesce(max(seq), 0) FROM "
          "journal)");
      if (!taken.empty()) run(fmt::format("INSERT INTO journal (seq, body) VALUES ({}, '')", taken));
      frozen_ = true;
    });
  }
  Result<void, Problem> check_leases(Time now) override {
    return guarded("freezing", [&] {
      const auto until = number_of(
          fmt::format("SELECT max(lease_until) FROM jobs WHERE state = 'running' AND lease_until > {}", now.ms));
      if (until == 0) return;
      throw PgError{"55006", fmt::format("jobs are running at a node that was not seen to end; give the command again "
                                         "when their leases are over, at {}",
                                         to_iso(Time{until}))};
    });
  }
  Result<std::unique_ptr<RowReader>, Problem> read(const Table& table, std::string_view key) override {
    return guarded("reading", [&]() -> std::unique_ptr<RowReader> {
      const auto keys = key_columns(table);
      const auto where = key.empty() ? std::string() : fmt::format(" WHERE ({}) > ({})", keys, literals(table, key));
      return std::make_unique<CopyOut>(
          connection_.get(), table,
          fmt::format("SELECT {} FROM {}{} ORDER BY {}", column_list(table), table.name, where, keys));
    });
  }
  Result<std::int64_t, Problem> about(const Table& table) override {
    return guarded("counting", [&] {
      const bool numbered = table.keys == 1 && table.columns.front().is_number();
      return number_of(fmt::format("SELECT coalesce({}, 0) FROM {}",
                                   numbered ? fmt::format("max({})", key_columns(table)) : "count(*)", table.name));
    });
  }

  Result<void, Problem> leave(const std::string& to, Time now) override {
    return guarded("sealing", [&] {
      if (read_mark(connection_.get()).state != MoveMark::State::left) {
        write_mark(MoveMark::State::left, to, now);
        for_each_sealed([&](std::string_view table) {
          run(
              fmt::format("CREATE TRIGGER moved BEFORE INSERT OR UPDATE OR DELETE ON {} EXECUTE FUNCTION "
                          "refuse_as_moved()",
                          table));
        });
      }
      commit_transaction();
    });
  }
  Result<void, Problem> come_back() override {
    return guarded("unsealing", [&] {
      for_each_sealed([&](std::string_view table) { run(fmt::format("DROP TRIGGER moved ON {}", table)); });
      run("DELETE FROM move");
      commit_transaction();
    });
  }

  std::optional<std::string> fitted(std::string_view text) const override {
    if (is_text(text)) return std::nullopt;
    std::string made(text);
    make_text(made);
    return made;
  }
  Result<void, Problem> expect(const std::string& from, Time now) override {
    return guarded("preparing", [&] {
      run("BEGIN");
      check_idle(now);
      run("DELETE FROM setup");
      write_mark(MoveMark::State::arriving, from, now);
      commit_transaction();
    });
  }
  Result<Arrived, Problem> arrived(const Table& table) override {
    return guarded("reading how far the move is", [&] {
      const auto rows = run(fmt::format("SELECT row_count, last_key FROM move_progress WHERE name = '{}'", table.name));
      if (rows.empty()) return Arrived{};
      return Arrived{.rows = std::stoll(std::string(rows[0].text(0))), .last_key = bytes_of(rows[0].text(1))};
    });
  }
  Result<void, Problem> add(const Table& table, const Values& row) override {
    rows_.add(table, row);
    return {};
  }
  Result<void, Problem> commit(const Table& table, const Arrived& arrived) override {
    return guarded(fmt::format("writing {} to", table.name), [&] {
      run("BEGIN");
      rows_.send(connection_.get(), table);
      run(
          fmt::format("INSERT INTO move_progress (name, row_count, last_key) VALUES ('{}', {}, {}) ON CONFLICT (name) "
                      "DO UPDATE SET row_count = excluded.row_count, last_key = excluded.last_key",
                      table.name, arrived.rows, hex_of(arrived.last_key)));
      commit_transaction();
    });
  }
  Result<void, Problem> arrive(const std::string& from, Time now) override {
    return guarded("completing", [&] {
      // Plans for tables that nobody has looked at yet are poor ones.
      run(fmt::format("ANALYZE {}", names_of(moved_tables())));
      run("BEGIN");
      check_idle(now);
      for (const std::string_view numbered :
           {"connections.number", "returns.id", "subjects.id", "jobs.id", "attempts.id"}) {
        const auto table = numbered.substr(0, numbered.find('.'));
        const auto column = numbered.substr(table.size() + 1);
        run(fmt::format("SELECT setval(pg_get_serial_sequence('{0}', '{1}'), max({1})) FROM {0} HAVING max({1}) > 0",
                        table, column));
      }
      run("SELECT setval('journal_seq', max(seq)) FROM journal HAVING max(seq) > 0");
      write_mark(MoveMark::State::arrived, from, now);
      commit_transaction();
    });
  }
  Result<void, Problem> clear() override {
    return guarded("emptying", [&] {
      if (!frozen_) run("BEGIN");
      run(fmt::format("TRUNCATE {}, move, move_progress RESTART IDENTITY", names_of(moved_tables())));
      run("INSERT INTO setup VALUES (1, 1)");
      commit_transaction();
    });
  }

 private:
  template <class Work>
  auto guarded(std::string_view doing, Work&& work) -> Result<decltype(work()), Problem> {
    return problem_of<PgError>(std::forward<Work>(work), [&](const PgError& error) {
      return fmt::format("{} {}: {}", doing, name_, error.message);
    });
  }
  Rows run(const std::string& sql) { return run_plain(connection_.get(), sql); }
  // The first row's first value, as text; empty when there is none.
  std::string text_of(const std::string& sql) {
    const auto rows = run(sql);
    return rows.empty() ? std::string() : std::string(rows[0].text(0));
  }
  std::int64_t number_of(const std::string& sql) { return std::stoll(std::string("0").append(text_of(sql))); }

  void take_turn() {
    try {
      run(fmt::format("SELECT pg_advisory_lock({})", lock_number));  // waits for lock_timeout, see connect
    } catch (const PgError& error) {
      if (error.state != "55P03") throw;
      throw PgError{error.state, "another move is at work on it; wait for it to end"};
    }
  }
  // Nodes say every 5 s that they work, for 15 s; one that ended in order takes that back.
  void check_idle(Time now) {
    const auto nodes = text_of(fmt::format("SELECT string_agg(node, ', ') FROM nodes WHERE until > {}", now.ms));
    if (nodes.empty()) return;
    throw PgError{"55006", fmt::format("a hub uses it ({}): stop it; a killed one counts for 15 s more", nodes)};
  }
  std::string literals(const Table& table, std::string_view key) {
    const auto values = key_values(table, key);
    std::string list;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto value =
          table.columns[i].is_number() ? std::to_string(values[i].number) : quoted(connection_.get(), values[i].bytes);
      list += (i == 0 ? "" : ", ") + value;
    }
    return list;
  }
  void write_mark(MoveMark::State state, const std::string& other, Time now) {
    run(
        fmt::format("INSERT INTO move (one, state, other, at) VALUES (1, '{}', {}, {}) ON CONFLICT (one) DO UPDATE SET "
                    "state = excluded.state, other = excluded.other, at = excluded.at",
                    to_string(state), quoted(connection_.get(), other), now.ms));
  }
  // Nodes too: one that was stopped must not take its place again.
  template <class Each>
  void for_each_sealed(Each each) {
    for (const auto& table : moved_tables()) each(table.name);
    each("nodes");
  }
  void commit_transaction() {
    run("COMMIT");
    frozen_ = false;
  }

  std::string name_ = "the PostgreSQL database";
  RawConnection connection_;
  CopyIn rows_;
  bool frozen_ = false;
};

}  // namespace

MoveMark read_mark(pg_conn* connection) {
  const auto rows = run_plain(connection, "SELECT state, other, at FROM move");
  if (rows.empty()) return {};
  return {.state = move_state(rows[0].text(0)),
          .other = std::string(rows[0].text(1)),
          .at = Time{std::stoll(std::string(rows[0].text(2)))}};
}

}  // namespace postgres

Result<std::unique_ptr<MovableStore>, Problem> open_postgres_to_move(const std::string& url) {
  try {
    return std::unique_ptr<MovableStore>(std::make_unique<postgres::MovableDatabase>(url));
  } catch (const postgres::PgError& error) {
    // Not the URL: it may hold a password.
    return fail(Problem{fmt::format("cannot open the PostgreSQL database: {}", error.message)});
  }
}

}  // namespace backhaul::store
