#include "store/postgres/postgres_store.hpp"

#include <fmt/format.h>

#include "store/postgres/migrations.hpp"
#include "store/postgres/store_impl.hpp"

namespace backhaul::store {
namespace postgres {
namespace {

void check_open(const std::string& url) {
  const auto connection = connect(url, "backhaul opening");
  if (const auto why = closed_by(read_mark(connection.get()))) throw PgError{"55000", *why};
}

}  // namespace

PostgresStore::PostgresStore(PostgresOptions options) : options_(std::move(options)) {
  migrate(options_.url);
  check_open(options_.url);
  const auto worker = [this](const char* name, Worker::Kind kind, Worker::Manner manner, int number) {
    return std::make_unique<Worker>(options_.url, name, kind, manner, pressure_,
                                    [this, number](const Committed& committed) { after_commit(committed, number); });
  };
  deliveries_ = worker("deliveries", Worker::Kind::writes, Worker::Manner::presses, 0);
  work_ = worker("work", Worker::Kind::writes, Worker::Manner::yields, 1);
  jobs_ = worker("jobs", Worker::Kind::writes, Worker::Manner::yields, 2);
  reads_ = worker("reads", Worker::Kind::reads, Worker::Manner::plain, 3);
  if (options_.on_news || options_.on_jobs) {
    listener_ = std::make_unique<Listener>(
        options_.url, [this](const std::string& what, int server_process) { heard(what, server_process); });
  }
}

void PostgresStore::after_commit(const Committed& committed, int worker) {
  server_processes_.at(static_cast<std::size_t>(worker)).store(committed.server_process);
  // After a new connection the server may be another one, promoted, whose sequence is behind the lost one's; what it
  // does not know of, no event it will number is older than.
  if (committed.reconnected) {
    newest_.store(committed.newest, std::memory_order_release);
  } else {
    auto seen = newest_.load(std::memory_order_acquire);
    while (seen < committed.newest && !newest_.compare_exchange_weak(seen, committed.newest)) {
    }
  }
  if (committed.news && options_.on_news) options_.on_news();
  if (committed.jobs && options_.on_jobs) options_.on_jobs();
}

// Our own commits were told already.
void PostgresStore::heard(const std::string& what, int server_process) {
  for (const auto& own : server_processes_) {
    if (own.load() == server_process) return;
  }
  if (what == "news" && options_.on_news) options_.on_news();
  if (what == "jobs" && options_.on_jobs) options_.on_jobs();
}

async::Task<std::vector<std::int64_t>> PostgresStore::connection_numbers(Tx& tx, std::vector<ConnectionId> ids) {
  auto& known = tx.known_numbers();
  std::vector<std::string> unknown;
  for (const auto& id : ids) {
    if (!known.contains(id.value)) unknown.push_back(id.value);
  }
  if (!unknown.empty()) {
    const auto asked = tx.query("SELECT id, number FROM connections WHERE id = ANY ($1)", unknown);
    const auto rows = co_await asked;
    for (const auto row : rows) known[std::string(row.text(0))] = row.number(1);
  }
  std::vector<std::int64_t> numbers;
  for (const auto& id : ids) {
    const auto found = known.find(id.value);
    if (found == known.end()) throw Refused{no_connection(id)};
    numbers.push_back(found->second);
  }
  co_return numbers;
}

async::Task<std::int64_t> PostgresStore::connection_number(Tx& tx, ConnectionId id) {
  auto asking = connection_numbers(tx, std::vector{std::move(id)});
  const auto numbers = co_await std::move(asking);
  co_return numbers.front();
}

template <class Open>
auto opening(Open&& open) -> Result<decltype(open()), Problem> {
  try {
    return open();
  } catch (const PgError& error) {
    // Not the URL: it may hold a password.
    return fail(Problem{fmt::format("cannot open the database of store.url: {}", error.message)});
  }
}

}  // namespace postgres

Result<std::unique_ptr<Store>, Problem> open_postgres(PostgresOptions options) {
  return postgres::opening(
      [&]() -> std::unique_ptr<Store> { return std::make_unique<postgres::PostgresStore>(std::move(options)); });
}

Result<SchemaVersions, Problem> postgres_schema(const std::string& url) {
  return postgres::opening([&] { return postgres::schema_versions(url); });
}

Result<SchemaVersions, Problem> migrate_postgres(const std::string& url) {
  return postgres::opening([&] { return postgres::migrate(url); });
}

}  // namespace backhaul::store
