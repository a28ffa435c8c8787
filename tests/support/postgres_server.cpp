#include "support/postgres_server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace backhaul::test {
namespace {

constexpr auto start_max = std::chrono::seconds(60);

std::filesystem::path find_binaries() {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    if (std::filesystem::exists(version.path() / "bin" / "postgres")) found.push_back(version.path() / "bin");
  }
  if (found.empty()) {
    throw std::runtime_error(
        "the tests need a PostgreSQL server and found none in /usr/lib/postgresql: apt-get install postgresql-15 "
        "(./dev test does)");
  }
  std::ranges::sort(found);
  return found.back();
}

// PostgreSQL refuses to run as root.
const passwd* other_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr)
    throw std::runtime_error("run by root, the tests need the user `postgres` (package postgresql-15)");
  return user;
}

pid_t run(const std::vector<std::string>& command, const std::filesystem::path& log) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto* user = other_user();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child > 0) return child;
  if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
    _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(126);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  if (chdir("/") != 0) _exit(126);
  execv(arguments.front(), arguments.data());
  _exit(127);
}

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

void PostgresServer::own(const std::filesystem::path& folder) {
  if (const auto* user = other_user(); user != nullptr && chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("cannot give " + folder.string() + " to the user postgres");
  }
}

void PostgresServer::make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "backhaul-pg-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder for PostgreSQL");
  folder_ = pattern;
  own(folder_);
}

void PostgresServer::run_to_end(std::vector<std::string> command) const {
  const auto log = folder_ / "commands.log";
  command.front() = (bin_ / command.front()).string();
  const pid_t child = run(command, log);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error(command.front() + " failed: " + text_of(log));
}

PostgresServer::PostgresServer(std::vector<std::string> settings) : PostgresServer(Copy{}) {
  settings_ = std::move(settings);
  run_to_end({"initdb", "--pgdata", folder_ / "data", "--username", "backhaul", "--auth", "trust", "--encoding", "UTF8",
              "--locale", "C", "--no-sync"});
  start();
}

PostgresServer::PostgresServer(Copy) : bin_(find_binaries()) {
  make_folder();
}

std::unique_ptr<PostgresServer> PostgresServer::standby_of(PostgresServer& primary) {
  std::unique_ptr<PostgresServer> standby(new PostgresServer(Copy{}));
  standby->settings_ = primary.settings_;
  standby->run_to_end({"pg_basebackup", "--pgdata", standby->folder_ / "data", "--host", primary.folder_, "--username",
                       "backhaul", "--write-recovery-conf", "--checkpoint", "fast", "--no-sync"});
  standby->start();
  primary.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
  primary.sql("postgres", "SELECT pg_reload_conf()");
  const auto until = std::chrono::steady_clock::now() + start_max;
  while (primary.sql("postgres", "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").empty()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the standby does not follow");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return standby;
}

void PostgresServer::promote() {
  sql("postgres", "SELECT pg_promote(true)");
  // Its copy of the settings waits for a standby that is not there.
  sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
  sql("postgres", "SELECT pg_reload_conf()");
}

std::string PostgresServer::pooled_url(const std::string& database) {
  const auto settings = folder_ / "pgbouncer.ini";
  std::ofstream(settings) << "[databases]\n* = host=" << folder_.string() << " user=backhaul\n[pgbouncer]\n"
                          << "listen_addr =\nlisten_port = 6432\nunix_socket_dir = " << folder_.string()
                          << "\nauth_type = any\npool_mode = transaction\n";
  const std::filesystem::path program = "/usr/sbin/pgbouncer";
  if (!std::filesystem::exists(program)) {
    throw std::runtime_error("the tests need PgBouncer: apt-get install pgbouncer (./dev test does)");
  }
  pooler_ = run({program, "-q", settings}, folder_ / "pgbouncer.log");
  const auto pooled = url(database) + "&port=6432";
  const auto until = std::chrono::steady_clock::now() + start_max;
  while (PQping(pooled.c_str()) != PQPING_OK) {
    if (std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("PgBouncer does not start: " + text_of(folder_ / "pgbouncer.log"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return pooled;
}

PostgresServer::~PostgresServer() {
  if (pooler_ > 0) {
    kill(pooler_, SIGKILL);
    waitpid(pooler_, nullptr, 0);
  }
  if (process_ > 0) stop(SIGQUIT);
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

void PostgresServer::start() {
  std::vector<std::string> command{bin_ / "postgres", "-D", folder_ / "data", "-k", folder_, "-c", "listen_addresses="};
  for (const auto& setting : settings_) {
    command.emplace_back("-c");
    command.push_back(setting);
  }
  const auto log = folder_ / "server.log";
  process_ = run(command, log);
  const auto until = std::chrono::steady_clock::now() + start_max;
  while (PQping(url("postgres").c_str()) != PQPING_OK) {
    int status = 0;
    const bool ended = waitpid(process_, &status, WNOHANG) == process_;
    if (ended) process_ = -1;
    if (ended || std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("PostgreSQL does not start: " + text_of(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void PostgresServer::send(int signal) const {
  kill(process_, signal);
}

void PostgresServer::stop(int signal) {
  send(signal);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string PostgresServer::url(const std::string& database) const {
  return "postgres:///" + database + "?user=backhaul&host=" + folder_.string();
}

std::string PostgresServer::sql(const std::string& database, const std::string& text) {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(url(database).c_str()), PQfinish);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), text.c_str()), PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw std::runtime_error(text + ": " + PQerrorMessage(connection.get()));
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : std::string();
}

std::string PostgresServer::make_database(const std::string& name) {
  if (sql("postgres", "SELECT 1 FROM pg_database WHERE datname = '" + name + "'").empty()) {
    sql("postgres", "CREATE DATABASE \"" + name + "\"");
  }
  return url(name);
}

void PostgresServer::drop_database(const std::string& name) {
  sql("postgres", "DROP DATABASE IF EXISTS \"" + name + "\" WITH (FORCE)");
}

}  // namespace backhaul::test
