#pragma once
// Making RMAs at the stub warehouse: the two requests the hub sends for a return, over kept-alive connections, one
// return at a time on each.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "bench/http/sockets.hpp"
#include "bench/minimal/store.hpp"

namespace backhaul::bench::minimal {

// One request with a return's id in it, overwritten in place.
class Template {
 public:
  // `body` holds 9000000000 once, or not at all.
  Template(const std::string& path, const std::string& body);
  [[nodiscard]] std::string_view for_return(std::int64_t id);

 private:
  std::string request_;
  std::size_t id_at_ = std::string::npos;
};

class Warehouse {
 public:
  struct Options {
    std::uint16_t port = 0;
    std::string path;    // of GraphQL
    std::string orders;  // request bodies
    std::string create;
    int connections = 32;
  };
  // Its sockets are watched by `poller` with tags from `first_tag` on.
  Warehouse(const Options& options, http::Poller& poller, std::uint64_t first_tag);

  void make(std::int64_t return_id);
  [[nodiscard]] bool owns(std::uint64_t tag) const { return tag >= first_tag_; }
  // Reads what came for `tag`. Throws std::runtime_error when the warehouse refuses or goes away.
  void serve(std::uint64_t tag, std::vector<Made>& made);

 private:
  struct Call {
    http::Descriptor socket;
    std::string received;
    std::int64_t return_id = 0;
    bool creating = false;  // the second of the two
  };
  void send(Call& call, std::string_view request);
  void next(std::size_t index);

  Template orders_;
  Template create_;
  std::uint64_t first_tag_;
  std::vector<Call> calls_;
  std::vector<std::size_t> idle_;
  std::deque<std::int64_t> waiting_;
};

}  // namespace backhaul::bench::minimal
