#pragma once
// One connection of the HTTP server. Private to net/.
//
//            first byte        complete          answer           written
//   idle ───────────────▶ reading ──────▶ handling ──────▶ writing ──────▶ idle, or reading when more is pipelined
//    │                       │ refused, 408                    │
//    │                       └────────────────────────────────▶│ last answer
//    └──────────▶ closed ◀───────────────────────────── lingering
//
// Callback style and one object per connection: nothing is allocated per request by this class but the handler's
// coroutine and the request it is given. Everything runs on the loop's thread.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http_request_parser.hpp"
#include "net/http_server.hpp"

namespace backhaul::net {

// The concrete executor keeps Asio from type-erasing each completion.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

class Session;

// What all sessions of a server share. It outlives them, and the HttpServer object.
class SessionHost {
 public:
  SessionHost(AsioLoop& loop_, ServerLimits limits_, Handler handler_)
      : loop(loop_), limits(limits_), handler(std::move(handler_)) {}
  virtual ~SessionHost() = default;
  SessionHost(const SessionHost&) = delete;
  SessionHost& operator=(const SessionHost&) = delete;

  // The session needs no more attention: it is closed, or merely waits for the client to hang up.
  virtual void settled() = 0;
  virtual void closed(Session& session) = 0;
  // As `closed`, but only forgets it: Asio is being torn down around us.
  virtual void abandoned(Session& session) = 0;

  // The number of ticks after which `wait` has passed for sure.
  [[nodiscard]] std::uint64_t tick_after(Millis wait) const {
    return ticks + 2 + static_cast<std::uint64_t>(wait.count() / tick.count());
  }

  AsioLoop& loop;
  const ServerLimits limits;
  const Handler handler;
  Millis tick{500};         // how often deadlines are looked at
  std::uint64_t ticks = 0;  // passed since the start: the clock deadlines are kept in, which costs nothing to read
  std::string date;
  bool draining = false;
};

class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, std::shared_ptr<SessionHost> host);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  // Cuts the client off if its deadline has passed.
  void on_tick();
  // Closes if idle; otherwise the answer under way is the last.
  void drain();
  void close();
  // A request is being read, handled or answered.
  [[nodiscard]] bool busy() const;

  std::size_t place = 0;  // in the host's list

 private:
  enum class State { idle, reading, handling, writing, lingering, closed };
  enum class AfterWrite { read_on, next_request, linger };
  enum class Parsed { need_more, send_continue, complete, refused };

  void read();
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  void begin_request();
  void advance();
  [[nodiscard]] Parsed parse();
  void dispatch();
  static async::Task<void> handle(std::shared_ptr<Session> self, ServerRequest request);
  void respond(const ServerResponse& response);
  void refuse(Refusal refusal);
  void write(AfterWrite after);
  void write_some();
  void on_written();
  void next_request();
  void linger();
  [[nodiscard]] bool more_is_here();

  Socket socket_;
  std::shared_ptr<SessionHost> host_;
  State state_ = State::idle;
  std::uint64_t deadline_ = 0;          // in the host's ticks; 0: none
  std::uint64_t request_deadline_ = 0;  // survives the `100 Continue` written in between
  bool advancing_ = false;
  bool cut_ = false;
  bool continued_ = false;

  std::vector<char> buffer_;  // unparsed bytes at [begin_, end_)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t header_bytes_ = 0;
  std::optional<RequestParser> parser_;
  std::string method_;  // of the request under way, which the handler owns
  std::string path_;

  std::string out_;
  std::size_t written_ = 0;
  std::size_t written_in_time_ = 0;  // when the deadline was last put off
  AfterWrite after_write_ = AfterWrite::next_request;
};

}  // namespace backhaul::net
