#include "net/http_session.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <exception>
#include <utility>

#include "net/http_response.hpp"

namespace backhaul::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Room for a body of a few kilobytes beside the largest header, so that the usual delivery is one read.
constexpr std::size_t read_ahead_bytes = 8 * 1024;
// After the last answer the client may still be sending; closing at once would make its kernel throw the answer away.
constexpr Millis linger_max{2'000};
// What a client must take of a large answer within each request_timeout; 6 kB/s by default, slow phones manage ten
// times as much.
constexpr std::size_t write_bytes_per_deadline = 64 * 1024;
// An answer buffer that a large answer has grown is given back.
constexpr std::size_t out_bytes_kept_max = 64 * 1024;

}  // namespace

Session::Session(Socket socket, std::shared_ptr<SessionHost> host)
    : socket_(std::move(socket)), host_(std::move(host)), buffer_(host_->limits.header_bytes_max + read_ahead_bytes) {}

Session::~Session() {
  if (state_ != State::closed) host_->abandoned(*this);
}

bool Session::busy() const {
  return state_ == State::reading || state_ == State::handling || state_ == State::writing;
}

void Session::start() {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  deadline_ = host_->tick_after(host_->limits.idle_timeout);
  read();
}

void Session::read() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  socket_.async_read_some(
      asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
      [self = shared_from_this()](const error_code& error, std::size_t bytes) { self->on_read(error, bytes); });
}

void Session::on_read(const error_code& error, std::size_t bytes) {
  if (state_ == State::closed) return;
  if (cut_) return refuse({408, "the request took too long to arrive"});
  if (error) return close();
  if (state_ == State::lingering) {
    begin_ = end_ = 0;
    return read();
  }
  end_ += bytes;
  if (state_ == State::idle) begin_request();
  advance();
}

void Session::begin_request() {
  state_ = State::reading;
  deadline_ = request_deadline_ = host_->tick_after(host_->limits.request_timeout);
  header_bytes_ = 0;
  continued_ = false;
  parser_.emplace(host_->limits);
}

// Goes on with what is in the buffer. A handler may be done before it returns: the loop is here, so that a long row of
// pipelined requests does not nest.
void Session::advance() {
  advancing_ = true;
  while (state_ == State::reading) {
    const Parsed parsed = parse();
    if (parsed == Parsed::need_more) {
      read();
      break;
    }
    if (parsed == Parsed::send_continue) {
      out_ = "HTTP/1.1 100 Continue\r\n\r\n";
      write(AfterWrite::read_on);
    } else if (parsed == Parsed::complete) {
      dispatch();
    }
  }
  advancing_ = false;
}

Session::Parsed Session::parse() {
  while (begin_ < end_) {
    // RFC 9112, 2.2: an empty line before a request is to be ignored.
    if (!parser_->got_some() && end_ - begin_ >= 2 && buffer_[begin_] == '\r' && buffer_[begin_ + 1] == '\n') {
      begin_ += 2;
      continue;
    }
    const bool in_header = !parser_->is_header_done();
    error_code error;
    const std::size_t used = parser_->feed({buffer_.data() + begin_, end_ - begin_}, error);
    begin_ += used;
    // Beast limits the request line and the fields one by one; we limit their sum.
    if (in_header && (header_bytes_ += used) > host_->limits.header_bytes_max) {
      error = boost::beast::http::error::header_limit;
    }
    if (error == boost::beast::http::error::need_more) {
      // An endless chunk extension or trailer would fill the buffer.
      if (end_ - begin_ < buffer_.size()) return Parsed::need_more;
      error = boost::beast::http::error::header_limit;
    }
    if (error) {
      refuse(refusal_for(error));
      return Parsed::refused;
    }
    if (parser_->is_done()) return Parsed::complete;
  }
  if (parser_->is_header_done() && parser_->expects_continue() && !std::exchange(continued_, true)) {
    return Parsed::send_continue;
  }
  return Parsed::need_more;
}

