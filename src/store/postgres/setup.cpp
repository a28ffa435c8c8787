// Connections, policies, maps, cursors, and what asks for attention about a connection.

#include "store/postgres/store_impl.hpp"
#include "store/rows.hpp"

namespace backhaul::store::postgres {

void PostgresStore::setup_changed(Tx& tx) {
  tx.run("UPDATE setup SET version = version + 1");
}

// What a policy or a map says may change what follows for returns that are not over.
void PostgresStore::decide_again(Tx& tx, std::int64_t connection, Time now) {
  tx.run(
      "UPDATE returns SET wake_at = least(wake_at, $1) WHERE state NOT IN ('closed', 'cancelled') "
      "AND merchant = (SELECT merchant FROM connections WHERE number = $2)",
      now + taken_up_within, connection);
}

async::Task<Stored<void>> PostgresStore::add_connection(Connection connection, std::string policy) {
  return write<void>(
      [this, c = std::move(connection), policy = std::move(policy)](Tx& tx) -> async::Task<Stored<void>> {
        const auto asked = tx.query(
            "SELECT id FROM connections WHERE merchant = $1 AND name = $2 AND removed_at IS NULL", c.merchant, c.name);
        const auto taken = co_await asked;
        if (!taken.empty()) co_return fail(name_taken(c.name, taken[0].text(0)));
        tx.run(
            "WITH added AS (INSERT INTO connections (id, merchant, vendor, role, name, settings, sealed, created_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING number) "
            "INSERT INTO policies (connection, version, body, created_at) SELECT number, 1, $9, $8 FROM added",
            c.id, c.merchant, c.vendor, c.role, c.name, c.settings, Blob{c.sealed}, c.created_at, policy);
        setup_changed(tx);
        co_return Stored<void>{};
      });
}

async::Task<Stored<void>> PostgresStore::update_connection(ConnectionId id, std::string settings, std::string sealed) {
  return write<void>([=, this](Tx& tx) -> async::Task<Stored<void>> {
    const auto asked = tx.query("UPDATE connections SET settings = $1, sealed = $2 WHERE id = $3 RETURNING 1", settings,
                                Blob{sealed}, id);
    const auto updated = co_await asked;
    if (updated.empty()) co_return fail(no_connection(id));
    setup_changed(tx);
    co_return Stored<void>{};
  });
}

async::Task<Stored<void>> PostgresStore::remove_connection(ConnectionId id, Time now) {
  return write<void>([=, this](Tx& tx) -> async::Task<Stored<void>> {
    // The name is freed; what the journal says about the connection stays.
    const auto asked = tx.query(
        "UPDATE connections SET removed_at = $1, name = name || ' (removed ' || $1 || ')', sealed = '' "
        "WHERE id = $2 AND removed_at IS NULL RETURNING number",
        now, id);
    const auto removed = co_await asked;
    if (removed.empty()) co_return fail(no_connection(id));
    tx.run("DELETE FROM attention WHERE return_id = 0 AND connection = $1", removed[0].number(0));
    setup_changed(tx);
    co_return Stored<void>{};
  });
}

async::Task<Stored<std::vector<Connection>>> PostgresStore::connections() {
  return read<std::vector<Connection>>([](Tx& tx) -> async::Task<Stored<std::vector<Connection>>> {
    const auto asked = tx.query(
        "SELECT id, merchant, vendor, role, name, settings, sealed, created_at FROM connections "
        "WHERE removed_at IS NULL ORDER BY number");
    const auto rows = co_await asked;
    std::vector<Connection> all;
    for (const auto row : rows) all.push_back(read_connection_row(row));
    co_return all;
  });
}

async::Task<Stored<std::int64_t>> PostgresStore::setup_version() {
  return read<std::int64_t>([](Tx& tx) -> async::Task<Stored<std::int64_t>> {
    const auto asked = tx.query("SELECT version FROM setup");
    const auto rows = co_await asked;
    co_return rows.empty() ? 0 : rows[0].number(0);
  });
}

async::Task<Stored<PolicyVersion>> PostgresStore::policy(ConnectionId connection) {
  return read<PolicyVersion>([=, this](Tx& tx) -> async::Task<Stored<PolicyVersion>> {
    auto numbering = connection_number(tx, connection);
    const auto number = co_await std::move(numbering);
    const auto asked = tx.query(
        "SELECT version, body, created_at FROM policies WHERE connection = $1 ORDER BY version DESC LIMIT 1", number);
    const auto rows = co_await asked;
    if (rows.empty()) co_return fail(no_policy(connection));
    co_return PolicyVersion{
        .version = rows[0].number(0), .body = std::string(rows[0].text(1)), .created_at = rows[0].time(2)};
  });
}

async::Task<Stored<std::int64_t>> PostgresStore::add_policy(ConnectionId connection, std::string body, Time now) {
  return write<std::int64_t>([=, this](Tx& tx) -> async::Task<Stored<std::int64_t>> {
    auto numbering = connection_number(tx, connection);
    const auto number = co_await std::move(numbering);
    // The connection's row is locked, so that two who add at once get two versions.
    tx.run("SELECT 1 FROM connections WHERE number = $1 FOR NO KEY UPDATE", number);
    const auto asked = tx.query(
        "INSERT INTO policies (connection, version, body, created_at) SELECT $1, coalesce(max(version), 0) + 1, $2, $3 "
        "FROM policies WHERE connection = $1 RETURNING version",
        number, body, now);
    decide_again(tx, number, now);
    setup_changed(tx);
    const auto rows = co_await asked;
    co_return rows[0].number(0);
  });
}

async::Task<Stored<std::vector<MapEntry>>> PostgresStore::maps(ConnectionId connection) {
  return read<std::vector<MapEntry>>([=, this](Tx& tx) -> async::Task<Stored<std::vector<MapEntry>>> {
    auto numbering = connection_number(tx, connection);
    const auto number = co_await std::move(numbering);
    const auto asked =
        tx.query("SELECT kind, source, target FROM maps WHERE connection = $1 ORDER BY kind, source", number);
    const auto rows = co_await asked;
    std::vector<MapEntry> entries;
    for (const auto row : rows) {
      entries.push_back(
          {.kind = std::string(row.text(0)), .source = std::string(row.text(1)), .target = std::string(row.text(2))});
    }
    co_return entries;
  });
}

async::Task<Stored<void>> PostgresStore::set_map(ConnectionId connection, MapEntry entry, Time now) {
  return write<void>([=, this](Tx& tx) -> async::Task<Stored<void>> {
    auto numbering = connection_number(tx, connection);
    const auto number = co_await std::move(numbering);
    if (entry.target.empty()) {
      tx.run("DELETE FROM maps WHERE connection = $1 AND kind = $2 AND source = $3", number, entry.kind, entry.source);
    } else {
      tx.run(
          "INSERT INTO maps (connection, kind, source, target) VALUES ($1, $2, $3, $4) "
          "ON CONFLICT (connection, kind, source) DO UPDATE SET target = excluded.target",
          number, entry.kind, entry.source, entry.target);
    }
    decide_again(tx, number, now);
    setup_changed(tx);
    co_return Stored<void>{};
  });
}

async::Task<Stored<std::string>> PostgresStore::cursor(ConnectionId connection, std::string name) {
  return read<std::string>([=, this](Tx& tx) -> async::Task<Stored<std::string>> {
    auto numbering = connection_number(tx, connection);
    const auto number = co_await std::move(numbering);
    const auto asked = tx.query("SELECT value FROM cursors WHERE connection = $1 AND name = $2", number, name);
    const auto rows = co_await asked;
    co_return rows.empty() ? std::string() : std::string(rows[0].text(0));
  });
}

async::Task<Stored<void>> PostgresStore::set_cursor(ConnectionId connection, std::string name, std::string value) {
  return write<void>([=, this](Tx& tx) -> async::Task<Stored<void>> {
    auto numbering = connection_number(tx, connection);
    const auto number = co_await std::move(numbering);
    tx.run(
        "INSERT INTO cursors (connection, name, value) VALUES ($1, $2, $3) "
        "ON CONFLICT (connection, name) DO UPDATE SET value = excluded.value",
        number, name, value);
    co_return Stored<void>{};
  });
}

async::Task<Stored<void>> PostgresStore::raise_attention(ConnectionId connection, returns::AttentionItem item,
                                                         Time now) {
  return write<void>([=, this](Tx& tx) -> async::Task<Stored<void>> {
    auto numbering = connection_number(tx, connection);
    const auto number = co_await std::move(numbering);
    tx.run(
        "INSERT INTO attention (return_id, connection, kind, why, todo, since) VALUES (0, $1, $2, $3, $4, $5) "
        "ON CONFLICT (return_id, connection, kind) DO UPDATE SET why = excluded.why, todo = excluded.todo, "
        "times = attention.times + 1",
        number, item.kind, item.why, item.todo, now);
    co_return Stored<void>{};
  });
}

async::Task<Stored<void>> PostgresStore::clear_attention(ConnectionId connection, std::string kind) {
  return write<void>([=, this](Tx& tx) -> async::Task<Stored<void>> {
    auto numbering = connection_number(tx, connection);
    const auto number = co_await std::move(numbering);
    tx.run("DELETE FROM attention WHERE return_id = 0 AND connection = $1 AND kind = $2", number, kind);
    co_return Stored<void>{};
  });
}

}  // namespace backhaul::store::postgres
