// Moving rows out of and into the SQLite file. Where its tables differ from PostgreSQL's, whose columns move_tables.cpp
// lists, is said in `differences` and in insert_journal below, and nowhere else.

#include "store/sqlite/movable.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <set>

#include "store/sqlite/store_impl.hpp"

namespace backhaul::store {
namespace sqlite {
namespace {

struct Difference {
  std::string_view table;
  std::string_view column;
  std::string_view name;     // here; empty: not kept
  std::string_view read;     // the expression that gives its value
  std::string_view written;  // the expression that keeps the value {}
};
constexpr std::array differences{
    Difference{"setup", "one", "only", "only", "{}"},
    // What moves in stays as it comes.
    Difference{"journal", "body", "body", "unpacked(body, packed_from)", "{}"},
    Difference{"subjects", "read_digest", "read_digest", "coalesce(read_digest, '')", "nullif({}, '')"},
    // What duplicate_of in journal.cpp finds with each delivery.
    Difference{"subjects", "digest_event", "",
               "coalesce((SELECT e.seq FROM events e WHERE e.subject = subjects.id AND e.kind = 'delivery' AND "
               "e.duplicate_of IS NULL ORDER BY e.seq DESC LIMIT 1), 0)",
               ""}};

// The journal here says what a delivery is about, for filing it; all that arrives is filed.
constexpr std::string_view insert_journal =
    "INSERT INTO journal (seq, connection, external_id, topic, message_id, news, at, body) "
    "SELECT ?1, iif(e.kind = 'delivery', s.connection, 0), iif(e.kind = 'delivery', s.external_id, ''), "
    "coalesce(e.topic, ''), coalesce(e.message_id, ''), 1, coalesce(e.at, 0), ?2 FROM (SELECT 1) "
    "LEFT JOIN events e ON e.seq = ?1 LEFT JOIN subjects s ON s.id = e.subject";

Difference mapped(const Table& table, const Column& column) {
  for (const auto& difference : differences) {
    if (difference.table == table.name && difference.column == column.name) return difference;
  }
  return {table.name, column.name, column.name, column.name, "{}"};
}

void bind(Query& query, int index, const Column& column, const Value& value) {
  if (value.null) {
    query.bind_null(index);
  } else if (column.is_number()) {
    query.bind(index, value.number);
  } else if (column.kind == Column::Kind::bytes) {
    query.bind(index, Blob{value.bytes}, false);
  } else {
    query.bind(index, value.bytes, false);
  }
}

std::string key_columns(const Table& table) {
  std::string list;
  for (std::size_t i = 0; i < table.keys; ++i) {
    list += (i == 0 ? "" : ", ") + std::string(mapped(table, table.columns[i]).name);
  }
  return list;
}

std::string select_sql(const Table& table, bool after_key) {
  std::string columns;
  for (const auto& column : table.columns) {
    columns += (columns.empty() ? "" : ", ") + std::string(mapped(table, column).read);
  }
  std::string places = "?";
  for (std::size_t i = 1; i < table.keys; ++i) places += ", ?";
  const auto keys = key_columns(table);
  const auto where = after_key ? fmt::format(" WHERE ({}) > ({})", keys, places) : std::string();
  return fmt::format("SELECT {} FROM {}{} ORDER BY {}", columns, table.name, where, keys);
}

std::string insert_sql(const Table& table) {
  if (table.name == "journal") return std::string(insert_journal);
  std::string names;
  std::string values;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto to = mapped(table, table.columns[i]);
    if (to.name.empty()) continue;
    const std::string_view comma = names.empty() ? "" : ", ";
    names += fmt::format("{}{}", comma, to.name);
    values += fmt::format("{}{}", comma, fmt::format(fmt::runtime(to.written), fmt::format("?{}", i + 1)));
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name, names, values);
}

class Reader final : public RowReader {
 public:
  Reader(const Table& table, Query query) : table_(table), query_(std::move(query)) {}
  Result<bool, Problem> next(Values& row) override {
    try {
      return read(row);
    } catch (const SqliteError& error) {
      return fail(Problem{fmt::format("reading {}: {}", table_.name, error.message)});
    }
  }

