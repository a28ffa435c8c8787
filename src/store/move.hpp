#pragma once
// Moving a whole store into another one (`backhaul move`). Rows travel as values, table by table in the order of their
// keys; what has arrived is recorded with the rows, so that a move that was cut short goes on where it stopped. Nothing
// is decrypted, renumbered or decided on the way: a job that was running when its hub was killed arrives running, and
// the hub that starts there frees it as it would have on the old store.
//
//   source   in use ──────────────────────────────▶ left      sealed: nobody can open it or write to it
//   target   empty ──▶ arriving (rows, verified) ──────────▶ arrived
//
// The source is left before the target may be opened: at no moment can both be served.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/result.hpp"
#include "types/time.hpp"

namespace backhaul::store {

struct Column {
  enum class Kind : std::uint8_t {
    integer,
    small,  // an integer of 32 bits
    text,
    bytes
  };
  std::string_view name;
  Kind kind = Kind::integer;
  bool compared = true;  // false: worked out from the rest by a store that does not keep it

  [[nodiscard]] bool is_number() const { return kind == Kind::integer || kind == Kind::small; }
};

struct Table {
  std::string_view name;
  std::size_t keys = 1;  // so many of the columns, from the first, are its key
  std::vector<Column> columns;
};

// Runs `work`, which gives what it gives or throws `Error`; of that `words` makes the problem's text.
template <class Error, class Work, class Words>
auto problem_of(Work&& work, Words words) -> Result<decltype(work()), Problem> {
  try {
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const Error& error) {
    return fail(Problem{words(error)});
  }
}

// All that is moved, as PostgreSQL names it, in an order in which references find what they refer to. Duties and places
// of nodes are not: they belong to processes.
[[nodiscard]] const std::vector<Table>& moved_tables();

// A column's value; which member holds it says Column::kind. Views last as long as whoever gave them says.
struct Value {
  bool null = false;
  std::int64_t number = 0;
  std::string_view bytes;
};
using Values = std::vector<Value>;

class RowReader {
 public:
  virtual ~RowReader() = default;
  // Puts the next row into `row`, valid until the next call; false after the last.
  [[nodiscard]] virtual Result<bool, Problem> next(Values& row) = 0;
};

struct MoveMark {
  enum class State : std::uint8_t { none, arriving, arrived, left };
  State state = State::none;
  std::string other;  // the name of the store it comes from, or went to
  Time at;
};
[[nodiscard]] std::string_view to_string(MoveMark::State state);
[[nodiscard]] MoveMark::State move_state(std::string_view text);  // of anything else: none
// Why a store with this mark cannot be opened, and what to do; nothing when it can.
[[nodiscard]] std::optional<std::string> closed_by(const MoveMark& mark);

// What has arrived of a table.
struct Arrived {
  std::int64_t rows = 0;
  std::string last_key;  // see key_of; empty: nothing yet
};

// A key as bytes, and back. The values refer to `key`.
[[nodiscard]] std::string key_of(const Table& table, const Values& row);
[[nodiscard]] Values key_values(const Table& table, std::string_view key);

// One of the two stores, opened for a move by one process, for one thread. After a failure nothing else may be asked.
class MovableStore {
 public:
  virtual ~MovableStore() = default;
  // What people call it, without a password; kept in the other one's mark.
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual Result<MoveMark, Problem> mark() = 0;
  // Whether it holds a hub: any row at all.
  [[nodiscard]] virtual Result<bool, Problem> holds_rows() = 0;
  // Brings what is stored into its final place, and keeps everybody else from writing until this object ends or the
  // store is left. A problem while a hub uses it.
  [[nodiscard]] virtual Result<void, Problem> freeze(Time now) = 0;
  // A problem while a job is leased to a node that was not seen to end: it may be stopped, and go on.
  [[nodiscard]] virtual Result<void, Problem> check_leases(Time now) = 0;
  // The rows after `key` in the order of keys; empty: all. One reader at a time.
  [[nodiscard]] virtual Result<std::unique_ptr<RowReader>, Problem> read(const Table& table, std::string_view key) = 0;
  // About how many rows there are, for the progress shown.
  [[nodiscard]] virtual Result<std::int64_t, Problem> about(const Table& table) = 0;

  // --- as the source; frozen
  // Marks it as left, for good: sealed against every writer, those included that have it open.
  [[nodiscard]] virtual Result<void, Problem> leave(const std::string& to, Time now) = 0;
  // Takes that back.
  [[nodiscard]] virtual Result<void, Problem> come_back() = 0;

  // --- as the target
  // How this store keeps the text; nothing when as it is.
  [[nodiscard]] virtual std::optional<std::string> fitted(std::string_view text) const = 0;
  // Marks it as arriving. A problem while a hub uses it.
  [[nodiscard]] virtual Result<void, Problem> expect(const std::string& from, Time now) = 0;
  [[nodiscard]] virtual Result<Arrived, Problem> arrived(const Table& table) = 0;
  // Rows are kept with the commit after them, which records how far the table has come.
  [[nodiscard]] virtual Result<void, Problem> add(const Table& table, const Values& row) = 0;
  [[nodiscard]] virtual Result<void, Problem> commit(const Table& table, const Arrived& arrived) = 0;
  // Marks it as arrived; new rows are numbered after those that came. A problem while a hub uses it.
  [[nodiscard]] virtual Result<void, Problem> arrive(const std::string& from, Time now) = 0;
  // Deletes all rows, and the mark.
  [[nodiscard]] virtual Result<void, Problem> clear() = 0;
};

struct MoveProgress {
  std::string_view doing;  // "copying", "verifying"
  std::string_view table;
  std::int64_t rows = 0;   // of the table, so far
  std::int64_t about = 0;  // of how many
};

struct MoveOptions {
  Time now;
  bool restart = false;  // forget what has arrived by an earlier, unfinished move
  // One transaction of the target: enough that its flush costs little, few enough that memory stays small.
  std::int64_t batch_rows = 5'000;
  std::size_t batch_bytes = 8 * 1024 * 1024;
  std::function<void(const MoveProgress&)> progress;  // after each batch; may throw, which ends the move
};

struct MovedTable {
  std::string_view name;
  std::int64_t rows = 0;
  std::string checksum;      // hexadecimal; the same on both sides
  std::int64_t changed = 0;  // texts that the target keeps in another form, see MovableStore::fitted
};

struct Moved {
  std::vector<MovedTable> tables;
  bool before = false;  // it had been moved already; nothing was done
};

// Moves `from` to `to`, or goes on with it, verifies, and seals `from`. The problem says what to do.
[[nodiscard]] Result<Moved, Problem> move_store(MovableStore& from, MovableStore& to, const MoveOptions& options);
// Empties `to` and puts `from` back into use. A problem when `to` has changed since: what it did would be forgotten.
[[nodiscard]] Result<void, Problem> undo_move(MovableStore& from, MovableStore& to, const MoveOptions& options);

}  // namespace backhaul::store
