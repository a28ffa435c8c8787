#pragma once
// The way to one vendor and back: what happens to a call, and what the hub hears of it. A request that was sent can
// take effect although the hub hears nothing, or hears it failed, or is dead by then.

#include <memory>

#include "connectors/connector.hpp"
#include "stage.hpp"

namespace backhaul::sim {

// From where the hub calls: one connection of one life.
struct Caller {
  HubLoop* loop = nullptr;
  connectors::RateLimiter* limiter = nullptr;
};

struct Call {
  std::string word;              // "process", "read_rma"
  std::string subject;           // what it is about, by the vendor's id or our reference
  bool effect = false;           // it changes something there
  std::function<Phase()> phase;  // of the return it is about; empty: of none
};

class Wire {
 public:
  // Jobs the hub may run at once on a connection.
  static constexpr int concurrent_max = 4;

  Wire(Stage& stage, std::string name) : stage_(stage), name_(std::move(name)) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Lets `act` happen at the vendor, or not, and gives its answer, or another.
  template <class T>
  async::Task<connectors::Outcome<T>> ask(Caller caller, Call call, std::function<connectors::Outcome<T>()> act) {
    using Answer = connectors::Outcome<T>;
    auto acquiring = caller.limiter->acquire(1);
    co_await std::move(acquiring);
    auto start = std::function<void(async::Resolver<Answer>)>{[&](async::Resolver<Answer> answer) {
      auto result = std::make_shared<std::optional<Answer>>();
      send(caller, call,
           {.act = [result, act = std::move(act)] { result->emplace(act()); },
            .answer =
                [result, answer](const std::optional<connectors::Failure>& failure) {
                  answer(failure ? Answer(fail(*failure)) : std::move(**result));
                }});
    }};
    auto waiting = async::wait_for<Answer>(std::move(start));
    co_return co_await std::move(waiting);
  }

  // The present life of the hub is over: what it had sent arrives soon or never.
  void cut();
  // Nobody reaches the vendor, or its key does not work, until then.
  void be_down_until(Time until) { down_until_ = until; }
  void revoke_key_until(Time until) { revoked_until_ = until; }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }

 private:
  struct Exchange {
    std::function<void()> act;
    std::function<void(const std::optional<connectors::Failure>&)> answer;
  };
  struct Pending {
    std::function<void()> act;
    HubLoop* from = nullptr;
    bool kills = false;
    bool done = false;
  };
  struct Turn {
    bool arrives = true;
    bool kills = false;
    Millis out{20};   // until it takes effect
    Millis back{40};  // until the hub hears something
    std::optional<connectors::Failure> failure;
  };

  void send(Caller caller, const Call& call, Exchange exchange);
  Turn turn_of(const Call& call);
  std::optional<Turn> outage(const Call& call, std::uint64_t key);
  std::optional<Turn> mishap(const Call& call, std::uint64_t key);
  bool strikes(Fault fault, const Call& call, std::uint64_t key);
  void arrive(const std::shared_ptr<Pending>& pending);

  Stage& stage_;
  std::string name_;
  std::map<std::string, std::uint64_t, std::less<>> numbers_;  // of calls, per word and subject
  std::vector<std::shared_ptr<Pending>> pending_;
  HubLoop* counted_for_ = nullptr;
  int in_flight_ = 0;
  std::uint64_t calls_ = 0;
  Time down_until_;
  Time revoked_until_;
};

}  // namespace backhaul::sim
