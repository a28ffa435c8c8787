#pragma once
// Arbitrary values of the core, for RapidCheck. Texts are valid UTF-8, as everything is that came through a JSON
// parser.

#include <rapidcheck.h>

#include "returns/codec.hpp"
#include "returns/outcome.hpp"

namespace backhaul::returns::generators {

inline rc::Gen<std::string> text() {
  return rc::gen::oneOf(rc::gen::just(std::string()), rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~')),
                        rc::gen::element<std::string>("Größe \"M\"", "☂\n\t\\", std::string("a\0b", 3), "{return_id}"));
}
inline rc::Gen<Time> time() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000), [](std::int64_t ms) { return Time{ms}; });
}
inline rc::Gen<std::int64_t> number() {
  return rc::gen::arbitrary<std::int64_t>();
}
template <class Id>
rc::Gen<Id> number_id() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, INT64_MAX), [](std::int64_t value) { return Id{value}; });
}
template <class Id>
rc::Gen<Id> text_id() {
  return rc::gen::map(text(), [](std::string value) { return Id{std::move(value)}; });
}
template <class E>
rc::Gen<E> word(E last) {
  return rc::gen::map(rc::gen::inRange<int>(0, static_cast<int>(last) + 1),
                      [](int value) { return static_cast<E>(value); });
}
template <class T>
rc::Gen<std::vector<T>> some(rc::Gen<T> one) {
  return rc::gen::resize(4, rc::gen::container<std::vector<T>>(std::move(one)));
}
inline rc::Gen<std::map<std::string, std::int64_t>> counts() {
  return rc::gen::resize(4, rc::gen::container<std::map<std::string, std::int64_t>>(text(), number()));
}

using rc::gen::set;

