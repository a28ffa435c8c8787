#include "bench/minimal/warehouse.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>

#include "bench/http/message.hpp"

namespace backhaul::bench::minimal {

namespace {

constexpr std::string_view id_in_body = "9000000000";

// The value of the first "id" behind "return":{ in an answer.
std::string rma_of(std::string_view answer) {
  constexpr std::string_view before = "\"return\":{\"id\":\"";
  const auto at = answer.find(before);
  if (at == std::string_view::npos) throw std::runtime_error("the warehouse made no RMA");
  const auto from = at + before.size();
  return std::string{answer.substr(from, answer.find('"', from) - from)};
}

}  // namespace

Template::Template(const std::string& path, const std::string& body) {
  request_ = "POST " + path +
             " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer "
             "stub-access-token\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\n\r\n";
  const auto at = body.find(id_in_body);
  if (at != std::string::npos) id_at_ = request_.size() + at;
  request_ += body;
}

std::string_view Template::for_return(std::int64_t id) {
  if (id_at_ != std::string::npos)
    std::to_chars(request_.data() + id_at_, request_.data() + id_at_ + id_in_body.size(), id);
  return request_;
}

Warehouse::Warehouse(const Options& options, http::Poller& poller, std::uint64_t first_tag)
    : orders_(options.path, options.orders), create_(options.path, options.create), first_tag_(first_tag) {
  for (int i = 0; i < options.connections; ++i) {
    idle_.push_back(calls_.size());
    calls_.push_back({.socket = http::connect_local(options.port)});
    poller.watch(calls_.back().socket, EPOLLIN, first_tag + calls_.size() - 1);
  }
}

void Warehouse::make(std::int64_t return_id) {
  waiting_.push_back(return_id);
  if (idle_.empty()) return;
  const auto index = idle_.back();
  idle_.pop_back();
  next(index);
}

void Warehouse::next(std::size_t index) {
  if (waiting_.empty()) return idle_.push_back(index);
  auto& call = calls_[index];
  call.return_id = waiting_.front();
  call.creating = false;
  waiting_.pop_front();
  send(call, orders_.for_return(call.return_id));
}

void Warehouse::send(Call& call, std::string_view request) {
  // A socket whose last request was answered takes a kilobyte.
  if (::send(call.socket.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    throw std::runtime_error("the warehouse does not take a request");
}

void Warehouse::serve(std::uint64_t tag, std::vector<Made>& made) {
  const auto index = static_cast<std::size_t>(tag - first_tag_);
  auto& call = calls_.at(index);
  std::array<char, 16 * 1024> buffer;
  const auto got = recv(call.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) throw std::runtime_error("the warehouse went away");
  call.received.append(buffer.data(), static_cast<std::size_t>(got));
  http::Message answer;
  const auto progress = http::read_message(call.received, answer);
  if (progress == http::Progress::incomplete) return;
  if (progress == http::Progress::malformed || http::status_of(answer.start_line) != 200)
    throw std::runtime_error("the warehouse refused a request");
  if (call.creating) {
    made.push_back({.return_id = call.return_id, .rma = rma_of(answer.body)});
    call.received.clear();
    next(index);
  } else {
    call.received.clear();
    call.creating = true;
    send(call, create_.for_return(call.return_id));
  }
}

}  // namespace backhaul::bench::minimal
