#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>

#include "cli/table.hpp"
#include "cli/timeline.hpp"
#include "cli/verbs.hpp"
#include "returns/codec.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

json::object row_json(const store::ReturnRow& row) {
  return {{"id", row.id.str()},
          {"merchant", row.merchant.value},
          {"source_id", row.source_id.value},
          {"order_name", row.order_name},
          {"state", row.state},
          {"stage", row.stage},
          {"attention", row.attention},
          {"created_at", to_iso(row.created_at)},
          {"updated_at", to_iso(row.updated_at)}};
}

async::Task<VerbResult> list(Session& session, store::ReturnFilter filter) {
  auto reading = session.store.list_returns(filter);
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(Problem{rows.error().message});
  if (session.globals.json) {
    json::array all;
    for (const auto& row : *rows) all.push_back(row_json(row));
    std::cout << pretty(all);
    co_return 0;
  }
  if (rows->empty()) {
    std::cout << "No returns match.\n";
    co_return 0;
  }
  std::vector<std::vector<std::string>> table;
  for (const auto& row : *rows) {
    table.push_back({row.id.str(), row.order_name, row.source_id.value, row.state, row.attention > 0 ? "!" : "",
                     relative_time(row.updated_at, session.loop.now()), row.stage});
  }
  std::cout << format_table({"RETURN", "ORDER", "AT SOURCE", "STATE", "", "CHANGED", "STAGE"}, table, terminal_width());
  if (static_cast<int>(rows->size()) == filter.limit) {
    std::cout << fmt::format("More: --before {}\n", rows->back().id.str());
  }
  co_return 0;
}

async::Task<Result<std::map<ConnectionId, std::string>, Problem>> connection_names(Session& session) {
  auto reading = session.store.connections();
  auto rows = co_await std::move(reading);
  if (!rows) co_return fail(Problem{rows.error().message});
  std::map<ConnectionId, std::string> names;
  for (const auto& row : *rows) names[row.id] = row.name;
  co_return names;
}

void print_head(const store::ReturnRow& row, const returns::ReturnState& state,
                const std::map<ConnectionId, std::string>& names) {
  const auto name = [&](const ConnectionId& id) {
    const auto found = names.find(id);
    return found == names.end() ? id.value : found->second;
  };
  std::cout << fmt::format("{}  order {}  {} {}\n", row.id.str(), row.order_name, name(row.source),
                           row.source_id.value);
  std::cout << fmt::format("  state   {}{}\n", row.state, state.view.flagged ? ", flagged" : "");
  std::cout << fmt::format("  stage   {}\n", row.stage);
  for (const auto& [sku, count] : returns::count_by_sku(state.view.units))
    std::cout << fmt::format("  item    {} × {}\n", count, sku);
  for (const auto& destination : state.destinations) {
    std::cout << fmt::format("  RMA     {} {}: {}, {}\n", name(destination.connection), destination.reference,
                             returns::to_string(destination.phase),
                             destination.has_receipt ? destination.receipt.raw_status : "no receipt yet");
  }
}

void print_attention(const std::vector<store::AttentionRow>& rows, ReturnId id) {
  for (const auto& row : rows) {
    if (row.return_id != id) continue;
    std::cout << fmt::format("  !       {}: {}\n          → {}\n", row.kind, row.why, row.todo);
  }
}

async::Task<VerbResult> show(Session& session, std::string text, bool raw) {
  auto finding = session.store.find_return(text);
  auto row = co_await std::move(finding);
  if (!row) co_return fail(Problem{row.error().message});
  auto reading_events = session.store.events_of_return(row->id, raw);
  auto events = co_await std::move(reading_events);
  auto reading_jobs = session.store.jobs_of_return(row->id);
  auto jobs = co_await std::move(reading_jobs);
  auto reading_attention = session.store.attention(1000);
  auto attention = co_await std::move(reading_attention);
  auto reading_names = connection_names(session);
  auto names = co_await std::move(reading_names);
  auto state = returns::decode_state(row->body);
  if (!events) co_return fail(Problem{events.error().message});
  if (!jobs) co_return fail(Problem{jobs.error().message});
  if (!attention) co_return fail(Problem{attention.error().message});
  if (!names) co_return fail(names.error());
  if (!state) co_return fail(state.error());
  const auto timeline = make_timeline(*events, *jobs, *names);
  if (session.globals.json) {
    auto out = row_json(*row);
    out["state_detail"] = json::parse(row->body);
    json::array items;
    for (const auto& item : *attention) {
      if (item.return_id == row->id)
        items.push_back(json::object{{"kind", item.kind}, {"why", item.why}, {"todo", item.todo}});
    }
    out["attention_items"] = std::move(items);
    out["timeline"] = to_json(timeline);
    if (raw) {
      json::array bodies;
      for (const auto& event : *events) {
        if (event.kind == store::EventKind::delivery)
          bodies.push_back(json::object{{"id", event.id.str()}, {"body", event.body}});
      }
      out["deliveries"] = std::move(bodies);
    }
    std::cout << pretty(out);
    co_return 0;
  }
  print_head(*row, *state, *names);
  print_attention(*attention, row->id);
  std::cout << "\n";
  for (const auto& entry : timeline) {
    std::cout << fmt::format("{}  {:<8}  {}  {}\n", to_iso(entry.at), entry.what, entry.id, entry.text);
    if (!entry.detail.empty()) std::cout << fmt::format("{:26}{:10}{}\n", "", "", entry.detail);
  }
  if (raw) {
    for (const auto& event : *events) {
      if (event.kind == store::EventKind::delivery && !event.body.empty())
        std::cout << "\n" << event.id.str() << "\n" << event.body << "\n";
    }
  }
  co_return 0;
}

}  // namespace

void add_returns(const Registration& to) {
  auto* verb = to.app.add_subcommand("returns", "What happened to returns");
  verb->require_subcommand(1);

  auto filter = std::make_shared<store::ReturnFilter>();
  auto before = std::make_shared<std::string>();
  auto* listing = verb->add_subcommand("list", "The newest first");
  listing->add_option("--order", filter->order_name, "Only of this order, with or without #");
  listing->add_option("--state", filter->state, "Only in this state at the source")
      ->check(CLI::IsMember({"open", "review", "closed", "cancelled", "expired", "unknown"}));
  listing->add_flag("--attention", filter->needs_attention, "Only those a person should look at");
  listing->add_option("--limit", filter->limit, "How many")->capture_default_str()->check(CLI::Range(1, 1000));
  listing->add_option("--before", *before, "Only older than this ret_ id");
  listing->callback([to, filter, before] {
    if (!before->empty()) {
      const auto id = ReturnId::parse(*before);
      if (!id) {
        to.status =
            report(to.globals, {fmt::format("--before {}: not a return's id (ret_ and 13 characters)", *before)});
        return;
      }
      filter->before = *id;
    }
    to.status = run_verb(to.globals, [filter](Session& session) { return list(session, *filter); });
  });

  auto which = std::make_shared<std::string>();
  auto raw = std::make_shared<bool>(false);
  auto* showing = verb->add_subcommand("show", "One return's whole history");
  showing->add_option("return", *which, "Its ret_ id, the source's id, or an order name")->required();
  showing->add_flag("--raw", *raw, "Also the deliveries as received (holds shoppers' data)");
  showing->callback([to, which, raw] {
    to.status = run_verb(to.globals, [which, raw](Session& session) { return show(session, *which, *raw); });
  });
}

}  // namespace backhaul::cli
