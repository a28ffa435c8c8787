#include "dispatch/perform.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace backhaul::dispatch {
namespace {

using connectors::Action;
using connectors::Failure;
using connectors::Finding;
using returns::EffectKind;
using returns::EffectStatus;

// Between looks for an effect whose answer was lost; grows with the time that has passed, so a day takes few looks.
Millis look_again_after(Millis since) {
  return std::clamp(since / 2, Millis{2'000}, Millis{1'800'000});
}

Attempted failed(Failure failure) {
  Attempted attempted;
  attempted.note.status = EffectStatus::refused;
  attempted.note.code = failure.code;
  attempted.note.message = failure.message;
  attempted.failure = std::move(failure);
  return attempted;
}

// --- reads

async::Task<Attempted> read_source(store::Job job, connections::LivePtr connection, EventId as_of) {
  auto reading = connection->source->read(job.work.subject);
  auto read = co_await std::move(reading);
  Attempted attempted;
  if (!read) {
    if (read.error().kind != Failure::Kind::refused || read.error().code != "not_found") co_return failed(read.error());
    attempted.look = {.digest = {}, .as_of = as_of};
    attempted.note.gone = true;
    attempted.note.as_of = as_of;
    co_return attempted;
  }
  attempted.look = {.digest = returns::change_digest(read->view), .as_of = as_of};
  attempted.note.view = std::move(read->view);
  attempted.note.as_of = as_of;
  co_return attempted;
}

async::Task<Attempted> read_rma(store::Job job, connections::LivePtr connection, EventId as_of) {
  auto reading = connection->destination->read(job.work.subject);
  auto read = co_await std::move(reading);
  if (!read) co_return failed(read.error());
  Attempted attempted;
  attempted.look = {.digest = returns::decision_digest(read->receipt), .as_of = as_of};
  attempted.note.receipt = std::move(read->receipt);
  attempted.note.as_of = as_of;
  co_return attempted;
}

// --- at the destination

async::Task<Attempted> create_rma(store::Job job, connections::LivePtr connection) {
  const auto& work = job.work;
  connectors::RmaRequest request{.reference = work.reference,
                                 .order_name = work.order_name,
                                 .order_number = work.order_number,
                                 .provider_order_id = work.provider_order_id,
                                 .warehouse = work.warehouse,
                                 .reason = work.reason,
                                 .carrier = work.carrier,
                                 .tracking_number = work.tracking_number,
                                 .lines = {}};
  Attempted attempted;
  for (const auto& line : work.lines) {
    request.lines.push_back({.sku = line.sku,
                             .quantity = line.quantity,
                             .reason = line.reason,
                             .provider_line_ids = line.provider_line_ids});
    attempted.note.lines[line.sku] += line.quantity;
  }
  // The connector looks before it makes, on every attempt, so an unknown earlier one needs nothing special here.
  auto creating = connection->destination->create(std::move(request));
  auto made = co_await std::move(creating);
  if (!made) co_return failed(made.error());
  attempted.note.rma = made->id;
  attempted.note.found = made->found;
  attempted.note.remarks = std::move(made->remarks);
  attempted.note.tracking_number = work.tracking_number;
  co_return attempted;
}

// Both may be repeated: a second attachment or a second "cancelled" changes nothing that matters, so an unknown outcome
// is settled by doing it again.
async::Task<Attempted> update_rma(store::Job job, connections::LivePtr connection) {
  const auto& work = job.work;
  connectors::Outcome<void> outcome;
  if (job.kind == EffectKind::attach_tracking) {
    connectors::RmaUpdate update{.rma = work.subject,
                                 .carrier = work.carrier,
                                 .tracking_number = work.tracking_number,
                                 .label_url = work.label_url};
    auto attaching = connection->destination->attach_tracking(std::move(update));
    outcome = co_await std::move(attaching);
  } else {
    auto cancelling = connection->destination->cancel(work.subject, work.reason);
    outcome = co_await std::move(cancelling);
  }
  if (!outcome) co_return failed(outcome.error());
  Attempted attempted;
  attempted.note.tracking_number = work.tracking_number;
  co_return attempted;
}

// --- at the source

Action action_of(const store::Job& job) {
  Action action;
  action.kind = job.kind;
  action.return_id = job.work.subject;
  action.text = job.work.text;
  action.reference = job.work.reference;
  action.line_ids = job.work.line_ids;
  for (const auto& grade : job.work.grades) {
    action.grades.push_back(
        {.line_id = grade.line_id, .description = grade.description, .category = grade.category, .note = grade.note});
  }
  return action;
}

// Settles an earlier try whose answer was lost. Nothing: it did not take place, so it may be tried.
async::Task<std::optional<Attempted>> settle_unknown(store::Job job, connections::LivePtr connection, Action action,
                                                     PerformRules rules) {
  const Millis since = async::Loop::current().now() - job.unknown_since;
  auto finding_out = connection->source->find_out(std::move(action), job.unknown_since);
  const auto found = co_await std::move(finding_out);
  if (!found) {
    // Still unknown, whatever kept us from finding out: even a refusal says nothing about the lost try.
    auto attempted = failed(found.error());
    if (attempted.failure->kind != Failure::Kind::blocked) attempted.failure->kind = Failure::Kind::unknown;
    co_return attempted;
  }
  Attempted attempted;
  if (*found == Finding::happened) co_return attempted;
  const bool too_early = job.kind == EffectKind::process && since < rules.process_unknown;
  if (*found == Finding::did_not_happen && !too_early) co_return std::nullopt;
  attempted.waiting = true;
  attempted.wait = look_again_after(since);
  if (too_early) attempted.wait = std::min(attempted.wait, rules.process_unknown - since);
  co_return attempted;
}

// What it was decided on is long past, and more may have been learnt than its precondition covers, such as another
// warehouse's RMA: whether to process is decided anew.
Attempted not_taken() {
  Attempted attempted;
  attempted.note.status = EffectStatus::withdrawn;
  attempted.note.code = returns::not_taken;
  attempted.note.message = "it was asked for and did not take place; decided anew";
  attempted.settled = true;
  return attempted;
}

// The warehouses' side. A read that fails is left to a job of its own, which has the patience and the limits for it.
async::Task<std::optional<Attempted>> check_receipts(std::vector<returns::WorkReceipt> receipts,
                                                     std::shared_ptr<const connections::Snapshot> all) {
  for (const auto& wanted : receipts) {
    Attempted attempted;
    attempted.note.status = EffectStatus::withdrawn;
    attempted.note.reread = wanted.connection;
    attempted.note.message = "the RMA could not be read once more before processing";
    const auto live = all->by_id.find(wanted.connection);
    if (live == all->by_id.end() || live->second->destination == nullptr) co_return attempted;
    auto reading = live->second->destination->read(wanted.rma);
    const auto read = co_await std::move(reading);
    if (!read) co_return attempted;
    attempted.note.message = "the RMA changed since this was decided";
    if (returns::decision_digest(read->receipt) != wanted.digest) co_return attempted;
  }
  co_return std::nullopt;
}

// What was read, and whether that is why to stop.
struct Checked {
  Attempted read;
  bool stops = false;
};

async::Task<Checked> check_return(store::Job job, connections::LivePtr connection, EventId as_of) {
  const std::string wanted = job.work.precondition;
  auto reading = read_source(std::move(job), connection, as_of);
  auto read = co_await std::move(reading);
  if (read.failure) {
    // Only the read went unanswered; nothing was asked for yet that could have happened.
    if (read.failure->kind == Failure::Kind::unknown) read.failure->kind = Failure::Kind::retry;
    co_return Checked{.read = std::move(read), .stops = true};
  }
  if (read.note.view && returns::decision_digest(*read.note.view) == wanted) co_return Checked{.read = std::move(read)};
  read.note.status = EffectStatus::withdrawn;
  read.note.message = "the return changed at the source since this was decided";
  co_return Checked{.read = std::move(read), .stops = true};
}

// The hub's own side: the job may have waited long, running or for another try, while something was learnt that its
// precondition does not cover, such as another warehouse's RMA. A running job cannot be withdrawn; it asks.
//
// What speaks against it may be older than what was `read` of the return: the next decision has that, too.
async::Task<std::optional<Attempted>> check_wanted(store::Job job, Wanted wanted, Attempted read) {
  auto asking = wanted(job);
  const auto still = co_await std::move(asking);
  if (!still) co_return failed(still.error());
  if (*still) co_return std::nullopt;
  read.note.status = EffectStatus::withdrawn;
  read.note.message = "what was learnt since this was decided speaks against it";
  co_return read;
}

// Money moves only on facts read now: both sides are read once more, and the return is left alone when one of them is
// not as it was decided on, or the hub would not decide so any more.
async::Task<std::optional<Attempted>> check_process(store::Job job, connections::LivePtr connection,
                                                    std::shared_ptr<const connections::Snapshot> all, EventId as_of,
                                                    Wanted wanted) {
  auto looking = check_receipts(job.work.receipts, std::move(all));
  if (auto stopped = co_await std::move(looking)) co_return stopped;
  auto checking = check_return(job, std::move(connection), as_of);
  auto checked = co_await std::move(checking);
  if (checked.stops) co_return std::move(checked.read);
  auto asking = check_wanted(std::move(job), std::move(wanted), std::move(checked.read));
  co_return co_await std::move(asking);
}

async::Task<Attempted> act_at_source(store::Job job, connections::LivePtr connection,
                                     std::shared_ptr<const connections::Snapshot> all, EventId as_of,
                                     PerformRules rules, Wanted wanted) {
  const auto action = action_of(job);
  if (job.unknown_since) {
    auto settling = settle_unknown(job, connection, action, rules);
    if (auto settled = co_await std::move(settling)) co_return std::move(*settled);
    if (job.kind == EffectKind::process) co_return not_taken();
  }
  Attempted attempted;
  if (job.kind == EffectKind::process) {
    auto checking = check_process(job, connection, std::move(all), as_of, std::move(wanted));
    if (auto stopped = co_await std::move(checking)) {
      attempted = std::move(*stopped);
      attempted.settled = true;
      co_return attempted;
    }
  }
  auto performing = connection->source->perform(action);
  const auto done = co_await std::move(performing);
  if (!done) attempted = failed(done.error());
  attempted.settled = true;
  co_return attempted;
}

}  // namespace

async::Task<Attempted> perform(store::Job job, connections::LivePtr connection,
                               std::shared_ptr<const connections::Snapshot> all, EventId as_of, PerformRules rules,
                               Wanted wanted) {
  const std::string key = job.key;
  std::optional<async::Task<Attempted>> work;
  switch (job.kind) {
    case EffectKind::read_source:
      work.emplace(read_source(std::move(job), connection, as_of));
      break;
    case EffectKind::read_rma:
      work.emplace(read_rma(std::move(job), connection, as_of));
      break;
    case EffectKind::create_rma:
      work.emplace(create_rma(std::move(job), connection));
      break;
    case EffectKind::attach_tracking:
    case EffectKind::cancel_rma:
      work.emplace(update_rma(std::move(job), connection));
      break;
    default:
      work.emplace(act_at_source(std::move(job), connection, std::move(all), as_of, rules, std::move(wanted)));
      break;
  }
  auto attempted = co_await std::move(*work);
  attempted.note.effect = key;
  co_return attempted;
}

}  // namespace backhaul::dispatch
