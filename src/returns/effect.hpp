#pragma once
// What the hub may ask of the world, in full: the work of a job, in the hub's words. decide.hpp makes these, the job
// queue keeps them, dispatch hands them to a connector.

#include <string>
#include <vector>

#include "returns/model.hpp"

namespace backhaul::returns {

struct WorkLine {
  std::string sku;  // the destination's
  std::int64_t quantity = 0;
  std::string reason;
  std::vector<std::string> provider_line_ids;
};

struct WorkGrade {
  std::string line_id;
  std::string description;
  std::string category;
  std::string note;
};

// A receipt that a decision rests on.
struct WorkReceipt {
  ConnectionId connection;
  ExternalId rma;
  std::string digest;  // decision_digest
};

// Only what the kind needs is filled in.
struct Work {
  ExternalId subject;     // the return at the source, or the RMA at the destination; for create_rma: the return
  std::string reference;  // create_rma: ours for the RMA; note: tells it from others that say the same
  std::string order_name;
  std::string order_number;
  std::string provider_order_id;
  std::string warehouse;
  std::string reason;
  std::string carrier;
  std::string tracking_number;
  std::string label_url;
  std::vector<WorkLine> lines;
  std::string text;
  std::vector<std::string> line_ids;
  std::vector<WorkGrade> grades;
  // process only: decision_digest of the view it was decided on, and the receipts. Dispatch reads all of it again and
  // does nothing when a digest is another.
  std::string precondition;
  std::vector<WorkReceipt> receipts;
};

enum class Priority : std::uint8_t {
  act = 0,   // a person or money waits for it
  make = 1,  // RMAs and what belongs to them
  look = 2   // reads
};

struct PlannedEffect {
  std::string key;
  EffectKind kind = EffectKind::read_source;
  ConnectionId connection;
  Work work;
  std::string rule;                 // what in the policy asked for it
  std::int64_t policy_version = 0;  // 0: needs no policy (reads)
  bool shadow = false;              // the policy is in shadow mode: recorded, never performed
  std::vector<EventId> causes;      // the events that led to it
  Priority priority = Priority::look;
  Time not_before;
};

}  // namespace backhaul::returns
