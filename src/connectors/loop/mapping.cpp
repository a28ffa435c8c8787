#include "connectors/loop/mapping.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "connectors/loop/wording.hpp"

namespace backhaul::connectors::loop {
namespace {

// ISO 4217: currencies whose minor unit is not a hundredth.
constexpr std::array<std::string_view, 16> without_decimals = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
                                                               "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::array<std::string_view, 7> with_three_decimals = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::size_t decimals_of(std::string_view currency) {
  if (contains(without_decimals, currency)) return 0;
  return contains(with_three_decimals, currency) ? 3 : 2;
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string first_present(std::string_view one, std::string_view other) {
  auto result = present(one);
  return result.empty() ? present(other) : result;
}

Result<Time, std::string> to_time(std::string_view field, std::string_view text) {
  const auto written = present(text);
  // MySQL's way of saying "no date".
  if (written.empty() || written.starts_with("0000-00-00")) return Time{};
  if (const auto time = parse_time(written)) return *time;  // no zone is taken as UTC, contract 1.6
  return fail(std::string(field) + " is not a date");
}

Result<returns::Unit, std::string> to_unit(const WireLineItem& row, std::string_view currency) {
  returns::Unit unit{.line_id = row.line_item_id,
                     .provider_line_id = row.provider_line_item_id,
                     .sku = present(row.sku),
                     .title = first_present(row.title, row.line_item_title),
                     .barcode = present(row.barcode),
                     .reason = first_present(row.return_reason, row.reason),
                     .parent_reason = first_present(row.parent_return_reason, row.parent_reason),
                     .comment = present(row.return_comment),
                     .outcome = present(row.outcome)};
  const auto price = present(row.price);
  if (price.empty()) return unit;
  const auto minor = to_minor(price, currency);
  if (!minor) return fail("the price of line " + row.line_item_id + " is not a decimal number");
  unit.price_minor = *minor;
  return unit;
}

std::vector<returns::Label> to_labels(const WireReturn& value) {
  std::vector<returns::Label> labels;
  const auto add = [&](const WireLabel& row) {
    returns::Label label{.carrier = present(row.carrier),
                         .tracking_number = present(row.tracking_number),
                         .status = present(row.status),
                         .url = present(row.url)};
    // A status alone is Loop saying that there is no label yet.
    if (label.carrier.empty() && label.tracking_number.empty() && label.url.empty()) return;
    labels.push_back(std::move(label));
  };
  for (const auto& row : value.labels) add(row);
  if (labels.empty()) {
    const WireLabel flat{.status = value.label_status,
                         .url = value.label_url,
                         .carrier = value.carrier,
                         .tracking_number = value.tracking_number};
    add(flat);
  }
  return labels;
}

bool has_unit(const returns::SourceView& view, const std::string& line_id) {
  return std::any_of(view.units.begin(), view.units.end(), [&](const auto& unit) { return unit.line_id == line_id; });
}

bool lines_are_gone(const Action& action, const returns::SourceView& view) {
  using returns::SourceState;
  const auto& wanted = action.line_ids;
  if (wanted.empty()) return false;
  // Removing lines processes the rest at once, and removing every line cancels the return; the lines may still be
  // listed then.
  if (view.state == SourceState::closed || view.processed) return true;
  const auto named = [&](const auto& unit) {
    return std::find(wanted.begin(), wanted.end(), unit.line_id) != wanted.end();
  };
  if (view.state == SourceState::cancelled && std::all_of(view.units.begin(), view.units.end(), named)) return true;
  return std::none_of(wanted.begin(), wanted.end(), [&](const auto& id) { return has_unit(view, id); });
}

}  // namespace

std::string present(std::string_view text) {
  const auto value = trimmed(text);
  if (lower(value) == "n/a") return {};
  return std::string(value);
}

returns::SourceState to_state(std::string_view word) {
  using returns::SourceState;
  auto state = lower(trimmed(word));
  std::replace(state.begin(), state.end(), '_', ' ');
  if (state == "open") return SourceState::open;
  if (state == "review" || state == "needs review" || state == "flagged") return SourceState::review;
  if (state == "closed") return SourceState::closed;
  if (state == "cancelled" || state == "canceled") return SourceState::cancelled;
  if (state == "expired") return SourceState::expired;
  return SourceState::unknown;
}

std::optional<std::int64_t> to_minor(std::string_view decimal, std::string_view currency) {
  const bool negative = decimal.starts_with('-');
  if (negative) decimal.remove_prefix(1);
  const auto point = decimal.find('.');
  const auto whole = decimal.substr(0, point);
  auto fraction = point == std::string_view::npos ? std::string_view{} : decimal.substr(point + 1);
  if (whole.empty() || !is_digits(whole) || !is_digits(fraction)) return std::nullopt;

  const auto decimals = decimals_of(currency);
  const bool round_up = fraction.size() > decimals && fraction[decimals] >= '5';
  fraction = fraction.substr(0, decimals);
  auto digits = std::string(whole).append(fraction);
  digits.append(decimals - fraction.size(), '0');

  std::int64_t minor = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
  if (error != std::errc{} || end != digits.data() + digits.size() || minor == INT64_MAX) return std::nullopt;
  if (round_up) ++minor;
  return negative ? -minor : minor;
}

Result<returns::SourceView, std::string> to_view(const WireReturn& value) {
  returns::SourceView view{
      .state = to_state(value.state),
      .raw_state = value.state,
      .flagged = value.flagged || lower(value.state) == "flagged",
      .processed = value.was_processed || value.return_processed || lower(value.state) == "processed",
      .order_name = present(value.order_name),
      .order_number = first_present(value.order_number, value.provider_order_number),
      .provider_order_id = present(value.provider_order_id),
      .destination_id = present(value.destination_id),
      .currency = present(value.currency),
      .package_reference = present(value.package_reference),
      .created_at = {},
      .updated_at = {},
      .units = {},
      .labels = to_labels(value)};
  const auto created = to_time("created_at", value.created_at);
  if (!created) return fail(created.error());
  const auto updated = to_time("updated_at", value.updated_at);
  if (!updated) return fail(updated.error());
  view.created_at = *created;
  view.updated_at = *updated;
  for (const auto& row : value.line_items) {
    auto unit = to_unit(row, view.currency);
    if (!unit) return fail(std::move(unit.error()));
    view.units.push_back(std::move(*unit));
  }
  return view;
}

Result<SourceRead, std::string> to_read(const WireReturn& value, std::string raw) {
  auto view = to_view(value);
  if (!view) return fail("return " + value.id + ": " + view.error());
  return SourceRead{.id = ExternalId{value.id}, .view = std::move(*view), .raw = std::move(raw)};
}

SourceHint to_hint(const WireDelivery& delivery) {
  SourceHint hint;
  hint.topic = delivery.trigger.empty() ? delivery.topic : delivery.trigger;
  // One trigger is documented for topic return.processing; without it, the topic alone says no outcome.
  hint.process_failed = hint.topic == "return.processing.failed";
  if (hint.process_failed) hint.message = presentable(delivery.message);
  if (delivery.value) {
    if (auto view = to_view(*delivery.value)) hint.view = std::move(*view);
  }
  return hint;
}

bool stands(const Action& action, const returns::SourceView& view) {
  using returns::EffectKind;
  using returns::SourceState;
  switch (action.kind) {
    case EffectKind::process:
    case EffectKind::close:
      return view.state == SourceState::closed || view.processed;
    case EffectKind::cancel:
      return view.state == SourceState::cancelled;
    case EffectKind::flag:
      return view.state == SourceState::review || view.flagged;
    case EffectKind::remove_lines:
      return lines_are_gone(action, view);
    default:
      return false;
  }
}

}  // namespace backhaul::connectors::loop
