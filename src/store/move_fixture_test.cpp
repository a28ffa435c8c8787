// Filling a store for the tests of a move, and asking it for everything.

#include <fmt/format.h>

#include <sstream>

#include "store/move_fixture.hpp"

namespace backhaul::store {
namespace {

using returns::EffectKind;

// Zero bytes and what is no UTF-8 are for bodies; text that PostgreSQL cannot keep has a test of its own.
const std::string odd_text = "a\ttab, a \\ and a 'quote', \xf0\x9f\x93\xa6, \xe2\x80\xae, \"\\u0000\"\n";
const std::string odd_body("\0\xff{\"a\":1}\n\\.\n", 13);
const std::string long_body = R"({"text":")" + std::string(2'000, 'x') + "\"}";

Finish end_of(const Job& job, JobState next) {
  Finish end;
  end.job = job.id;
  end.node = "n1";
  end.attempt = job.attempt;
  end.next = next;
  end.run_at = start + Millis{5'000};
  end.record = {.number = job.attempt,
                .started_at = start,
                .ended_at = start + Millis{50},
                .outcome = next == JobState::completed ? "done" : "retry",
                .code = "c",
                .message = odd_text,
                .retry_at = next == JobState::retryable ? start + Millis{5'000} : Time{}};
  end.outcome = R"({"effect":"x"})";
  return end;
}

void add_setup(InUse& in) {
  for (const auto& [id, role] :
       {std::pair{source_id, "source"}, std::pair{hero_id, "destination"}, std::pair{other_id, "destination"}}) {
    in.get(in.store->add_connection(connection(id, role), R"({"p":")" + id.value + "\"}"));
  }
  in.get(in.store->update_connection(hero_id, R"({"name":")" + odd_text + "\"}", std::string("\0\x80sealed", 8)));
  in.get(in.store->add_policy(hero_id, R"({"settle_s":1})", start));
  in.get(in.store->set_map(hero_id, {.kind = "sku", .source = odd_text, .target = "\xc3\xa9"}, start));
  in.get(in.store->set_map(hero_id, {.kind = "reason", .source = "Too big", .target = "SIZE"}, start));
  in.get(in.store->set_cursor(source_id, "changes", odd_text));
  in.get(in.store->raise_attention(hero_id, {.kind = "connection_blocked", .why = odd_text, .todo = "t"}, start));
  in.get(in.store->remove_connection(other_id, start));
}

void add_jobs(Step& step, int count) {
  for (int i = 0; i < count; ++i) {
    step.jobs.push_back(
        {.effect = effect("create_rma/" + std::to_string(i), EffectKind::create_rma), .lease = std::nullopt});
  }
}

void add_returns(InUse& in) {
  for (int i = 0; i < 5; ++i) in.make_return("plain " + std::to_string(i));
  in.make_return("with jobs " + odd_text, [](Step& step) {
    add_jobs(step, 6);
    step.order_name = odd_text;
    step.state = R"({"text":")" + odd_text + "\"}";
    step.wake_at = start + Millis{90'000};
    step.decision = R"({"why":"d"})";
    step.attention.push_back({.kind = "short", .why = "w", .todo = "t", .connection = hero_id});
    auto shadowed = effect("flag/1", EffectKind::create_rma);
    shadowed.shadow = true;
    step.jobs.push_back({.effect = shadowed, .lease = std::nullopt});
  });
  const auto jobs = in.claim(4);  // the fourth stays running
  in.get(in.store->finish(end_of(jobs.at(0), JobState::completed)));
  in.get(in.store->finish(end_of(jobs.at(1), JobState::retryable)));
  in.get(in.store->finish(end_of(jobs.at(2), JobState::discarded)));
  in.step("with jobs " + odd_text, [](Step& step) {
    step.withdraw = {"create_rma/5"};
    step.rmas.push_back({.connection = hero_id, .generation = 1, .id = ExternalId{"rma 1"}, .reference = odd_text});
  });
}

}  // namespace

void fill(InUse& in) {
  add_setup(in);
  add_returns(in);
  auto with_id = delivery("with an id", odd_body);
  with_id.message_id = odd_text;
  in.append(with_id);
  in.append(with_id);                                 // a duplicate
  in.append(delivery("plain 1", "body of plain 1"));  // a duplicate by its bytes
  in.append(delivery("plain 2", odd_body));
  in.append(delivery("plain 4", long_body));
  in.append(poll("plain 3", "as read"));
  in.append(delivery("of no return yet", "b", hero_id));
  for (const auto& news : in.get(in.store->take_news(100, start))) {
    if (news.source_id.value == "of no return yet") in.get(in.store->park(news.marks));
  }
}

namespace {

void tell_setup(std::ostream& out, InUse& in) {
  out << "setup " << in.get(in.store->setup_version()) << ", newest " << in.store->newest_event().value << "\n";
  for (const auto& one : in.get(in.store->connections())) {
    const auto policy = in.get(in.store->policy(one.id));
    out << fmt::format("{} {} {} {} {} {} {} {} {}\n", one.id.value, one.merchant.value, one.role, one.name,
                       one.settings, one.sealed, one.created_at.ms, policy.version, policy.body);
    for (const auto& entry : in.get(in.store->maps(one.id))) {
      out << entry.kind << " " << entry.source << " " << entry.target << "\n";
    }
    out << in.get(in.store->cursor(one.id, "changes")) << "\n";
  }
  for (const auto& item : in.get(in.store->attention(100))) {
    out << fmt::format("{} {} {} {} {} {} {}\n", item.return_id.value, item.connection.value, item.kind, item.why,
                       item.todo, item.since.ms, item.times);
  }
}

void tell_job(std::ostream& out, const JobRow& job) {
  out << fmt::format("job {} {} {} {} {} {} {} {} {} {} {} {} {}\n", job.id.value, job.key, job.state, job.attempt,
                     job.run_at.ms, job.created_at.ms, job.ended_at.ms, job.unknown_since.ms, job.rule,
                     job.policy_version, job.causes, job.decision.value, job.last_error);
  for (const auto& attempt : job.attempts) {
    out << fmt::format("attempt {} {} {} {} {} {}\n", attempt.number, attempt.started_at.ms, attempt.ended_at.ms,
                       attempt.outcome, attempt.message, attempt.retry_at.ms);
  }
}

void tell_events(std::ostream& out, const std::vector<JournalEvent>& events) {
  for (const auto& event : events) {
    out << fmt::format("event {} {} {} {} {} {} {} {}\n", event.id.value, static_cast<int>(event.kind),
                       event.connection.value, event.subject.value, event.topic, event.at.ms, event.duplicate_of.value,
                       event.body);
  }
}

}  // namespace

std::string told_by(InUse& in) {
  std::ostringstream out;
  tell_setup(out, in);
  for (const auto& listed : in.get(in.store->list_returns({.order_name = {}, .state = {}}))) {
    const auto row = in.get(in.store->find_return(listed.id.str()));
    out << fmt::format("return {} {} {} {} {} {} {} {} {}\n", row.id.value, row.source.value, row.source_id.value,
                       row.order_name, row.state, row.stage, row.body, row.created_at.ms, row.updated_at.ms);
    tell_events(out, in.get(in.store->events_of_return(row.id, true)));
    for (const auto& job : in.get(in.store->jobs_of_return(row.id))) tell_job(out, job);
  }
  for (const auto& news : in.get(in.store->take_news(100, start + Millis{100'000}))) {
    out << fmt::format("news {} {} {} {}\n", news.id.value, news.version, news.source_id.value, news.stage);
    for (const auto& mark : news.marks) out << mark.subject << " up to " << mark.up_to.value << "\n";
    tell_events(out, news.events);
  }
  return out.str();
}

}  // namespace backhaul::store
