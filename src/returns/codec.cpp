#include "returns/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <type_traits>

#include "returns/outcome.hpp"

namespace backhaul::returns {
namespace {

namespace json = boost::json;

// One list of fields per struct serves both ways: `archive("name", member)`.

template <class A>
void fields(A& a, Unit& v) {
  a("line_id", v.line_id), a("provider_line_id", v.provider_line_id), a("sku", v.sku), a("title", v.title);
  a("barcode", v.barcode), a("reason", v.reason), a("parent_reason", v.parent_reason), a("comment", v.comment);
  a("outcome", v.outcome), a("price_minor", v.price_minor);
}
template <class A>
void fields(A& a, Label& v) {
  a("carrier", v.carrier), a("tracking_number", v.tracking_number), a("status", v.status), a("url", v.url);
}
template <class A>
void fields(A& a, SourceView& v) {
  a("state", v.state), a("raw_state", v.raw_state), a("flagged", v.flagged), a("processed", v.processed);
  a("order_name", v.order_name), a("order_number", v.order_number), a("provider_order_id", v.provider_order_id);
  a("destination_id", v.destination_id), a("currency", v.currency), a("package_reference", v.package_reference);
  a("created_at", v.created_at), a("updated_at", v.updated_at), a("units", v.units), a("labels", v.labels);
}
template <class A>
void fields(A& a, ReceiptLine& v) {
  a("sku", v.sku), a("expected", v.expected), a("received", v.received), a("restocked", v.restocked);
  a("condition", v.condition), a("note", v.note);
}
template <class A>
void fields(A& a, Receipt& v) {
  a("status", v.status), a("raw_status", v.raw_status), a("lines", v.lines), a("note", v.note);
}
template <class A>
void fields(A& a, EffectRecord& v) {
  a("key", v.key), a("kind", v.kind), a("connection", v.connection), a("status", v.status);
  a("planned_at", v.planned_at), a("ended_at", v.ended_at), a("ended_time", v.ended_time), a("code", v.code);
  a("message", v.message);
}
template <class A>
void fields(A& a, DestinationState& v) {
  a("connection", v.connection), a("phase", v.phase), a("generation", v.generation), a("rma", v.rma);
  a("reference", v.reference), a("expected", v.expected), a("tracking_sent", v.tracking_sent), a("hint", v.hint);
  a("read", v.read), a("has_receipt", v.has_receipt), a("receipt", v.receipt);
  a("receipt_changed_at", v.receipt_changed_at), a("read_at", v.read_at);
}
template <class A>
void fields(A& a, ReturnState& v) {
  a("id", v.id), a("merchant", v.merchant), a("source", v.source), a("source_id", v.source_id);
  a("has_view", v.has_view), a("view", v.view), a("hint", v.hint), a("hint_at", v.hint_at), a("read", v.read);
  a("read_at", v.read_at), a("gone", v.gone), a("last_event", v.last_event), a("destinations", v.destinations);
  a("ledger", v.ledger);
}
template <class A>
void fields(A& a, WorkLine& v) {
  a("sku", v.sku), a("quantity", v.quantity), a("reason", v.reason), a("provider_line_ids", v.provider_line_ids);
}
template <class A>
void fields(A& a, WorkGrade& v) {
  a("line_id", v.line_id), a("description", v.description), a("category", v.category), a("note", v.note);
}
template <class A>
void fields(A& a, WorkReceipt& v) {
  a("connection", v.connection), a("rma", v.rma), a("digest", v.digest);
}
template <class A>
void fields(A& a, Work& v) {
  a("subject", v.subject), a("reference", v.reference), a("order_name", v.order_name);
  a("order_number", v.order_number), a("provider_order_id", v.provider_order_id), a("warehouse", v.warehouse);
  a("reason", v.reason), a("carrier", v.carrier), a("tracking_number", v.tracking_number);
  a("label_url", v.label_url), a("lines", v.lines), a("text", v.text), a("line_ids", v.line_ids);
  a("grades", v.grades), a("precondition", v.precondition), a("receipts", v.receipts);
}

template <class A>
void fields(A& a, OutcomeNote& v) {
  a("effect", v.effect), a("status", v.status), a("code", v.code), a("message", v.message), a("confirmed", v.confirmed);
  a("as_of", v.as_of), a("view", v.view), a("receipt", v.receipt), a("gone", v.gone), a("reread", v.reread),
      a("rma", v.rma);
  a("found", v.found), a("lines", v.lines), a("tracking_number", v.tracking_number), a("remarks", v.remarks);
}

constexpr std::array all_source_states{SourceState::unknown, SourceState::open,      SourceState::review,
                                       SourceState::closed,  SourceState::cancelled, SourceState::expired};
constexpr std::array all_kinds{
    EffectKind::read_source, EffectKind::read_rma, EffectKind::create_rma,   EffectKind::attach_tracking,
    EffectKind::cancel_rma,  EffectKind::process,  EffectKind::flag,         EffectKind::note,
    EffectKind::close,       EffectKind::cancel,   EffectKind::remove_lines, EffectKind::grade,
    EffectKind::assess};
constexpr std::array all_statuses{EffectStatus::planned,  EffectStatus::done,   EffectStatus::accepted,
                                  EffectStatus::refused,  EffectStatus::failed, EffectStatus::abandoned,
                                  EffectStatus::withdrawn};
constexpr std::array all_phases{RmaPhase::none, RmaPhase::making, RmaPhase::made, RmaPhase::refused,
                                RmaPhase::cancelled};

template <class E>
constexpr const auto& all_of() {
  if constexpr (std::is_same_v<E, SourceState>) return all_source_states;
  if constexpr (std::is_same_v<E, EffectKind>) return all_kinds;
  if constexpr (std::is_same_v<E, EffectStatus>) return all_statuses;
  if constexpr (std::is_same_v<E, RmaPhase>) return all_phases;
}

template <class T>
struct IsNumberId : std::false_type {};
template <class Tag>
struct IsNumberId<NumberId<Tag>> : std::true_type {};
template <class T>
struct IsTextId : std::false_type {};
template <class Tag>
struct IsTextId<TextId<Tag>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
constexpr bool is_plain = std::is_same_v<T, std::string> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, bool>;

// A document lives for one call, so its parts come from one block, beginning on the stack, instead of hundreds from the
// heap.
struct Scratch {
  std::array<unsigned char, 16 * 1024> block;  // a usual state; a longer one goes on in the heap
  json::monotonic_resource memory{block.data(), block.size()};
};

// Leaves out what is default, which keeps a state about half as long.
class Writer {
 public:
  explicit Writer(json::object& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view name, const T& value) {
    if constexpr (IsOptional<T>::value) {
      if (value) out_.emplace(name, write(*value, out_.storage()));  // also when all its fields are default
      return;
    } else {
      auto written = write(value, out_.storage());
      if (!is_default(written)) out_.emplace(name, std::move(written));
    }
  }

