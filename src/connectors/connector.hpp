#pragma once
// What the hub asks of a vendor, in the hub's words. One folder per vendor answers; nothing else knows the vendor.
//
// A connection is served by up to two objects: an `Inbound`, which judges deliveries on the intake thread, and a
// `Source` or a `Destination`, which calls the vendor from the engine's loop. Both are made by the vendor's `Connector`
// entry in connectors/registry.hpp. Settings and credentials have been checked against the vendor's metadata.json
// before.

#include <array>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "net/http_client.hpp"
#include "returns/model.hpp"
#include "types/id.hpp"
#include "types/result.hpp"
#include "types/time.hpp"

namespace backhaul::connectors {

// --- how a call ends -------------------------------------------------------------------------------------------------

struct Failure {
  enum class Kind : std::uint8_t {
    refused,  // the vendor said no to this, for good: asking again changes nothing
    retry,    // not now; nothing happened there; ask again after `wait`
    unknown,  // it was sent and no answer came: find out before anything else
    blocked   // nothing works on this connection until a person acts (key revoked, scope missing)
  };
  Kind kind = Kind::retry;
  std::string code;     // the vendor's code, or the HTTP status, or ours: "timeout", "garbled_answer"
  std::string message;  // the vendor's words or ours; no secret, no personal data; at most 500 bytes
  std::optional<Millis> wait;
  bool throttled = false;  // the vendor asked us to slow down; says nothing about its health
};

template <class T>
using Outcome = Result<T, Failure>;

// --- capabilities: data, not surprises
// ---------------------------------------------------------------------------------

struct Capabilities {
  bool can_cancel = false;  // an RMA can be withdrawn
  bool can_update_lines = false;
  bool can_attach_tracking = false;  // an existing RMA can be told a tracking number, in whatever form
  bool needs_tracking_to_create = false;
  bool many_tracking_numbers = false;
  bool reason_per_line = false;
  bool chooses_warehouse = false;
  bool reports_condition = false;
  bool registers_webhooks = false;
  bool change_cursor = false;  // can list what changed since a time
  bool create_is_idempotent = false;
};

// --- intake
// ------------------------------------------------------------------------------------------------------------

struct Delivery {
  const net::Headers& headers;
  std::string_view body;  // the bytes as received
};

// What intake needs to file a delivery.
struct Routed {
  ExternalId subject;      // the return (source) or the RMA (destination) it is about
  std::string topic;       // the vendor's word for what happened, e.g. "return.updated"
  std::string message_id;  // the vendor's id of this message; empty when it has none
};

// Judges deliveries. Immutable, so it may be used from any thread.
class Inbound {
 public:
  virtual ~Inbound() = default;
  // Whether the body was signed with this connection's secret, in constant time. `digest` receives 32 bytes that are
  // equal for equal bodies, when the signature is right.
  [[nodiscard]] virtual bool verify(const Delivery& delivery, std::array<unsigned char, 32>& digest) const = 0;
  // Reads as little of the body as filing needs. The error says what is wrong with the body and where.
  [[nodiscard]] virtual Result<Routed, std::string> route(const Delivery& delivery) const = 0;
  // The body of our 200 answer, and its content type.
  struct Ack {
    std::string_view content_type;
    std::string_view body;
  };
  [[nodiscard]] virtual Ack ack() const = 0;
  // What to answer to a wrong signature; the vendor's reaction decides (see intake/answers.hpp).
  [[nodiscard]] virtual int status_for_bad_signature() const = 0;
};

// --- shared by both sides
// ------------------------------------------------------------------------------------------------

struct CheckItem {
  enum class Level : std::uint8_t { ok, warning, failed };
  Level level = Level::ok;
  std::string what;  // "API key", "scope Returns"
  std::string says;  // what was found
  std::string todo;  // what the merchant should do; empty when ok
};
struct CheckReport {
  std::vector<CheckItem> items;
  [[nodiscard]] bool healthy() const;
};

struct WebhookReport {
  std::vector<std::string> changes;  // what was repaired, in words; empty: all was well
  // Credentials to store in place of the old ones of the same names (a signing secret shown only once).
  boost::json::object new_credentials;
};

// A page of what changed. `next` is given back to get the next page; empty on the last one.
template <class T>
struct Page {
  std::vector<T> items;
  std::string next;
};

// What changed between two times, `to` exclusive.
struct Window {
  Time from;
  Time to;
};

// --- source
// ----------------------------------------------------------------------------------------------------------------

// What a delivery tells about a return.
struct SourceHint {
  std::string topic;
  std::optional<returns::SourceView> view;  // when the payload carries one
  bool process_failed = false;              // an accepted process failed at the source
  std::string message;                      // its words
};

struct SourceRead {
  ExternalId id;
  returns::SourceView view;
  std::string raw;  // the vendor's JSON, for the journal
};

struct GradeItem {
  std::string line_id;
  std::string description;  // 1 to 255 bytes
  std::string category;     // the source's own grade word, from the policy's map
  std::string note;
};

struct Action {
  returns::EffectKind kind = returns::EffectKind::note;  // process and the kinds after it
  ExternalId return_id;
  std::string text;       // note: its words, any length; the connector cuts them to the vendor's limit
  std::string reference;  // note: written with the words, so that find_out knows it from others that say the same
  std::vector<std::string> line_ids;  // remove_lines
  std::vector<GradeItem> grades;      // grade and assess
};

// What became of an effect whose answer was lost.
enum class Finding : std::uint8_t {
  happened,
  did_not_happen,
  cannot_tell  // neither yet: ask again later
};

class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const Capabilities& capabilities() const = 0;

  // Pure: what a stored delivery says. The error says why the body cannot be read.
  [[nodiscard]] virtual Result<SourceHint, std::string> parse(std::string_view body) const = 0;

