#include "store/postgres/transaction.hpp"

namespace backhaul::store::postgres {

std::shared_ptr<Tx::Slot> Tx::send(const char* sql, const Params& params) {
  if (pipeline_.send(sql, params)) {
    slots_.push_back(std::make_shared<Slot>(Slot{.sql = sql, .preparation = true, .rows = {}, .waiting = {}}));
  }
  return slots_.emplace_back(std::make_shared<Slot>(Slot{.sql = sql, .rows = {}, .waiting = {}}));
}

void Tx::read_one() {
  const auto slot = slots_.front();
  slots_.pop_front();
  slot->rows = pipeline_.next();
  slot->done = true;
  if (slot->preparation) pipeline_.confirm(slot->sql);
  if (slot->waiting) slot->waiting.resume();
}

// Ends first: whoever ends an attempt locks and records then. Locks before records: whoever records has locked.
bool Tx::serve() {
  const auto drive = [](async::Task<void> task) -> Running { co_await std::move(task); };
  if (!ends_.empty()) {
    serving_.push_back(drive(serve_ends(std::exchange(ends_, {}))));
  } else if (!locks_.empty()) {
    serving_.push_back(drive(serve_locks(std::exchange(locks_, {}))));
  } else if (!records_.empty()) {
    serving_.push_back(drive(serve_records(std::exchange(records_, {}))));
  } else {
    return false;
  }
  return true;
}

void Tx::finish() {
  do {
    while (!slots_.empty()) {
      read_one();
      for (const auto& served : serving_) served.check();
    }
  } while (serve());
  for (const auto& served : serving_) served.check();
}

}  // namespace backhaul::store::postgres
