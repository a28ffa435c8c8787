#pragma once
// The return as the hub knows it: plain values, no behaviour. evolve.hpp changes them, decide.hpp reads them.
//
// A source gives one unit per physical item. A warehouse gives one line per SKU with counts. Units are kept and counted
// outward (count_by_sku); receipts are spread back over units by the fixed rule of spread_receipt.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "types/id.hpp"
#include "types/time.hpp"

namespace backhaul::returns {

// --- what the source says -------------------------------------------------------------------------------------------

// `unknown` is any word we have no meaning for; nothing is ever decided on it.
enum class SourceState : std::uint8_t { unknown, open, review, closed, cancelled, expired };

struct Unit {
  std::string line_id;           // the source's id of this unit; what grading and removal name
  std::string provider_line_id;  // the shop's order line it came from; may be shared by several units
  std::string sku;
  std::string title;
  std::string barcode;
  std::string reason;
  std::string parent_reason;
  std::string comment;
  std::string outcome;
  std::int64_t price_minor = 0;  // in SourceView::currency

  friend bool operator==(const Unit&, const Unit&) = default;
};

struct Label {
  std::string carrier;
  std::string tracking_number;  // never a vendor's "N/A": absent is empty
  std::string status;
  std::string url;

  friend bool operator==(const Label&, const Label&) = default;
};

// One picture of a return at the source. From a hint it may be incomplete; only a read is believed where money moves.
struct SourceView {
  SourceState state = SourceState::unknown;
  std::string raw_state;  // the source's own word
  bool flagged = false;   // held for a person, whatever `state` says
  bool processed = false;
  std::string order_name;         // "#1001"; not unique per return
  std::string order_number;       // digits of it, when given
  std::string provider_order_id;  // the shop's order id (Shopify: a number)
  std::string destination_id;     // the source's own place the goods go to; empty: its default
  std::string currency;
  std::string package_reference;
  Time created_at;
  Time updated_at;  // not set in hints of sources that do not say
  std::vector<Unit> units;
  std::vector<Label> labels;

  friend bool operator==(const SourceView&, const SourceView&) = default;
};

// --- what a destination says ----------------------------------------------------------------------------------------

struct ReceiptLine {
  std::string sku;
  std::int64_t expected = 0;
  std::int64_t received = 0;
  std::int64_t restocked = 0;  // of the received ones, put back for sale
  std::string condition;       // the warehouse's word; empty when it does not say
  std::string note;

  friend bool operator==(const ReceiptLine&, const ReceiptLine&) = default;
};

// One picture of an RMA at the destination.
struct Receipt {
  std::string status;      // normalised by the connector: lower case, single spaces
  std::string raw_status;  // as the warehouse wrote it
  std::vector<ReceiptLine> lines;
  std::string note;

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// --- what we asked of the world -------------------------------------------------------------------------------------

enum class EffectKind : std::uint8_t {
  read_source,      // ask the source for the return
  read_rma,         // ask the destination for the RMA
  create_rma,       // make the RMA
  attach_tracking,  // tell an existing RMA the label's tracking number
  cancel_rma,
  process,  // let the source give the shopper the outcome: money moves
  flag,
  note,
  close,
  cancel,
  remove_lines,
  grade,
  assess
};

enum class EffectStatus : std::uint8_t {
  planned,    // a job exists and has not ended
  done,       // it happened; for `process`: confirmed
  accepted,   // process only: the source took it and has not said how it ended
  refused,    // the vendor said no for good
  failed,     // process only: accepted, then failed at the source
  abandoned,  // gave up after the last attempt
  withdrawn   // no longer wanted before it was tried
};

// A line of the return's ledger. The key is unique in the return: "create_rma/con_.../1", "process/1", "flag/9f31".
struct EffectRecord {
  std::string key;
  EffectKind kind = EffectKind::read_source;
  ConnectionId connection;
  EffectStatus status = EffectStatus::planned;
  EventId planned_at;  // the newest event the decision knew
  EventId ended_at;
  Time ended_time;
  std::string code;     // vendor's code of a refusal or failure
  std::string message;  // vendor's words of it
};

enum class RmaPhase : std::uint8_t {
  none,
  making,   // a create is planned or under way; whether it exists may be unknown
  made,     //
  refused,  // the destination will not make it; a person must act
  cancelled
};

// One destination's side of a return.
struct DestinationState {
  ConnectionId connection;
  RmaPhase phase = RmaPhase::none;
  std::int64_t generation = 0;  // counts RMAs made for this return here; the second exists only by a person's command
  ExternalId rma;               // the destination's id, once made
  std::string reference;        // ours, by which it can be found again
  std::map<std::string, std::int64_t> expected;  // quantity per destination SKU, as sent
  std::string tracking_sent;
  EventId hint;  // newest thing told to us about the RMA
  EventId read;  // every hint up to this one is covered by `receipt`
  bool has_receipt = false;
  Receipt receipt;
  Time receipt_changed_at;  // when `receipt` last became different
  Time read_at;             // when it was last read, different or not
};

struct ReturnState {
  ReturnId id;
  MerchantId merchant;
  ConnectionId source;
  ExternalId source_id;

