#include "log.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <mutex>

namespace backhaul::sim {
namespace {

Stage* listener = nullptr;

class Sink final : public spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (listener == nullptr) return;
    const std::string_view text(message.payload.data(), message.payload.size());
    listener->trace.say("log", "{}", text);
    if (text.find("canary") != std::string_view::npos) listener->broken(8, "the log holds what is secret");
  }
  void flush_() override {}
};

}  // namespace

void listen_to_log(Stage* stage) {
  static const bool installed = [] {
    auto logger = std::make_shared<spdlog::logger>("simulation", std::make_shared<Sink>());
    logger->set_level(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
    return true;
  }();
  (void)installed;
  listener = stage;
}

}  // namespace backhaul::sim