 private:
  static bool is_default(const json::value& written) {
    return (written.is_string() && written.as_string().empty()) || (written.is_int64() && written.as_int64() == 0) ||
           (written.is_bool() && !written.as_bool()) || (written.is_array() && written.as_array().empty()) ||
           (written.is_object() && written.as_object().empty());
  }

 public:
  template <class T>
  static json::value write(const T& value, const json::storage_ptr& memory) {
    if constexpr (is_plain<T>) {
      return json::value(value, memory);
    } else if constexpr (std::is_enum_v<T>) {
      return json::value(to_string(value), memory);
    } else if constexpr (std::is_same_v<T, Time>) {
      return json::value(value.ms, memory);
    } else if constexpr (IsNumberId<T>::value || IsTextId<T>::value) {
      return json::value(value.value, memory);
    } else if constexpr (IsVector<T>::value) {
      json::array array(memory);
      array.reserve(value.size());
      for (const auto& entry : value) array.push_back(write(entry, memory));
      return array;
    } else if constexpr (std::is_same_v<T, std::map<std::string, std::int64_t>>) {
      json::object object(memory);
      for (const auto& [key, number] : value) object.emplace(key, number);
      return object;
    } else {
      json::object object(memory);
      Writer writer(object);
      fields(writer, const_cast<T&>(value));  // takes what a Reader fills; a Writer leaves it as it is
      return object;
    }
  }

