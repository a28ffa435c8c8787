// Loop's answers. What was asked is what counts as good: body, truth or nothing.

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "answers.hpp"
#include "connectors/loop/changes.hpp"
#include "connectors/loop/mapping.hpp"
#include "connectors/loop/retry_policy.hpp"
#include "connectors/loop/webhooks.hpp"

using namespace backhaul;
using namespace backhaul::connectors;
using namespace backhaul::connectors::loop;
using namespace backhaul::fuzz;

namespace {

constexpr std::string_view our_url = "https://hub.example/hooks/token";

void read_page(const boost::json::value& body) {
  const auto page = read_return_page(body);
  if (!page) return check_words(page.error());
  for (const auto& row : page->returns) {
    const auto again = read_return(boost::json::parse(row.raw));
    check(again.has_value(), "a row reads back from the journal");
    const auto read = to_read(row.value, row.raw);
    if (!read) check(!read.error().empty(), "an error says what is wrong");
    const auto read_again = to_read(*again, row.raw);
    check(read.has_value() == read_again.has_value() && (!read || read->view == read_again->view),
          "a row means the same when read from the journal");
  }
  (void)cursor_of(page->next_page_url);
}

// Carries the plan out, as Loop would.
void apply(std::vector<WireWebhook>& existing, const WebhookChange& change, int number) {
  if (change.kind == WebhookChange::Kind::create) {
    existing.push_back(change.webhook);
    existing.back().id = "new" + std::to_string(number);
    return;
  }
  if (change.kind == WebhookChange::Kind::remove) {
    std::erase_if(existing, [&](const auto& row) { return row.id == change.webhook.id; });
    return;
  }
  for (auto& row : existing) {
    if (row.id == change.webhook.id) row = change.webhook;
  }
}

// Ids are numbers, no two are the same, and a status is a word.
bool has_plausible_ids(const std::vector<WireWebhook>& rows) {
  std::set<std::string> ids;
  for (const auto& row : rows) {
    const bool is_number = std::ranges::all_of(row.id, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number || row.status.find('/') != std::string::npos || !ids.insert(row.id).second) return false;
  }
  return true;
}

void plan_until_well(const boost::json::value& body) {
  auto webhooks = read_webhooks(body);
  if (!webhooks) return check_words(webhooks.error());
  if (webhooks->size() > 20 || !has_plausible_ids(*webhooks)) return;
  int number = 0;
  for (int round = 0; round < 2; ++round) {
    for (const auto& change : plan_webhooks(*webhooks, our_url)) {
      check(change.words.find("/hooks/") == std::string::npos, "what was done is told without the URL");
      apply(*webhooks, change, ++number);
    }
  }
  check(plan_webhooks(*webhooks, our_url).empty(), "once put right, webhooks are well");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = take_answer(view(data, size));
  const auto& response = input.response;
  Call call;
  call.asked = input.kind == "effect" ? Call::Asked::effect : Call::Asked::read;
  call.good = input.what == "truth"     ? Call::Good::truth
              : input.what == "nothing" ? Call::Good::nothing
                                        : Call::Good::body;
  call.scope = "Returns";

  const auto answer = judge(call, response, Time{1'773'500'000'000});
  if (!answer) {
    check_failure(answer.error());
    return 0;
  }
  check(response.status >= 200 && response.status < 300, "only a 2xx is good");
  if (const auto one = read_return(answer->body)) {
    if (const auto read = to_read(*one, {})) check(!read->id.value.empty(), "a return has an id");
  } else {
    check_words(one.error());
  }
  read_page(answer->body);
  if (const auto notes = read_notes(answer->body)) {
    for (const auto& note : *notes) (void)boost::json::parse(write_note(note.content));
  } else {
    check_words(notes.error());
  }
  plan_until_well(answer->body);
  return 0;
}
