#include "net/signals.hpp"

#include <boost/asio/signal_set.hpp>
#include <csignal>

namespace backhaul::net {
namespace {

class EndSignals final : public SignalWatch {
 public:
  EndSignals(AsioLoop& loop, std::function<void()> ask) : signals_(loop.context(), SIGTERM, SIGINT) {
    signals_.async_wait([&loop, ask = std::move(ask)](const boost::system::error_code& failed, int) {
      if (!failed) loop.enter(ask);
    });
  }

 private:
  boost::asio::signal_set signals_;
};

}  // namespace

std::unique_ptr<SignalWatch> on_end_asked(AsioLoop& loop, std::function<void()> ask) {
  return std::make_unique<EndSignals>(loop, std::move(ask));
}

}  // namespace backhaul::net