 private:
  bool read(Values& row) {
    if (!query_.step()) return false;
    row.resize(table_.columns.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      const int at = static_cast<int>(i);
      const bool number = table_.columns[i].is_number();
      row[i] = {.null = query_.is_null(at),
                .number = number ? query_.number(at) : 0,
                .bytes = number ? std::string_view() : query_.text(at)};
    }
    return true;
  }

  const Table& table_;
  Query query_;
};

class MovableFile final : public MovableStore {
 public:
  explicit MovableFile(const std::filesystem::path& file)
      : name_("SQLite " + std::filesystem::absolute(file).lexically_normal().string()), db_(file.string()) {
    migrate(db_);
  }

  const std::string& name() const override { return name_; }
  Result<MoveMark, Problem> mark() override {
    return guarded("reading how far the move is", [&] { return read_mark(db_); });
  }
  Result<bool, Problem> holds_rows() override {
    return guarded("looking for rows", [&] {
      for (const auto& table : moved_tables()) {
        if (table.name == "setup") continue;  // there from the start
        auto query = db_.query(kept(fmt::format("SELECT 1 FROM {} LIMIT 1", table.name)));
        if (query.step()) return true;
      }
      return false;
    });
  }
  Result<void, Problem> freeze(Time) override {
    return guarded("freezing", [&] {
      // What waits to be filed is filed as the hub would.
      for (bool more = waits_for_filing(db_); more;) {
        Transaction transaction(db_);
        more = file_waiting(db_);
        transaction.commit();
        db_.checkpoint(Database::Wait::no);
      }
      transaction_.emplace(db_);
    });
  }
  // The data folder's lock tells that whoever ran them has ended.
  Result<void, Problem> check_leases(Time) override { return {}; }
  Result<std::unique_ptr<RowReader>, Problem> read(const Table& table, std::string_view key) override {
    return guarded("reading", [&]() -> std::unique_ptr<RowReader> {
      auto query = db_.query(kept(select_sql(table, !key.empty())));
      if (!key.empty()) {
        const auto values = key_values(table, key);
        for (std::size_t i = 0; i < values.size(); ++i) bind_key(query, static_cast<int>(i) + 1, table, values[i]);
      }
      return std::make_unique<Reader>(table, std::move(query));
    });
  }
  Result<std::int64_t, Problem> about(const Table& table) override {
    return guarded("counting", [&] {
      const bool numbered = table.keys == 1 && table.columns.front().is_number();
      auto query =
          db_.query(kept(fmt::format("SELECT coalesce({}, 0) FROM {}",
                                     numbered ? fmt::format("max({})", key_columns(table)) : "count(*)", table.name)));
      return query.step() ? query.number(0) : 0;
    });
  }

  Result<void, Problem> leave(const std::string& to, Time now) override {
    return guarded("sealing", [&] {
      if (read_mark(db_).state != MoveMark::State::left) {
        write_mark(MoveMark::State::left, to, now);
        for_each_seal([&](const std::string& name, std::string_view table, std::string_view change) {
          db_.script(
              fmt::format("CREATE TRIGGER {} BEFORE {} ON {} BEGIN SELECT RAISE(ABORT, 'this store was moved, "
                          "and takes no more changes'); END",
                          name, change, table));
        });
      }
      end_transaction();
    });
  }
  Result<void, Problem> come_back() override {
    return guarded("unsealing", [&] {
      for_each_seal(
          [&](const std::string& name, std::string_view, std::string_view) { db_.script("DROP TRIGGER " + name); });
      db_.run("DELETE FROM move");
      end_transaction();
    });
  }

