#include "store/move.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cstring>

namespace backhaul::store {
namespace {

using State = MoveMark::State;

// The sum of the rows' hashes: it does not depend on their order, so neither store has to sort as the other does.
class Checksum {
 public:
  void add(const Table& table, const Values& row) {
    bytes_.clear();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].compared) append(table.columns[i], row[i]);
    }
    std::array<std::uint64_t, 2> hash{};
    crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), sizeof hash,
                       reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size(), nullptr, 0);
    sum_[0] += hash[0];
    sum_[1] += hash[1];
  }
  [[nodiscard]] std::string text() const { return fmt::format("{:016x}{:016x}", sum_[0], sum_[1]); }

 private:
  // Each value with its length, so that no two rows give the same bytes.
  void append(const Column& column, const Value& value) {
    const bool number = column.is_number();
    const std::uint64_t size = value.null ? ~std::uint64_t{0} : number ? sizeof value.number : value.bytes.size();
    bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
    if (value.null) return;
    if (number) {
      bytes_.append(reinterpret_cast<const char*>(&value.number), sizeof value.number);
    } else {
      bytes_ += value.bytes;
    }
  }

  std::string bytes_;
  std::array<std::uint64_t, 2> sum_{};
};

// Puts texts into the form in which `store` keeps them.
class Fitter {
 public:
  explicit Fitter(const MovableStore& store) : store_(store) {}
  // Gives how many it changed; the new ones last until the next call.
  std::int64_t fit(const Table& table, Values& row) {
    texts_.clear();
    texts_.reserve(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (table.columns[i].kind != Column::Kind::text || row[i].null) continue;
      if (auto fitted = store_.fitted(row[i].bytes)) row[i].bytes = texts_.emplace_back(std::move(*fitted));
    }
    return static_cast<std::int64_t>(texts_.size());
  }

 private:
  const MovableStore& store_;
  std::vector<std::string> texts_;
};

std::size_t size_of(const Values& row) {
  std::size_t size = 0;
  for (const auto& value : row) size += sizeof value.number + value.bytes.size();
  return size;
}

struct Move {
  MovableStore& from;
  MovableStore& to;
  const MoveOptions& options;

  void tell(const MoveProgress& progress) const {
    if (options.progress) options.progress(progress);
  }
  Result<void, Problem> copy(const Table& table);
  Result<MovedTable, Problem> sum(MovableStore& store, const Table& table) const;
  Result<std::vector<MovedTable>, Problem> verify();
};

Result<void, Problem> Move::copy(const Table& table) {
  auto arrived = to.arrived(table);
  const auto about = from.about(table);
  if (!arrived || !about) return fail(arrived ? about.error() : arrived.error());
  auto reader = from.read(table, arrived->last_key);
  if (!reader) return fail(reader.error());
  Fitter fitter(to);
  Values row;
  std::int64_t rows = 0;
  std::size_t bytes = 0;
  for (bool more = true; more;) {
    const auto got = (*reader)->next(row);
    if (!got) return fail(got.error());
    more = *got;
    if (more) {
      arrived->last_key = key_of(table, row);
      fitter.fit(table, row);
      bytes += size_of(row);
      ++rows;
      if (auto added = to.add(table, row); !added) return added;
    }
    if (rows == 0 || (more && rows < options.batch_rows && bytes < options.batch_bytes)) continue;
    arrived->rows += rows;
    if (auto committed = to.commit(table, *arrived); !committed) return committed;
    rows = 0;
    bytes = 0;
    tell({.doing = "copying", .table = table.name, .rows = arrived->rows, .about = *about});
  }
  return {};
}

// Of the source: as the target keeps its texts.
Result<MovedTable, Problem> Move::sum(MovableStore& store, const Table& table) const {
  const auto about = store.about(table);
  if (!about) return fail(about.error());
  auto reader = store.read(table, {});
  if (!reader) return fail(reader.error());
  Fitter fitter(to);
  Checksum checksum;
  MovedTable moved{.name = table.name};
  for (Values row;;) {
    const auto more = (*reader)->next(row);
    if (!more) return fail(more.error());
    if (!*more) break;
    if (&store == &from) moved.changed += fitter.fit(table, row);
    checksum.add(table, row);
    if (++moved.rows % options.batch_rows == 0) {
      tell({.doing = "verifying", .table = table.name, .rows = moved.rows, .about = *about});
    }
  }
  tell({.doing = "verifying", .table = table.name, .rows = moved.rows, .about = moved.rows});
  moved.checksum = checksum.text();
  return moved;
}

Result<std::vector<MovedTable>, Problem> Move::verify() {
  std::vector<MovedTable> tables;
  std::string differences;
  for (const auto& table : moved_tables()) {
    const auto here = sum(from, table);
    if (!here) return fail(here.error());
    const auto there = sum(to, table);
    if (!there) return fail(there.error());
    if (here->rows != there->rows || here->checksum != there->checksum) {
      differences += fmt::format("\n  {}: {} rows, checksum {} at the source; {} rows, checksum {} at the target",
                                 table.name, here->rows, here->checksum, there->rows, there->checksum);
    }
    tables.push_back(*here);
  }
  if (!differences.empty()) {
    return fail(Problem{fmt::format("{} and {} differ:{}", from.name(), to.name(), differences)});
  }
  return tables;
}