  bool has_view = false;  // a hint or a read has told us what it is
  SourceView view;
  EventId hint;  // newest thing told to us about the return
  Time hint_at;
  EventId read;  // every hint up to this one is covered by `view`; 0: never read
  Time read_at;
  bool gone = false;   // the source says there is no such return
  EventId last_event;  // newest event folded in

  std::vector<DestinationState> destinations;
  std::vector<EffectRecord> ledger;
};

[[nodiscard]] std::string_view to_string(SourceState value);
[[nodiscard]] std::string_view to_string(EffectKind value);
[[nodiscard]] std::string_view to_string(EffectStatus value);
[[nodiscard]] std::string_view to_string(RmaPhase value);

// True for effects that change the source: what shadow mode withholds besides the destination's.
[[nodiscard]] bool changes_the_world(EffectKind kind);

[[nodiscard]] DestinationState* find_destination(ReturnState& state, const ConnectionId& id);
[[nodiscard]] const DestinationState* find_destination(const ReturnState& state, const ConnectionId& id);
[[nodiscard]] EffectRecord* find_effect(ReturnState& state, std::string_view key);
[[nodiscard]] const EffectRecord* find_effect(const ReturnState& state, std::string_view key);

// The newest record whose key is `base` + "/" + a number; nothing when there is none.
[[nodiscard]] const EffectRecord* latest_effect(const ReturnState& state, std::string_view base);
[[nodiscard]] EffectRecord* latest_effect(ReturnState& state, std::string_view base);

// Whether a job for this kind is still to run or running.
[[nodiscard]] bool has_planned(const ReturnState& state, EffectKind kind, const ConnectionId& connection);

// Equal digests mean the same facts as far as decisions go. 16 hexadecimal digits, stable across versions and machines.
[[nodiscard]] std::string decision_digest(const SourceView& view);
[[nodiscard]] std::string decision_digest(const Receipt& receipt);
[[nodiscard]] std::string decision_digest(std::string_view text);

// As decision_digest, and also what a read may bring that is worth an entry in the journal: tracking numbers.
[[nodiscard]] std::string change_digest(const SourceView& view);

// How many units of each SKU. Units without a SKU count under "".
[[nodiscard]] std::map<std::string, std::int64_t> count_by_sku(const std::vector<Unit>& units);

// Which units a receipt says arrived. Units of one SKU are taken in the order of their line ids (shorter first, then by
// text, so numbers sort as numbers); the first `received` of them arrived, the rest did not.
struct UnitFinding {
  std::string line_id;
  std::string sku;
  bool received = false;
  std::string condition;
};
[[nodiscard]] std::vector<UnitFinding> spread_receipt(const std::vector<Unit>& units, const Receipt& receipt);

}  // namespace backhaul::returns
