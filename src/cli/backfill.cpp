#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <iostream>

#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "intake/poller.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

struct Wish {
  std::string connection;
  std::string from;
  std::string to;
  bool no_wait = false;
  double timeout_s = 0;
};

void show_progress(const Globals& globals, const intake::BackfillState& state, Time begun_from) {
  if (globals.json || isatty(STDERR_FILENO) == 0) return;
  const double whole = static_cast<double>((state.to - begun_from).count());
  const double part = whole <= 0 ? 1 : static_cast<double>((state.from - begun_from).count()) / whole;
  std::cerr << fmt::format("\r{:3.0f} %  {} seen, {} recorded ", part * 100, state.seen, state.recorded) << std::flush;
}

async::Task<VerbResult> wait_for_end(Session& session, ConnectionId id, Wish wish, Time begun_from) {
  const Time begun = session.loop.now();
  const Time give_up{wish.timeout_s > 0 ? begun.ms + static_cast<std::int64_t>(wish.timeout_s * 1000) : INT64_MAX};
  for (;;) {
    auto asking = session.store.cursor(id, "backfill");
    const auto text = co_await std::move(asking);
    if (!text) co_return fail(Problem{text.error().message});
    auto state = intake::decode_backfill(*text);
    if (!state) co_return fail(state.error());
    show_progress(session.globals, *state, begun_from);
    if (state->done) {
      if (session.globals.json) {
        std::cout << pretty(json::object{{"seen", state->seen}, {"recorded", state->recorded}});
      } else {
        std::cout << fmt::format("\nDone: {} seen, {} recorded; the rest was known.\n", state->seen, state->recorded);
      }
      co_return 0;
    }
    if (session.loop.now() > give_up) {
      co_return fail(Problem{state->error.empty()
                                 ? "not finished yet; is `backhaul serve` running? It goes on by itself"
                                 : fmt::format("not finished yet: {}; the hub keeps trying", state->error)});
    }
    auto pause = async::sleep(Millis{300});
    co_await std::move(pause);
  }
}

async::Task<VerbResult> backfill(Session& session, Wish wish) {
  const auto from = parse_time(wish.from);
  const auto until = wish.to.empty() ? std::optional(session.loop.now()) : parse_time(wish.to);
  if (!from || !until)
    co_return fail(Problem{"--from and --to are dates such as 2026-01-31, or times such as 2026-01-31T12:00:00Z"});
  if (!(*from < *until)) co_return fail(Problem{"--from must be before --to"});
  auto finding = find_connection(session, wish.connection);
  auto found = co_await std::move(finding);
  if (!found) co_return fail(found.error());
  auto asking = session.store.cursor(found->id, "backfill");
  const auto earlier = co_await std::move(asking);
  if (!earlier) co_return fail(Problem{earlier.error().message});
  if (!earlier->empty()) {
    auto state = intake::decode_backfill(*earlier);
    if (state && !state->done)
      co_return fail(Problem{fmt::format("a backfill of {} is under way already", found->name)});
  }
  const intake::BackfillState state{.from = *from, .to = *until};
  auto saving = session.store.set_cursor(found->id, "backfill", intake::encode(state));
  if (const auto saved = co_await std::move(saving); !saved) co_return fail(Problem{saved.error().message});
  if (wish.no_wait) {
    std::cout << "Asked. The running hub does it in the background.\n";
    co_return 0;
  }
  auto waiting = wait_for_end(session, found->id, wish, *from);
  co_return co_await std::move(waiting);
}

}  // namespace

void add_backfill(const Registration& to) {
  auto* verb =
      to.app.add_subcommand("backfill", "Have the running hub read everything a vendor changed in a time, as polls do");
  auto wish = std::make_shared<Wish>();
  verb->add_option("connection", wish->connection, "The connection's name or con_ id")->required();
  verb->add_option("--from", wish->from, "Changed since, for example 2026-01-31")->required();
  verb->add_option("--to", wish->to, "Changed until; now when not given");
  verb->add_flag("--no-wait", wish->no_wait, "Do not wait for the end");
  verb->add_option("--timeout", wish->timeout_s, "Stop waiting after this many seconds");
  verb->callback(
      [to, wish] { to.status = run_verb(to.globals, [wish](Session& session) { return backfill(session, *wish); }); });
}

}  // namespace backhaul::cli
