#pragma once
// Loop as a source of returns. Made by connector.cpp; the methods are in source.cpp (reading), actions.cpp (acting and
// finding out) and check.cpp. Runs on one loop; holds no state between calls.

#include "connectors/connector.hpp"
#include "connectors/loop/client.hpp"

namespace backhaul::connectors::loop {

class LoopSource final : public Source {
 public:
  LoopSource(Client::Settings settings, Services services);

  [[nodiscard]] const Capabilities& capabilities() const override;
  [[nodiscard]] Result<SourceHint, std::string> parse(std::string_view body) const override;
  [[nodiscard]] async::Task<Outcome<SourceRead>> read(ExternalId id) override;
  // refused "bad_cursor": the cursor is not one that this function gave.
  [[nodiscard]] async::Task<Outcome<Page<SourceRead>>> list_changes(Window window, std::string cursor) override;
  [[nodiscard]] async::Task<Outcome<void>> perform(Action action) override;
  [[nodiscard]] async::Task<Outcome<Finding>> find_out(Action action, Time since) override;
  [[nodiscard]] async::Task<Outcome<WebhookReport>> ensure_webhooks(std::string url) override;
  [[nodiscard]] async::Task<CheckReport> check() override;

 private:
  [[nodiscard]] async::Task<Outcome<void>> ask(Action action);
  [[nodiscard]] async::Task<Outcome<void>> grade_or_assess(Action action);
  // `refusal`, unless the return already is as the action wants it.
  [[nodiscard]] async::Task<Outcome<void>> settle_refusal(Action action, Failure refusal);
  [[nodiscard]] async::Task<Outcome<Finding>> find_note(Action action);
  [[nodiscard]] async::Task<Outcome<void>> try_details();
  [[nodiscard]] async::Task<Outcome<void>> try_list();

  Services services_;
  Client client_;
};

}  // namespace backhaul::connectors::loop
