#pragma once
// A PostgreSQL server of the test's own: a new cluster in a temporary folder, reached over a socket in it. Ends with
// the test, also when that is killed. Debian's postgresql-15 must be installed; there is no test that goes without.

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace backhaul::test {

class PostgresServer {
 public:
  // `settings` as in postgresql.conf: "max_connections=20". Throws when there is no PostgreSQL, or it does not start.
  explicit PostgresServer(std::vector<std::string> settings = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // A copy of `primary` that follows it. The primary waits for it from now on: a commit is durable on both.
  static std::unique_ptr<PostgresServer> standby_of(PostgresServer& primary);
  // Makes a standby a primary; returns when it takes writes.
  void promote();

  // Starts PgBouncer in transaction mode before this server; gives the database's URL through it.
  std::string pooled_url(const std::string& database);

  // One server for all tests of this process.
  static PostgresServer& shared();

  void start();
  // SIGINT asks it to break connections off and end, SIGQUIT to end at once, as a crash would.
  void stop(int signal);
  void send(int signal) const;

  // Makes the database unless it is there.
  std::string make_database(const std::string& name);
  void drop_database(const std::string& name);
  [[nodiscard]] std::string url(const std::string& database) const;
  // Runs SQL; gives the first row's first value, if there is one.
  std::string sql(const std::string& database, const std::string& text);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  // Gives a folder to the user the server runs as.
  static void own(const std::filesystem::path& folder);

 private:
  struct Copy {};
  explicit PostgresServer(Copy);
  void make_folder();
  // Runs one of PostgreSQL's programs as its user, to the end.
  void run_to_end(std::vector<std::string> command) const;

  std::filesystem::path bin_;
  std::filesystem::path folder_;
  std::vector<std::string> settings_;
  pid_t process_ = -1;
  pid_t pooler_ = -1;
};

}  // namespace backhaul::test
