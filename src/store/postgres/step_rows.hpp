#pragma once
// What steps write, table by table: one statement for all steps of a portion, as each would cost a round of its own.

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/postgres/transaction.hpp"

namespace backhaul::store::postgres {

// Connections by number.
using Numbers = std::unordered_map<ConnectionId, std::int64_t>;

// A step, and what it has come to.
struct Going {
  const Step* step = nullptr;
  ReturnId id;
  std::int64_t source = 0;         // the subject
  std::vector<std::int64_t> rmas;  // theirs
  bool first = true;               // of these steps that is about its return; the others lose
  bool won = false;
  EventId decision;
  std::vector<std::pair<const std::string*, Tx::Answer>> withdrawn;
  std::vector<std::pair<const std::string*, Tx::Answer>> told;
};
using All = std::vector<Going>;

// The state of returns that are known; gives the ids of those that nobody else stepped meanwhile. Nothing: there are
// none.
[[nodiscard]] std::optional<Tx::Answer> update_returns(Tx& tx, const All& all);
// New returns; gives the ids and subjects of those that were not there yet. Nothing: there are none.
[[nodiscard]] std::optional<Tx::Answer> insert_returns(Tx& tx, const All& all);

// For the steps that won:

// What was folded in is no news any more, and nobody's work; new returns get their subject.
void settle_subjects(Tx& tx, const All& all);
// An RMA's subject now belongs to the return; what was told about it before is news.
void link_rmas(Tx& tx, const All& all, const Numbers& numbers);
// Plans what they ask for; gives id, return and key of each job that was not there yet. Nothing: none is asked for.
[[nodiscard]] std::optional<Tx::Answer> insert_jobs(Tx& tx, const All& all, const Numbers& numbers);
// Gives a row when it was withdrawn. Not one whose earlier attempt may have happened: that is found out first.
[[nodiscard]] Tx::Answer withdraw_job(Tx& tx, const Going& going, const std::string& key);
// A job that waits to find out whether a lost try took place is over: the vendor told that it did. Gives a row then.
[[nodiscard]] Tx::Answer end_told_job(Tx& tx, const Going& going, const std::string& key);
// What stays keeps its `since`.
void replace_attention(Tx& tx, const All& all, const Numbers& numbers);

}  // namespace backhaul::store::postgres
