#pragma once
// Reads the hub's journal from its file, beside the hub: what is not in there was not kept (law 1).

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace backhaul::sim {

// An empty database with small pages: most transactions here are of one step, and write whole pages with a few rows of
// theirs. A file keeps the size of pages it was made with. Throws when it cannot be made.
void make_database(const std::filesystem::path& file);

struct CloseSqlite {
  void operator()(sqlite3* db) const;
  void operator()(sqlite3_stmt* statement) const;
};

class Journal {
 public:
  explicit Journal(const std::filesystem::path& file);
  // Forgets what it has read: after a death the file is what counts.
  void read_again();
  // How many deliveries with this body it holds now.
  [[nodiscard]] std::uint64_t count(const std::string& body);

 private:
  void read_on();

  std::unique_ptr<sqlite3, CloseSqlite> db_;
  std::unique_ptr<sqlite3_stmt, CloseSqlite> query_;
  std::int64_t seen_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> counts_;  // by the body's key
};

}  // namespace backhaul::sim
