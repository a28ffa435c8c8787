#include <algorithm>
#include <utility>

#include "connectors/loop/mapping.hpp"
#include "connectors/loop/source.hpp"
#include "connectors/loop/wording.hpp"

namespace backhaul::connectors::loop {
namespace {

using returns::EffectKind;

// The spec says 30, the guide 20 (contract 4.5).
constexpr std::size_t grade_items_max = 20;

// How long after it was sent a process or close may still be on its way through Loop's queue, as far as one answer to
// find_out is concerned. Loop gives no figure. This one only keeps the first look from being taken too early: the hub
// applies the policy's own, longer window before it asks Loop to process again.
constexpr Millis settling_time{10'000};

Failure refused(std::string code, std::string message) {
  Failure result;
  result.kind = Failure::Kind::refused;
  result.code = std::move(code);
  result.message = std::move(message);
  return result;
}

// What Loop would refuse, or worse take, is not sent.
std::optional<Failure> fault_of(const Action& action) {
  const auto& grades = action.grades;
  switch (action.kind) {
    case EffectKind::note:
      if (trimmed(action.text).empty()) return refused("empty_note", "a note needs words");
      return std::nullopt;
    case EffectKind::remove_lines:
      if (action.line_ids.empty()) return refused("no_lines", "no lines to remove are named");
      return std::nullopt;
    case EffectKind::grade:
      if (grades.empty()) return refused("no_lines", "no lines to grade are named");
      if (std::any_of(grades.begin(), grades.end(), [](const auto& item) { return item.description.empty(); })) {
        return refused("no_description", "Loop takes no grade without a description");
      }
      return std::nullopt;
    case EffectKind::assess:
      if (grades.empty()) return refused("no_lines", "no lines to assess are named");
      if (std::any_of(grades.begin(), grades.end(), [](const auto& item) { return item.category.empty(); })) {
        return refused("no_disposition", "Loop takes no assessment without a disposition");
      }
      return std::nullopt;
    case EffectKind::process:
    case EffectKind::flag:
    case EffectKind::close:
    case EffectKind::cancel:
      return std::nullopt;
    default:
      return refused("not_an_action", "this is nothing a source can be asked to do");
  }
}

bool shows_in_return(EffectKind kind) {
  return kind == EffectKind::process || kind == EffectKind::close || kind == EffectKind::cancel ||
         kind == EffectKind::flag || kind == EffectKind::remove_lines;
}

}  // namespace

async::Task<Outcome<void>> LoopSource::grade_or_assess(Action action) {
  // Batches one after another; the first failure ends it. Repeating all of it is harmless: the last write wins.
  for (std::size_t from = 0; from < action.grades.size(); from += grade_items_max) {
    const auto begin = action.grades.begin() + static_cast<std::ptrdiff_t>(from);
    const auto count = std::min(grade_items_max, action.grades.size() - from);
    std::vector<GradeItem> batch(begin, begin + static_cast<std::ptrdiff_t>(count));
    Outcome<void> done;
    if (action.kind == EffectKind::grade) {
      done = co_await client_.grade(std::move(batch));
    } else {
      done = co_await client_.assess(std::move(batch));
    }
    if (!done) co_return fail(std::move(done.error()));
  }
  co_return Outcome<void>();
}

async::Task<Outcome<void>> LoopSource::ask(Action action) {
  auto id = std::move(action.return_id.value);
  switch (action.kind) {
    case EffectKind::process:
      return client_.process(std::move(id));
    case EffectKind::flag:
      return client_.flag(std::move(id));
    case EffectKind::close:
      return client_.close(std::move(id));
    case EffectKind::cancel:
      return client_.cancel(std::move(id));
    case EffectKind::note:
      return client_.note(std::move(id), note_content(action.text, action.reference));
    case EffectKind::remove_lines:
      return client_.remove(std::move(id), std::move(action.line_ids));
    default:
      return grade_or_assess(std::move(action));
  }
}

async::Task<Outcome<void>> LoopSource::settle_refusal(Action action, Failure refusal) {
  auto id = action.return_id;
  const auto current = co_await read(std::move(id));
  // Without knowing how it stands, the refusal cannot be called final. The read's failure lets the hub come again, and
  // that is harmless: what was refused has not been done.
  if (!current) co_return fail(current.error());
  if (stands(action, current->view)) co_return Outcome<void>();
  co_return fail(std::move(refusal));
}

async::Task<Outcome<void>> LoopSource::perform(Action action) {
  if (auto fault = fault_of(action)) co_return fail(std::move(*fault));
  auto asked = action;
  auto done = co_await ask(std::move(asked));
  if (done || done.error().kind != Failure::Kind::refused || !shows_in_return(action.kind)) co_return std::move(done);
  co_return co_await settle_refusal(std::move(action), std::move(done.error()));
}

async::Task<Outcome<Finding>> LoopSource::find_note(Action action) {
  auto id = action.return_id.value;
  const auto notes = co_await client_.notes(std::move(id));
  if (!notes) co_return fail(notes.error());
  const auto wanted = note_content(action.text, action.reference);
  const bool found =
      std::any_of(notes->begin(), notes->end(), [&](const WireNote& note) { return trimmed(note.content) == wanted; });
  co_return found ? Finding::happened : Finding::did_not_happen;
}

async::Task<Outcome<Finding>> LoopSource::find_out(Action action, Time since) {
  if (auto fault = fault_of(action)) co_return fail(std::move(*fault));
  if (action.kind == EffectKind::note) co_return co_await find_note(std::move(action));
  // Grades and dispositions are written over, so sending them again is as good as knowing.
  if (!shows_in_return(action.kind)) co_return Finding::did_not_happen;

  auto id = action.return_id;
  const auto current = co_await read(std::move(id));
  if (!current) co_return fail(current.error());
  if (stands(action, current->view)) co_return Finding::happened;
  const bool queued = action.kind == EffectKind::process || action.kind == EffectKind::close;
  if (queued && services_.loop.now() - since < settling_time) co_return Finding::cannot_tell;
  co_return Finding::did_not_happen;
}

}  // namespace backhaul::connectors::loop