inline rc::Gen<Unit> unit() {
  return rc::gen::build<Unit>(set(&Unit::line_id, text()), set(&Unit::provider_line_id, text()),
                              set(&Unit::sku, text()), set(&Unit::title, text()), set(&Unit::barcode, text()),
                              set(&Unit::reason, text()), set(&Unit::parent_reason, text()),
                              set(&Unit::comment, text()), set(&Unit::outcome, text()),
                              set(&Unit::price_minor, number()));
}
inline rc::Gen<Label> label() {
  return rc::gen::build<Label>(set(&Label::carrier, text()), set(&Label::tracking_number, text()),
                               set(&Label::status, text()), set(&Label::url, text()));
}
inline rc::Gen<SourceView> view() {
  using V = SourceView;
  return rc::gen::build<V>(set(&V::state, word(SourceState::expired)), set(&V::raw_state, text()), set(&V::flagged),
                           set(&V::processed), set(&V::order_name, text()), set(&V::order_number, text()),
                           set(&V::provider_order_id, text()), set(&V::destination_id, text()),
                           set(&V::currency, text()), set(&V::package_reference, text()), set(&V::created_at, time()),
                           set(&V::updated_at, time()), set(&V::units, some(unit())), set(&V::labels, some(label())));
}
inline rc::Gen<Receipt> receipt() {
  using L = ReceiptLine;
  const auto line = rc::gen::build<L>(set(&L::sku, text()), set(&L::expected, number()), set(&L::received, number()),
                                      set(&L::restocked, number()), set(&L::condition, text()), set(&L::note, text()));
  return rc::gen::build<Receipt>(set(&Receipt::status, text()), set(&Receipt::raw_status, text()),
                                 set(&Receipt::lines, some(line)), set(&Receipt::note, text()));
}
inline rc::Gen<EffectRecord> record() {
  using R = EffectRecord;
  return rc::gen::build<R>(set(&R::key, text()), set(&R::kind, word(EffectKind::assess)),
                           set(&R::connection, text_id<ConnectionId>()), set(&R::status, word(EffectStatus::withdrawn)),
                           set(&R::planned_at, number_id<EventId>()), set(&R::ended_at, number_id<EventId>()),
                           set(&R::ended_time, time()), set(&R::code, text()), set(&R::message, text()));
}
inline rc::Gen<DestinationState> destination() {
  using D = DestinationState;
  return rc::gen::build<D>(set(&D::connection, text_id<ConnectionId>()), set(&D::phase, word(RmaPhase::cancelled)),
                           set(&D::generation, number()), set(&D::rma, text_id<ExternalId>()),
                           set(&D::reference, text()), set(&D::expected, counts()), set(&D::tracking_sent, text()),
                           set(&D::hint, number_id<EventId>()), set(&D::read, number_id<EventId>()),
                           set(&D::has_receipt), set(&D::receipt, receipt()), set(&D::receipt_changed_at, time()),
                           set(&D::read_at, time()));
}
inline rc::Gen<ReturnState> state() {
  using S = ReturnState;
  return rc::gen::build<S>(set(&S::id, number_id<ReturnId>()), set(&S::merchant, text_id<MerchantId>()),
                           set(&S::source, text_id<ConnectionId>()), set(&S::source_id, text_id<ExternalId>()),
                           set(&S::has_view), set(&S::view, view()), set(&S::hint, number_id<EventId>()),
                           set(&S::hint_at, time()), set(&S::read, number_id<EventId>()), set(&S::read_at, time()),
                           set(&S::gone), set(&S::last_event, number_id<EventId>()),
                           set(&S::destinations, some(destination())), set(&S::ledger, some(record())));
}
inline rc::Gen<Work> work() {
  using W = Work;
  const auto line =
      rc::gen::build<WorkLine>(set(&WorkLine::sku, text()), set(&WorkLine::quantity, number()),
                               set(&WorkLine::reason, text()), set(&WorkLine::provider_line_ids, some(text())));
  const auto grade = rc::gen::build<WorkGrade>(set(&WorkGrade::line_id, text()), set(&WorkGrade::description, text()),
                                               set(&WorkGrade::category, text()), set(&WorkGrade::note, text()));
  const auto receipt_of =
      rc::gen::build<WorkReceipt>(set(&WorkReceipt::connection, text_id<ConnectionId>()),
                                  set(&WorkReceipt::rma, text_id<ExternalId>()), set(&WorkReceipt::digest, text()));
  return rc::gen::build<W>(
      set(&W::subject, text_id<ExternalId>()), set(&W::reference, text()), set(&W::order_name, text()),
      set(&W::order_number, text()), set(&W::provider_order_id, text()), set(&W::warehouse, text()),
      set(&W::reason, text()), set(&W::carrier, text()), set(&W::tracking_number, text()), set(&W::label_url, text()),
      set(&W::lines, some(line)), set(&W::text, text()), set(&W::line_ids, some(text())), set(&W::grades, some(grade)),
      set(&W::precondition, text()), set(&W::receipts, some(receipt_of)));
}
template <class T>
rc::Gen<std::optional<T>> maybe(rc::Gen<T> one) {
  return rc::gen::oneOf(rc::gen::just(std::optional<T>()),
                        rc::gen::map(std::move(one), [](T value) { return std::optional<T>(std::move(value)); }));
}
inline rc::Gen<OutcomeNote> outcome() {
  using N = OutcomeNote;
  return rc::gen::build<N>(set(&N::effect, text()), set(&N::status, word(EffectStatus::withdrawn)),
                           set(&N::code, text()), set(&N::message, text()), set(&N::confirmed),
                           set(&N::as_of, number_id<EventId>()), set(&N::view, maybe(view())),
                           set(&N::receipt, maybe(receipt())), set(&N::gone), set(&N::reread, text_id<ConnectionId>()),
                           set(&N::rma, text_id<ExternalId>()), set(&N::found), set(&N::lines, counts()),
                           set(&N::tracking_number, text()), set(&N::remarks, some(text())));
}

}  // namespace backhaul::returns::generators
