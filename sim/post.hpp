#pragma once
// How a vendor's deliveries reach the hub: late, twice, out of order, never; and again when the vendor thinks they
// failed.

#include <map>

#include "net/http_server.hpp"
#include "stage.hpp"
#include "types/id.hpp"

namespace backhaul::sim {

struct Letter {
  ConnectionId to;
  std::string sender;  // the vendor's name, for the trace
  std::string topic;
  std::string body;
  std::string message_id;  // empty: the vendor has none
  std::string about;       // the return or RMA
  std::function<Phase()> phase;
  // A delivery of it was answered 2xx, for the first time: from then on the hub knows what it says.
  std::function<void()> acknowledged;
  std::shared_ptr<bool> known = std::make_shared<bool>(false);  // it was
};

class Post {
 public:
  // Brings a request to the hub, and its answer's status back; false when nobody listens.
  using Carry = std::function<bool(const ConnectionId&, net::ServerRequest, std::function<void(int)>)>;
  // A delivery with this body was answered 2xx (law 1).
  using Acknowledged = std::function<void(const std::string& body)>;

  Post(Stage& stage, Carry carry, Acknowledged acknowledged)
      : stage_(stage), carry_(std::move(carry)), acknowledged_(std::move(acknowledged)) {}

  void send(Letter letter);
  // Holds deliveries of the next while back, and brings them all at one moment.
  void gather(Millis span);
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  using Shared = std::shared_ptr<const Letter>;
  void attempt(const Shared& letter, std::uint64_t key, int number);
  void again(const Shared& letter, std::uint64_t key, int number);
  bool strikes(Fault fault, const Letter& letter, std::uint64_t key);

  Stage& stage_;
  Carry carry_;
  Acknowledged acknowledged_;
  std::map<std::string, std::uint64_t, std::less<>> numbers_;
  Time gathering_until_;
  std::uint64_t sent_ = 0;
};

// What signs a delivery rightly, and a word no log may contain (law 8).
inline constexpr std::string_view webhook_secret = "canary-secret-7f3a";

}  // namespace backhaul::sim
