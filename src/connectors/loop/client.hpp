#pragma once
// One function per call of Loop's API that the hub makes. Paths, methods and answers: contract 4. Every call spends 1
// of the limiter's units (300 requests a minute and key, contract 1.4), has 30 s, and ends as retry_policy.hpp says.
// Calls that change something at Loop are never sent twice by the transport.

#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.hpp"
#include "connectors/loop/retry_policy.hpp"
#include "connectors/loop/types.hpp"

namespace backhaul::connectors::loop {

// Names of scopes as Loop Admin labels them.
inline constexpr std::string_view scope_returns = "Returns";
inline constexpr std::string_view scope_developer_tools = "Developer Tools";
inline constexpr std::string_view scope_destinations = "Destinations (Read)";

struct ListQuery {
  std::string_view state;  // one of open, review, cancelled, closed, expired
  Window window;           // of updated_at, at most 120 days
  std::string cursor;      // empty for the first page
  int page_size = 100;     // 1 to 750
};

class Client {
 public:
  struct Settings {
    std::string base_url;  // without a slash at the end
    std::string api_version;
    std::string api_key;
  };
  Client(Settings settings, Services services);

  // GET /warehouse/return/details. refused "not_found" when there is none.
  [[nodiscard]] async::Task<Outcome<WireReturnRow>> return_details(std::string return_id);
  // GET /warehouse/return/list, by updated_at, in pages.
  [[nodiscard]] async::Task<Outcome<WireReturnPage>> return_list(ListQuery query);
  // GET /warehouse/return/{id}/notes. Loop answers 422 `false` when there are none.
  [[nodiscard]] async::Task<Outcome<std::vector<WireNote>>> notes(std::string return_id);

  // POST /warehouse/return/{id}/process; done means queued.
  [[nodiscard]] async::Task<Outcome<void>> process(std::string return_id);
  [[nodiscard]] async::Task<Outcome<void>> flag(std::string return_id);
  [[nodiscard]] async::Task<Outcome<void>> close(std::string return_id);
  [[nodiscard]] async::Task<Outcome<void>> cancel(std::string return_id);
  // POST /warehouse/return/{id}/note; content of at most 254 characters.
  [[nodiscard]] async::Task<Outcome<void>> note(std::string return_id, std::string content);
  // POST /warehouse/return/{id}/remove. All lines at once: the first call closes the return.
  [[nodiscard]] async::Task<Outcome<void>> remove(std::string return_id, std::vector<std::string> line_item_ids);
  // POST /dispositioning/grade and /dispositioning/assess; at most 20 items.
  [[nodiscard]] async::Task<Outcome<void>> grade(std::vector<GradeItem> items);
  [[nodiscard]] async::Task<Outcome<void>> assess(std::vector<GradeItem> items);

  [[nodiscard]] async::Task<Outcome<std::vector<WireWebhook>>> webhooks();
  [[nodiscard]] async::Task<Outcome<void>> create_webhook(WireWebhook webhook);
  [[nodiscard]] async::Task<Outcome<void>> update_webhook(WireWebhook webhook);
  [[nodiscard]] async::Task<Outcome<void>> delete_webhook(std::string id);

  // GET /destinations, only to learn whether the key may.
  [[nodiscard]] async::Task<Outcome<void>> destinations();

 private:
  [[nodiscard]] async::Task<Outcome<Answer>> get(std::string path, std::string_view scope);
  [[nodiscard]] async::Task<Outcome<void>> change(Call call, std::string method, std::string path, std::string body);
  [[nodiscard]] async::Task<Outcome<void>> act(std::string return_id, std::string_view verb, std::string body);
  [[nodiscard]] async::Task<Outcome<Answer>> send(Call call, net::HttpRequest request);

  Settings settings_;
  Services services_;
};

}  // namespace backhaul::connectors::loop