  // refused with code "not_found": there is no such return.
  [[nodiscard]] virtual async::Task<Outcome<SourceRead>> read(ExternalId id) = 0;

  // One page of returns changed in the window; every state; an item may come twice. `cursor` is empty on the first
  // call.
  [[nodiscard]] virtual async::Task<Outcome<Page<SourceRead>>> list_changes(Window window, std::string cursor) = 0;

  // Does it. A refusal because the wanted result already stands counts as done. For process, done means accepted.
  // After `unknown`, the caller asks find_out before it asks for the same again.
  [[nodiscard]] virtual async::Task<Outcome<void>> perform(Action action) = 0;

  // Whether an action that was sent `since` and never answered took place. Asks the vendor, changes nothing there.
  [[nodiscard]] virtual async::Task<Outcome<Finding>> find_out(Action action, Time since) = 0;

  // Makes the vendor deliver to `url`: creates what is missing, repairs what drifted, leaves the rest. May be repeated.
  [[nodiscard]] virtual async::Task<Outcome<WebhookReport>> ensure_webhooks(std::string url) = 0;

  // Tries what the hub needs, one thing at a time, and explains what is missing.
  [[nodiscard]] virtual async::Task<CheckReport> check() = 0;
};

// --- destination
// -------------------------------------------------------------------------------------------------------------

struct RmaLine {
  std::string sku;  // the destination's SKU
  std::int64_t quantity = 0;
  std::string reason;
  std::vector<std::string> provider_line_ids;  // the shop's order lines behind it
};

struct RmaRequest {
  std::string reference;  // ours; the connector puts it where the vendor can find it again
  std::string order_name;
  std::string order_number;
  std::string provider_order_id;
  std::string warehouse;  // the destination's own id; empty: the connection's default
  std::string reason;     // for the whole return
  std::string carrier;
  std::string tracking_number;  // empty: no label yet
  std::vector<RmaLine> lines;
};

struct RmaMade {
  ExternalId id;
  bool found = false;                // it was there already: made by an attempt whose answer was lost
  std::vector<std::string> remarks;  // what the connector decided on the way, for the timeline
};

struct RmaRead {
  ExternalId id;
  std::string reference;
  returns::Receipt receipt;
  std::string raw;  // the vendor's JSON, for the journal
};

struct RmaUpdate {
  ExternalId rma;
  std::string carrier;
  std::string tracking_number;
  std::string label_url;
};

// What a delivery tells about an RMA: that it changed, and which it is. Never a receipt: that is read.
struct RmaHint {
  std::string topic;
  std::string status;  // normalised, for the timeline only
};

class Destination {
 public:
  virtual ~Destination() = default;
  [[nodiscard]] virtual const Capabilities& capabilities() const = 0;
  [[nodiscard]] virtual Result<RmaHint, std::string> parse(std::string_view body) const = 0;

  // Looks for an RMA with this reference first and makes one only when there is none, so it may be repeated after
  // `unknown` once a late effect of the earlier attempt would be visible.
  //   refused "order_not_found"   the order is not in this account, or more than one fits
  //   refused "sku_not_on_order"  message names the SKUs
  [[nodiscard]] virtual async::Task<Outcome<RmaMade>> create(RmaRequest request) = 0;
  [[nodiscard]] virtual async::Task<Outcome<RmaRead>> read(ExternalId rma) = 0;
  [[nodiscard]] virtual async::Task<Outcome<void>> attach_tracking(RmaUpdate update) = 0;
  [[nodiscard]] virtual async::Task<Outcome<void>> cancel(ExternalId rma, std::string reason) = 0;
  [[nodiscard]] virtual async::Task<Outcome<Page<RmaRead>>> list_changes(Window window, std::string cursor) = 0;
  [[nodiscard]] virtual async::Task<Outcome<WebhookReport>> ensure_webhooks(std::string url) = 0;
  [[nodiscard]] virtual async::Task<CheckReport> check() = 0;
};

// --- making them
// ---------------------------------------------------------------------------------------------------------------

// How fast the vendor lets one connection ask. The connector acquires from the limiter under its client, per request.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;
  // Waits until `cost` units may be spent, and spends them. A cost above the bucket's size is granted when it is full.
  [[nodiscard]] virtual async::Task<void> acquire(double cost) = 0;
  // The vendor says otherwise: this much is left, or nothing before `wait` has passed.
  virtual void correct(std::optional<double> left, std::optional<Millis> wait) = 0;
  // Takes the vendor's own figures in place of the defaults.
  virtual void configure(double bucket, double refill_per_second) = 0;
};

struct Services {
  net::HttpClient& http;
  RateLimiter& limiter;
  async::Loop& loop;  // the clock, and timers
  std::function<std::uint64_t()> random;
};

struct ConnectionConfig {
  ConnectionId id;
  boost::json::object settings;     // metadata.json's fields that are not secret, defaults filled in
  boost::json::object credentials;  // the secret ones
};

enum class Role : std::uint8_t { source, destination };

// A vendor the hub can talk to: one entry in connectors/registry.cpp.
struct Connector {
  std::string_view vendor;         // "loop"
  std::string_view metadata_json;  // the folder's metadata.json, compiled in
  Role role = Role::source;
  double bucket = 1;  // the vendor's documented limit, in its own unit
  double refill_per_second = 1;
  int concurrent_calls = 4;  // at a time, unless the connection's settings have a figure under this name
  std::unique_ptr<Inbound> (*make_inbound)(const ConnectionConfig&) = nullptr;
  std::unique_ptr<Source> (*make_source)(const ConnectionConfig&, Services) = nullptr;
  std::unique_ptr<Destination> (*make_destination)(const ConnectionConfig&, Services) = nullptr;
};

}  // namespace backhaul::connectors