  std::optional<std::string> fitted(std::string_view) const override { return std::nullopt; }
  Result<void, Problem> expect(const std::string& from, Time now) override {
    return guarded("preparing", [&] {
      transaction_.emplace(db_);
      db_.run("DELETE FROM setup");
      write_mark(MoveMark::State::arriving, from, now);
      end_transaction();
    });
  }
  Result<Arrived, Problem> arrived(const Table& table) override {
    return guarded("reading how far the move is", [&] {
      auto query = db_.query("SELECT row_count, last_key FROM move_progress WHERE name = ?", table.name);
      return query.step() ? Arrived{.rows = query.number(0), .last_key = std::string(query.text(1))} : Arrived{};
    });
  }
  Result<void, Problem> add(const Table& table, const Values& row) override {
    return guarded("writing", [&] {
      if (!transaction_) transaction_.emplace(db_);
      if (inserts_into_ != &table) insert_ = kept(insert_sql(table));
      inserts_into_ = &table;
      auto query = db_.query(insert_);
      for (std::size_t i = 0; i < row.size(); ++i) {
        const auto& column = table.columns[i];
        if (!mapped(table, column).name.empty()) bind(query, static_cast<int>(i) + 1, column, row[i]);
      }
      query.step();
    });
  }
  Result<void, Problem> commit(const Table& table, const Arrived& arrived) override {
    return guarded("writing", [&] {
      if (!transaction_) transaction_.emplace(db_);
      db_.run("INSERT OR REPLACE INTO move_progress (name, row_count, last_key) VALUES (?, ?, ?)", table.name,
              arrived.rows, Blob{arrived.last_key});
      end_transaction();
    });
  }
  Result<void, Problem> arrive(const std::string& from, Time now) override {
    return guarded("completing", [&] {
      transaction_.emplace(db_);
      db_.run("UPDATE filed SET seq = coalesce((SELECT max(seq) FROM journal), 0)");
      write_mark(MoveMark::State::arrived, from, now);
      end_transaction();
    });
  }
  Result<void, Problem> clear() override {
    return guarded("emptying", [&] {
      if (!transaction_) transaction_.emplace(db_);
      const auto& tables = moved_tables();
      // Those that refer to others go first.
      for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
        db_.script(fmt::format("DELETE FROM {}", table->name));
      }
      db_.script(
          "INSERT INTO setup VALUES (1, 1); UPDATE filed SET seq = 0; DELETE FROM move; DELETE FROM move_progress");
      end_transaction();
    });
  }

 private:
  template <class Work>
  auto guarded(std::string_view doing, Work&& work) -> Result<decltype(work()), Problem> {
    return problem_of<SqliteError>(std::forward<Work>(work), [&](const SqliteError& error) {
      return fmt::format("{} {}: {}", doing, name_, to_error(error).message);
    });
  }
  // Database knows statements by their address.
  const char* kept(std::string sql) { return statements_.insert(std::move(sql)).first->c_str(); }

  void bind_key(Query& query, int index, const Table& table, const Value& value) {
    const auto& column = table.columns[static_cast<std::size_t>(index) - 1];
    if (column.is_number()) {
      query.bind(index, value.number);
    } else {
      query.bind(index, value.bytes, true);
    }
  }
  void write_mark(MoveMark::State state, const std::string& other, Time now) {
    db_.run("INSERT OR REPLACE INTO move (only, state, other, at) VALUES (1, ?, ?, ?)", to_string(state), other, now);
  }
  template <class Each>
  void for_each_seal(Each each) {
    for (const auto& table : moved_tables()) {
      for (const std::string_view change : {"INSERT", "UPDATE", "DELETE"}) {
        each(fmt::format("moved_{}_{}", table.name, change), table.name, change);
      }
    }
  }
  void end_transaction() {
    transaction_->commit();
    transaction_.reset();
    db_.checkpoint(Database::Wait::no);
  }

  std::string name_;
  Database db_;
  std::set<std::string> statements_;
  const char* insert_ = nullptr;
  const Table* inserts_into_ = nullptr;
  std::optional<Transaction> transaction_;  // while frozen, and while rows are added
};

}  // namespace

MoveMark read_mark(Database& db) {
  auto query = db.query("SELECT state, other, at FROM move");
  if (!query.step()) return {};
  return {.state = move_state(query.text(0)), .other = std::string(query.text(1)), .at = query.time(2)};
}

}  // namespace sqlite

Result<std::unique_ptr<MovableStore>, Problem> open_sqlite_to_move(const std::filesystem::path& file) {
  try {
    return std::unique_ptr<MovableStore>(std::make_unique<sqlite::MovableFile>(file));
  } catch (const sqlite::SqliteError& error) {
    return fail(Problem{fmt::format("cannot open the database {}: {}", file.string(), error.message)});
  }
}

}  // namespace backhaul::store
