#pragma once
// What the hub asks of a database, in its own words. sqlite/ answers; conformance_test.hpp is the suite every answer
// must pass.
//
// Whatever returns successfully is durable: it survives SIGKILL and loss of power. Every call may fail with
// Error::unavailable, and then nothing of it was written. Calls may be made from any loop and answer on it.

#include <string>
#include <vector>

#include "async/task.hpp"
#include "store/types.hpp"

namespace backhaul::store {

class Store {
 public:
  virtual ~Store() = default;

  // --- journal
  // Appends in order; one commit for all. Calls that come together share a flush.
  [[nodiscard]] virtual async::Task<Stored<std::vector<Appended>>> append(std::vector<NewEvent> events) = 0;
  // The newest event that is durable, as far as this node knows. Never too new.
  [[nodiscard]] virtual EventId newest_event() const = 0;

  // --- workflow
  // Up to `limit` returns with news, longest waiting first, then those whose wake_at has come. Takes nothing away: news
  // stays until a step commits it.
  [[nodiscard]] virtual async::Task<Stored<std::vector<News>>> take_news(int limit, Time now) = 0;
  // All in one commit; each step by itself wins or conflicts.
  [[nodiscard]] virtual async::Task<Stored<std::vector<StepDone>>> commit_steps(std::vector<Step> steps) = 0;
  // Sets news aside: of a subject that belongs to no return yet (linking it by Step::rmas brings it back), or that
  // nothing can be made of (it comes back, whole, with the next news of its return).
  [[nodiscard]] virtual async::Task<Stored<void>> park(std::vector<SubjectMark> marks) = 0;
  // Has the returns tried again of which nothing could be made, as the attention list tells (return_set_aside). Gives
  // their number.
  [[nodiscard]] virtual async::Task<Stored<std::int64_t>> retry_set_aside(Time now) = 0;

  // --- jobs
  // Connections that have jobs due, and when the next job falls due on the others (nothing: none waits).
  struct Due {
    std::vector<ConnectionId> now;
    std::optional<Time> next;
  };
  [[nodiscard]] virtual async::Task<Stored<Due>> due_connections(Time now) = 0;
  // The most urgent due jobs of a connection, now running for the lease's node.
  [[nodiscard]] virtual async::Task<Stored<std::vector<Job>>> claim_jobs(ConnectionId connection, int limit,
                                                                         Lease lease, Time now) = 0;
  // conflict: the attempt is not the running one any more (its lease was lost); nothing was written.
  [[nodiscard]] virtual async::Task<Stored<void>> finish(Finish end) = 0;
  [[nodiscard]] virtual async::Task<Stored<void>> renew_lease(Lease lease) = 0;
  // Frees running jobs whose lease ended before `now`, and all of nodes other than `node` when `alone`. What they had
  // begun is unknown: they become due after `grace`. Gives their number.
  struct Rescue {
    std::string node;
    bool alone = false;
    Time now;
    Millis grace{0};
  };
  [[nodiscard]] virtual async::Task<Stored<std::int64_t>> rescue_jobs(Rescue rescue) = 0;

  // --- nodes
  // What one node does for all of them (polls, webhooks, rescue). Gives whether `node` has the duty until `until`: it
  // had it already, or nobody has it at `now` any more. `until` in the past gives it back.
  struct Duty {
    std::string name;
    std::string node;
    Time now;
    Time until;
  };
  [[nodiscard]] virtual async::Task<Stored<bool>> hold_duty(Duty duty) = 0;
  // Says that `lease.node` works until then, unless it says so again; in the past: that it ends. Gives how many nodes
  // work at `now`, at least 1: rate limits are divided by it.
  [[nodiscard]] virtual async::Task<Stored<int>> announce(Lease lease, Time now) = 0;

  // --- connections
  [[nodiscard]] virtual async::Task<Stored<void>> add_connection(Connection connection, std::string policy) = 0;
  [[nodiscard]] virtual async::Task<Stored<void>> update_connection(ConnectionId id, std::string settings,
                                                                    std::string sealed) = 0;
  [[nodiscard]] virtual async::Task<Stored<void>> remove_connection(ConnectionId id, Time now) = 0;
  [[nodiscard]] virtual async::Task<Stored<std::vector<Connection>>> connections() = 0;
  [[nodiscard]] virtual async::Task<Stored<std::int64_t>> setup_version() = 0;
  [[nodiscard]] virtual async::Task<Stored<PolicyVersion>> policy(ConnectionId connection) = 0;  // the newest
  [[nodiscard]] virtual async::Task<Stored<std::int64_t>> add_policy(ConnectionId connection, std::string body,
                                                                     Time now) = 0;
  [[nodiscard]] virtual async::Task<Stored<std::vector<MapEntry>>> maps(ConnectionId connection) = 0;
  // An empty target removes the entry. As add_policy, it has the merchant's returns that are not over decided again.
  [[nodiscard]] virtual async::Task<Stored<void>> set_map(ConnectionId connection, MapEntry entry, Time now) = 0;
  // Empty when never written.
  [[nodiscard]] virtual async::Task<Stored<std::string>> cursor(ConnectionId connection, std::string name) = 0;
  [[nodiscard]] virtual async::Task<Stored<void>> set_cursor(ConnectionId connection, std::string name,
                                                             std::string value) = 0;

  // --- attention of connections (returns' comes with their steps)
  [[nodiscard]] virtual async::Task<Stored<void>> raise_attention(ConnectionId connection, returns::AttentionItem item,
                                                                  Time now) = 0;
  [[nodiscard]] virtual async::Task<Stored<void>> clear_attention(ConnectionId connection, std::string kind) = 0;

  // --- for people
  [[nodiscard]] virtual async::Task<Stored<std::vector<ReturnRow>>> list_returns(ReturnFilter filter) = 0;
  // By ret_..., by the source's id, or by order name when only one return has it.
  [[nodiscard]] virtual async::Task<Stored<ReturnRow>> find_return(std::string text) = 0;
  [[nodiscard]] virtual async::Task<Stored<std::vector<JournalEvent>>> events_of_return(ReturnId id, bool bodies) = 0;
  [[nodiscard]] virtual async::Task<Stored<std::vector<JobRow>>> jobs_of_return(ReturnId id) = 0;
  [[nodiscard]] virtual async::Task<Stored<std::vector<JobRow>>> list_jobs(JobFilter filter) = 0;
  [[nodiscard]] virtual async::Task<Stored<JobRow>> find_job(JobId id) = 0;
  // Records that a person wants the job tried again; one that waits is brought forward, unless an earlier try may have
  // happened. Also of a completed one: a process that was accepted may have failed at the source since. invalid: it is
  // running, or was planned in shadow mode.
  [[nodiscard]] virtual async::Task<Stored<void>> ask_retry(JobId id, Time now) = 0;
  [[nodiscard]] virtual async::Task<Stored<std::vector<AttentionRow>>> attention(int limit) = 0;
  [[nodiscard]] virtual async::Task<Stored<Depths>> depths() = 0;
};

}  // namespace backhaul::store
