#pragma once
// What becomes of a return at the vendors once its RMA is made. Nothing, until the stub is told to go on: then the
// warehouse receives everything and says so, and Loop closes what it was asked to process and says so.

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bench/http/signed_request.hpp"
#include "bench/stub/notifier.hpp"

namespace backhaul::bench::stub {

class Course {
 public:
  // {"port": the hub's, "delay_ms": n, "received": [delivery...], "processed": [delivery...]} with deliveries of
  // {"path", "signature_header", "secret", "body"}; the body has the id 9000000000. Throws std::exception when it is
  // not that, when the hub does not listen, and the second time; nothing has changed then.
  void go_on(const boost::json::value& with);
  [[nodiscard]] bool goes_on() const { return notifier_ != nullptr; }

  // `id`: Loop's, ten digits; of others nothing is told.
  void rma_made(std::string_view id);
  void processed(std::string_view id);
  // Not before the warehouse says so: a receipt that is read sooner shows nothing.
  [[nodiscard]] bool is_received(std::string_view id) const;
  [[nodiscard]] bool is_closed(std::string_view id) const;

  // Deliveries the hub took, and those that had to be sent again.
  [[nodiscard]] Notifier::Counts notices() const { return goes_on() ? notifier_->counts() : Notifier::Counts{}; }

 private:
  class Delivery {
   public:
    explicit Delivery(const boost::json::value& from);
    [[nodiscard]] std::string for_id(std::int64_t id) { return std::string{request_->for_id(id)}; }

   private:
    std::unique_ptr<http::Signatures> signatures_;
    std::unique_ptr<http::SignedRequest> request_;  // refers to the above
  };

  void tell(std::vector<Delivery>& deliveries, std::int64_t id);

  std::unordered_map<std::int64_t, std::int64_t> received_at_ns_;
  std::unordered_set<std::int64_t> closed_;
  std::int64_t delay_ns_ = 0;
  std::vector<Delivery> received_;
  std::vector<Delivery> processed_;
  std::unique_ptr<Notifier> notifier_;
};

}  // namespace backhaul::bench::stub