// Whether `to` is the other end of what `from` was moved to.
bool left_for(const MoveMark& from, const MovableStore& to) {
  return from.state == State::left && from.other == to.name();
}

bool comes_from(const MoveMark& to, const MovableStore& from) {
  return (to.state == State::arriving || to.state == State::arrived) && to.other == from.name();
}

Result<void, Problem> check_source(MovableStore& from, const MoveMark& mark, const MovableStore& to) {
  if (mark.state == State::arriving || (mark.state == State::left && !left_for(mark, to))) {
    return fail(Problem{fmt::format("cannot move {}: {}", from.name(), *closed_by(mark))});
  }
  const auto holds = from.holds_rows();
  if (!holds) return fail(holds.error());
  if (!*holds) return fail(Problem{fmt::format("there is nothing to move: {} is empty", from.name())});
  return {};
}

// Makes the target ready to take rows: a new move, or the one that was begun.
Result<void, Problem> prepare_target(MovableStore& to, MoveMark mark, const MovableStore& from,
                                     const MoveOptions& options) {
  if (options.restart && mark.state == State::arriving) {
    if (auto cleared = to.clear(); !cleared) return cleared;
    mark = {};
  }
  if (mark.state == State::arriving && comes_from(mark, from)) return {};
  if (mark.state == State::arriving) {
    return fail(
        Problem{fmt::format("{} holds a part of {}, by a move that was not completed; complete that one, or "
                            "add --restart to forget it",
                            to.name(), mark.other)});
  }
  const auto holds = to.holds_rows();
  if (!holds) return fail(holds.error());
  if (*holds || mark.state == State::left) {
    return fail(
        Problem{fmt::format("{} is in use, or was: it holds a hub's rows. Move into an empty database, or into "
                            "a data folder without backhaul.db",
                            to.name())});
  }
  return to.expect(from.name(), options.now);
}

}  // namespace

Result<Moved, Problem> move_store(MovableStore& from, MovableStore& to, const MoveOptions& options) {
  const auto source = from.mark();
  const auto target = to.mark();
  if (!source || !target) return fail(source ? target.error() : source.error());
  if (left_for(*source, to) && target->state == State::arrived) return Moved{.tables = {}, .before = true};
  if (left_for(*source, to) && !comes_from(*target, from)) {
    return fail(
        Problem{fmt::format("{} was moved to {}, which holds nothing of it any more; bring that database back, "
                            "or give the same command with --undo",
                            from.name(), to.name())});
  }
  if (auto checked = check_source(from, *source, to); !checked) return fail(checked.error());
  if (auto frozen = from.freeze(options.now); !frozen) return fail(frozen.error());
  if (auto checked = from.check_leases(options.now); !checked) return fail(checked.error());
  if (auto prepared = prepare_target(to, *target, from, options); !prepared) return fail(prepared.error());

  Move move{.from = from, .to = to, .options = options};
  for (const auto& table : moved_tables()) {
    if (auto copied = move.copy(table); !copied) return fail(copied.error());
  }
  auto tables = move.verify();
  if (!tables) {
    return fail(Problem{tables.error().message +
                        "\nnothing was switched over; if either was used or changed since the move began, give the "
                        "same command with --restart"});
  }
  if (auto left = from.leave(to.name(), options.now); !left) return fail(left.error());
  move.tell({.doing = "left", .table = {}});
  if (auto arrived = to.arrive(from.name(), options.now); !arrived) return fail(arrived.error());
  return Moved{.tables = std::move(*tables)};
}

Result<void, Problem> undo_move(MovableStore& from, MovableStore& to, const MoveOptions& options) {
  const auto source = from.mark();
  const auto target = to.mark();
  if (!source || !target) return fail(source ? target.error() : source.error());
  if (!left_for(*source, to)) {
    return fail(Problem{fmt::format("{} was not moved to {}: there is nothing to undo", from.name(), to.name())});
  }
  if (auto frozen = from.freeze(options.now); !frozen) return frozen;
  const auto holds = to.holds_rows();
  if (!holds) return fail(holds.error());
  const bool emptied = target->state == State::none && !*holds;
  if (!emptied && !comes_from(*target, from)) {
    return fail(
        Problem{fmt::format("{} does not come from {}; going back would forget what it did", to.name(), from.name())});
  }
  if (target->state == State::arrived) {
    if (auto frozen = to.freeze(options.now); !frozen) return frozen;
    Move move{.from = from, .to = to, .options = options};
    if (const auto same = move.verify(); !same) {
      return fail(Problem{same.error().message + "\n" + to.name() +
                          " was used since the move, and going back would forget what it did; move it back with "
                          "--from and --to exchanged, into an empty database"});
    }
  }
  // Before the source can be opened: a node that was stopped here and goes on finds nothing to do.
  if (!emptied) {
    if (auto cleared = to.clear(); !cleared) return cleared;
  }
  return from.come_back();
}

}  // namespace backhaul::store