 private:
  json::object& out_;
};

class Reader {
 public:
  explicit Reader(const json::object& in) : in_(in) {}

  template <class T>
  void operator()(std::string_view name, T& value) {
    if (const auto* found = in_.if_contains(name)) read(*found, value);
  }

  // Throws boost::system::system_error or std::out_of_range on a wrong type; decode turns that into a Problem.
  template <class T>
  static void read(const json::value& in, T& value) {
    if constexpr (IsOptional<T>::value) {
      read(in, value.emplace());
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = std::string(in.as_string());
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      value = in.to_number<std::int64_t>();
    } else if constexpr (std::is_same_v<T, bool>) {
      value = in.as_bool();
    } else if constexpr (std::is_enum_v<T>) {
      const std::string_view word = in.as_string();
      const auto& words = all_of<T>();
      const auto found = std::ranges::find(words, word, [](T candidate) { return to_string(candidate); });
      if (found == words.end()) throw std::out_of_range(fmt::format("unknown word \"{}\"", word));
      value = *found;
    } else if constexpr (std::is_same_v<T, Time>) {
      value.ms = in.to_number<std::int64_t>();
    } else if constexpr (IsNumberId<T>::value || IsTextId<T>::value) {
      read(in, value.value);
    } else if constexpr (IsVector<T>::value) {
      for (const auto& entry : in.as_array()) read(entry, value.emplace_back());
    } else if constexpr (std::is_same_v<T, std::map<std::string, std::int64_t>>) {
      for (const json::key_value_pair& entry : in.as_object()) {
        value.emplace(entry.key(), entry.value().to_number<std::int64_t>());
      }
    } else {
      Reader reader(in.as_object());
      fields(reader, value);
    }
  }

 private:
  const json::object& in_;
};

template <class T>
std::string encode_any(const T& value) {
  Scratch scratch;
  return json::serialize(Writer::write(value, &scratch.memory));
}

template <class T>
Result<T, Problem> decode_any(std::string_view text, std::string_view what) {
  try {
    Scratch scratch;
    const auto parsed = json::parse(text, &scratch.memory);
    T value;
    Reader::read(parsed, value);
    return value;
  } catch (const std::exception& error) {
    return fail(Problem{fmt::format("stored {} cannot be read: {}", what, error.what())});
  }
}

}  // namespace

std::string encode(const ReturnState& state) {
  return encode_any(state);
}
std::string encode(const Work& work) {
  return encode_any(work);
}
std::string encode(const SourceView& view) {
  return encode_any(view);
}
std::string encode(const Receipt& receipt) {
  return encode_any(receipt);
}
std::string encode(const OutcomeNote& note) {
  return encode_any(note);
}

Result<ReturnState, Problem> decode_state(std::string_view text) {
  return decode_any<ReturnState>(text, "return");
}
Result<Work, Problem> decode_work(std::string_view text) {
  return decode_any<Work>(text, "job");
}
Result<SourceView, Problem> decode_view(std::string_view text) {
  return decode_any<SourceView>(text, "view");
}
Result<Receipt, Problem> decode_receipt(std::string_view text) {
  return decode_any<Receipt>(text, "receipt");
}

Result<OutcomeNote, Problem> decode_outcome(std::string_view text) {
  return decode_any<OutcomeNote>(text, "outcome");
}

}  // namespace backhaul::returns
