// Connections, policies, maps, cursors, and what asks for attention about a connection.

#include "store/rows.hpp"
#include "store/sqlite/store_impl.hpp"

namespace backhaul::store::sqlite {
namespace {

void bump_setup(Database& db) {
  db.run("UPDATE setup SET version = version + 1");
}

// What a policy or a map says may change what follows for returns that are not over.
void decide_again(Database& db, std::int64_t connection, Time now) {
  db.run(
      "UPDATE returns SET wake_at = min(coalesce(wake_at, ?1), ?1) WHERE state NOT IN ('closed', 'cancelled') "
      "AND merchant = (SELECT merchant FROM connections WHERE number = ?2)",
      now + taken_up_within, connection);
}

async::Task<Stored<void>> without_value(async::Task<Stored<bool>> task) {
  co_return (co_await std::move(task)).map([](bool) {});
}

}  // namespace

async::Task<Stored<void>> SqliteStore::add_connection(Connection c, std::string policy) {
  return without_value(write<bool>([c = std::move(c), policy = std::move(policy)](Database& db) -> Stored<bool> {
    auto taken = db.query("SELECT id FROM connections WHERE merchant = ? AND name = ? AND removed_at IS NULL",
                          c.merchant, c.name);
    if (taken.step()) {
      return fail(name_taken(c.name, taken.text(0)));
    }
    db.run(
        "INSERT INTO connections (id, merchant, vendor, role, name, settings, sealed, created_at) VALUES (?, ?, ?, ?, "
        "?, ?, ?, ?)",
        c.id, c.merchant, c.vendor, c.role, c.name, c.settings, Blob{c.sealed}, c.created_at);
    db.run("INSERT INTO policies (connection, version, body, created_at) VALUES (?, 1, ?, ?)", db.last_row(), policy,
           c.created_at);
    bump_setup(db);
    return true;
  }));
}

async::Task<Stored<void>> SqliteStore::update_connection(ConnectionId id, std::string settings, std::string sealed) {
  return without_value(write<bool>([=](Database& db) -> Stored<bool> {
    if (db.run("UPDATE connections SET settings = ?, sealed = ? WHERE id = ?", settings, Blob{sealed}, id) == 0) {
      return fail(no_connection(id));
    }
    bump_setup(db);
    return true;
  }));
}

async::Task<Stored<void>> SqliteStore::remove_connection(ConnectionId id, Time now) {
  return without_value(write<bool>([=](Database& db) -> Stored<bool> {
    // The name is freed; what the journal says about the connection stays.
    if (db.run("UPDATE connections SET removed_at = ?1, name = name || ' (removed ' || ?1 || ')', sealed = x'' "
               "WHERE id = ?2 AND removed_at IS NULL",
               now, id) == 0) {
      return fail(no_connection(id));
    }
    db.run("DELETE FROM attention WHERE return_id = 0 AND connection = ?", connection_number(db, id));
    bump_setup(db);
    return true;
  }));
}

async::Task<Stored<std::vector<Connection>>> SqliteStore::connections() {
  co_return read([](Database& db) -> Stored<std::vector<Connection>> {
    std::vector<Connection> all;
    auto query = db.query(
        "SELECT id, merchant, vendor, role, name, settings, sealed, created_at FROM connections "
        "WHERE removed_at IS NULL ORDER BY number");
    while (query.step()) all.push_back(read_connection_row(query));
    return all;
  });
}

async::Task<Stored<std::int64_t>> SqliteStore::setup_version() {
  co_return read([](Database& db) -> Stored<std::int64_t> {
    auto query = db.query("SELECT version FROM setup");
    return query.step() ? query.number(0) : 0;
  });
}

async::Task<Stored<PolicyVersion>> SqliteStore::policy(ConnectionId connection) {
  co_return read([&](Database& db) -> Stored<PolicyVersion> {
    auto query =
        db.query("SELECT version, body, created_at FROM policies WHERE connection = ? ORDER BY version DESC LIMIT 1",
                 connection_number(db, connection));
    if (!query.step()) return fail(no_policy(connection));
    return PolicyVersion{.version = query.number(0), .body = std::string(query.text(1)), .created_at = query.time(2)};
  });
}

async::Task<Stored<std::int64_t>> SqliteStore::add_policy(ConnectionId connection, std::string body, Time now) {
  return write<std::int64_t>([=](Database& db) -> Stored<std::int64_t> {
    const auto number = connection_number(db, connection);
    std::int64_t version = 1;
    {
      auto query = db.query("SELECT coalesce(max(version), 0) + 1 FROM policies WHERE connection = ?", number);
      if (query.step()) version = query.number(0);
    }
    db.run("INSERT INTO policies (connection, version, body, created_at) VALUES (?, ?, ?, ?)", number, version, body,
           now);
    decide_again(db, number, now);
    bump_setup(db);
    return version;
  });
}

async::Task<Stored<std::vector<MapEntry>>> SqliteStore::maps(ConnectionId connection) {
  co_return read([&](Database& db) -> Stored<std::vector<MapEntry>> {
    std::vector<MapEntry> entries;
    auto query = db.query("SELECT kind, source, target FROM maps WHERE connection = ? ORDER BY kind, source",
                          connection_number(db, connection));
    while (query.step()) {
      entries.push_back({.kind = std::string(query.text(0)),
                         .source = std::string(query.text(1)),
                         .target = std::string(query.text(2))});
    }
    return entries;
  });
}

async::Task<Stored<void>> SqliteStore::set_map(ConnectionId connection, MapEntry entry, Time now) {
  return without_value(write<bool>([=](Database& db) -> Stored<bool> {
    const auto number = connection_number(db, connection);
    if (entry.target.empty()) {
      db.run("DELETE FROM maps WHERE connection = ? AND kind = ? AND source = ?", number, entry.kind, entry.source);
    } else {
      db.run(
          "INSERT INTO maps (connection, kind, source, target) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET target = "
          "excluded.target",
          number, entry.kind, entry.source, entry.target);
    }
    decide_again(db, number, now);
    bump_setup(db);
    return true;
  }));
}

async::Task<Stored<std::string>> SqliteStore::cursor(ConnectionId connection, std::string name) {
  co_return read([&](Database& db) -> Stored<std::string> {
    auto query = db.query("SELECT value FROM cursors WHERE connection = ? AND name = ?",
                          connection_number(db, connection), name);
    return query.step() ? std::string(query.text(0)) : std::string();
  });
}

async::Task<Stored<void>> SqliteStore::set_cursor(ConnectionId connection, std::string name, std::string value) {
  return without_value(write<bool>([=](Database& db) -> Stored<bool> {
    db.run(
        "INSERT INTO cursors (connection, name, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = "
        "excluded.value",
        connection_number(db, connection), name, value);
    return true;
  }));
}

async::Task<Stored<void>> SqliteStore::raise_attention(ConnectionId connection, returns::AttentionItem item, Time now) {
  return without_value(write<bool>([=](Database& db) -> Stored<bool> {
    db.run(
        "INSERT INTO attention (return_id, connection, kind, why, todo, since) VALUES (0, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET why = excluded.why, todo = excluded.todo, times = times + 1",
        connection_number(db, connection), item.kind, item.why, item.todo, now);
    return true;
  }));
}

async::Task<Stored<void>> SqliteStore::clear_attention(ConnectionId connection, std::string kind) {
  return without_value(write<bool>([=](Database& db) -> Stored<bool> {
    db.run("DELETE FROM attention WHERE return_id = 0 AND connection = ? AND kind = ?",
           connection_number(db, connection), kind);
    return true;
  }));
}

}  // namespace backhaul::store::sqlite