void Session::dispatch() {
  state_ = State::handling;
  deadline_ = 0;
  auto& request = parser_->request();
  method_ = request.method;
  path_ = request.path;
  host_->loop.enter([this] { async::spawn(handle(shared_from_this(), std::move(parser_->request()))); });
}

async::Task<void> Session::handle(std::shared_ptr<Session> self, ServerRequest request) {
  ServerResponse response;
  try {
    auto answer = self->host_->handler(std::move(request));
    response = co_await std::move(answer);
  } catch (const std::exception& error) {
    spdlog::error("handling {} {}: {}", self->method_, self->path_, error.what());
    response = error_response(500, "internal error");
  } catch (...) {
    spdlog::error("handling {} {}: not a std::exception", self->method_, self->path_);
    response = error_response(500, "internal error");
  }
  self->respond(response);
}

void Session::respond(const ServerResponse& response) {
  if (state_ == State::closed) return host_->settled();
  ResponseFraming framing;
  framing.close = !parser_->keep_alive() || host_->draining;
  framing.http10 = !parser_->http11();
  framing.head = method_ == "HEAD";
  framing.date = host_->date;
  append_response(out_, response, framing);
  write(framing.close ? AfterWrite::linger : AfterWrite::next_request);
}

void Session::refuse(Refusal refusal) {
  cut_ = false;
  ResponseFraming framing;
  framing.close = true;
  framing.date = host_->date;
  append_response(out_, error_response(refusal.status, refusal.why), framing);
  write(AfterWrite::linger);
}

void Session::write(AfterWrite after) {
  state_ = State::writing;
  after_write_ = after;
  written_ = 0;
  written_in_time_ = 0;
  deadline_ = host_->tick_after(host_->limits.request_timeout);
  write_some();
}

// The socket's buffer nearly always takes the whole answer at once, which saves a trip through the reactor.
void Session::write_some() {
  while (written_ < out_.size()) {
    error_code error;
    written_ += socket_.write_some(asio::buffer(out_.data() + written_, out_.size() - written_), error);
    if (error == asio::error::would_block) {
      if (written_ - written_in_time_ >= write_bytes_per_deadline) {
        written_in_time_ = written_;
        deadline_ = host_->tick_after(host_->limits.request_timeout);
      }
      return socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& failed) {
        if (self->state_ == State::closed) return;
        if (failed) return self->close();
        self->write_some();
      });
    }
    if (error) return close();
  }
  on_written();
}

void Session::on_written() {
  out_.clear();
  if (out_.capacity() > out_bytes_kept_max) out_.shrink_to_fit();
  switch (after_write_) {
    case AfterWrite::linger:
      return linger();
    case AfterWrite::next_request:
      return next_request();
    case AfterWrite::read_on:
      state_ = State::reading;
      deadline_ = request_deadline_;
      if (!advancing_) advance();
  }
}

void Session::next_request() {
  if (begin_ < end_ || (host_->draining && more_is_here())) {
    begin_request();
    if (!advancing_) advance();
    return;
  }
  if (host_->draining) return linger();
  state_ = State::idle;
  deadline_ = host_->tick_after(host_->limits.idle_timeout);
  read();
}

void Session::linger() {
  state_ = State::lingering;
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  deadline_ = host_->tick_after(std::min(linger_max, host_->limits.request_timeout));
  begin_ = end_ = 0;
  read();
  host_->settled();
}

bool Session::more_is_here() {
  error_code ignored;
  return socket_.available(ignored) > 0;
}

void Session::on_tick() {
  if (deadline_ == 0 || host_->ticks < deadline_) return;
  if (state_ != State::reading) return close();
  // The read under way comes back and answers; nothing else is using the socket.
  deadline_ = 0;
  cut_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Session::drain() {
  if (state_ != State::idle) return;
  // What has arrived was sent to a server that had not said no: it is read and answered.
  if (more_is_here()) return begin_request();
  close();
}

void Session::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  error_code ignored;
  socket_.close(ignored);
  host_->closed(*this);
}

}  // namespace backhaul::net
