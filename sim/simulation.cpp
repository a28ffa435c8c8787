#include "simulation.hpp"

#include <algorithm>

#include "home.hpp"
#include "log.hpp"

namespace backhaul::sim {
namespace {

using namespace std::chrono_literals;
using returns::SourceState;

constexpr Time begin{1'773'500'000'000};
// What a wait may be at most when all is well again: the last step of the retry schedule, 72 minutes with its jitter,
// several times over for effects that follow each other.
constexpr Millis home_within = 6h;
// A process follows its reads of both sides at once, but for the time that these take.
constexpr Millis attempt_max = 120s;
// The hub polls every five minutes.
constexpr Millis poll_gap_max = 15min;
constexpr std::size_t incidents_max = 10;

}  // namespace

Simulation::Simulation(Asked asked)
    : asked_(std::move(asked)),
      stage_(asked_.seed, begin, asked_.keep, asked_.muted, asked_.mutation),
      post_(
          stage_,
          [this](const ConnectionId& to, net::ServerRequest request, std::function<void(int)> answered) {
            return stage_.hub_runs() && hub_->deliver(to, std::move(request), std::move(answered));
          },
          [this](const std::string& body) { check_kept(body); }) {
  std::filesystem::remove_all(asked_.folder);
  std::filesystem::create_directories(asked_.folder);
  stage_.kill = [this](const std::string& why) { kill(why); };
  stage_.cover_all = [this](std::string_view row) {
    std::set<Phase> present;
    for (const auto& merchant : merchants_) {
      for (const auto& about : merchant.platform->returns) present.insert(merchant.platform->phase(about));
    }
    for (const auto phase : present) stage_.cover(row, phase);
  };
  listen_to_log(&stage_);
  Rng shape(key_of(stage_.seed, "shape"));
  // Small ones are quick to understand, large ones are quick to run.
  const auto size = shape.below(10);
  returns_ = static_cast<int>(size < 2   ? shape.between(1, 8)
                              : size < 5 ? shape.between(8, 80)
                                         : shape.between(80, returns_max));
  span_ = shape.between(40min, 4h);
  look_every_ = shape.pick(std::vector<Millis>{1s, 10s, 20s, 30s, 60s});
  add_merchants(shape);
  people_ = std::make_unique<People>(
      stage_, merchants_, [this] { return stage_.hub_runs() ? hub_.get() : nullptr; }, span_);
}

Simulation::~Simulation() {
  listen_to_log(nullptr);
  if (hub_) {
    hub_->kill();
    hub_->close();
    (void)hub_.release();  // its coroutines never end; a process runs few enough simulations to leave them
  }
}

void Simulation::add_merchants(Rng& shape) {
  const bool two = shape.chance(0.3) || asked_.mutation == Mutation::wrong_merchant;
  for (int m = 0; m < (two ? 2 : 1); ++m) {
    auto& merchant = merchants_.emplace_back();
    const auto name = [m](const char* kind) { return fmt::format("{}{}", kind, m); };
    merchant.id = MerchantId{name("merchant")};
    merchant.platform = std::make_unique<Platform>(stage_, post_, name("loop"), ConnectionId{"con_" + name("loop")});
    const auto houses = shape.below(10);  // mostly one; two that share the returns, or each get all
    for (const char* side : {"east", "west"}) {
      if (houses < 7 && !merchant.warehouses.empty()) break;
      Policy policy;
      if (houses >= 7 && houses < 9) policy.places = {side};
      policy.restocked = shape.chance(0.2);
      if (shape.chance(0.3)) policy.wait_for_label = shape.between(1min, 60min);
      if (shape.chance(0.3)) policy.settle = shape.between(0s, 120s);
      if (shape.chance(0.2)) policy.reference = "{order_name}/{return_id}";
      const auto house = name(side);
      merchant.warehouses.push_back(std::make_unique<Warehouse>(
          stage_, post_, house, ConnectionId{"con_" + house}, std::move(policy),
          Warehouse::Can{.cancel = shape.chance(0.7), .attach_tracking = shape.chance(0.8)}));
    }
  }
  for (auto& merchant : merchants_) watch(merchant);
}

// Ties the two ends of a merchant together where the laws look at both.
void Simulation::watch(Merchant& merchant) {
  auto& platform = *merchant.platform;
  platform.check_process = [this, &merchant](const Platform::Return& about, Time sent) {
    check_process(merchant, about, sent);
  };
  platform.reasons_to_flag = [&merchant](const Platform::Return& about) {
    std::size_t reasons = 0;
    for (const auto& warehouse : merchant.warehouses) {
      for (const auto* rma : warehouse->of(about.id)) reasons += rma->reasons_to_flag.size();
    }
    return reasons;
  };
  platform.rma_phase = [this, &merchant](const Platform::Return& about) { return phase_of(merchant, about); };
  for (auto& warehouse : merchant.warehouses) {
    warehouse->phase = [&platform](const std::string& id) { return platform.phase(*platform.find(id)); };
    warehouse->order_known = [this, &platform](const std::string& id) {
      const auto key = key_of(stage_.seed, "order", id);
      const auto late = chance_of(0.1, key) ? Millis{static_cast<std::int64_t>(scrambled(key) % 2'400'000)} : 0ms;
      return stage_.clock.now() >= platform.find(id)->view.created_at + late;
    };
    warehouse->order_fits = [this](const std::string& id) { return !chance_of(0.03, key_of(stage_.seed, "fits", id)); };
  }
}

Phase Simulation::phase_of(const Merchant& merchant, const Platform::Return& about) const {
  auto phase = Phase::no_rma;
  for (const auto& warehouse : merchant.warehouses) {
    for (const auto* rma : warehouse->of(about.id)) {
      const bool received = warehouse->want(*rma) != Want::wait;
      if (received || phase == Phase::no_rma) phase = received ? Phase::received : Phase::underway;
    }
  }
  return phase;
}

// --- what lasts for a while

void Simulation::plan_incidents() {
  for (const auto fault : {Fault::vendor_down, Fault::key_revoked, Fault::store_down, Fault::killed_anytime,
                           Fault::clock_forward, Fault::clock_back, Fault::burst}) {
    for (std::size_t i = 0; i < incidents_max; ++i) {
      const auto key = key_of("incident", static_cast<int>(fault), i);
      if (!stage_.faults.strikes(fault, key, 1.0 / incidents_max)) continue;
      Rng rng(key_of(stage_.seed, key));
      stage_.clock.after(rng.between(1s, span_), [this, fault, rng]() mutable {
        if (stage_.faults.stopped()) return;
        stage_.cover_all(to_string(fault));
        incident(fault, rng);
      });
    }
  }
  for (auto& merchant : merchants_) {
    const auto lag = [this](const std::string& name) {
      if (!stage_.faults.strikes(Fault::old_list, key_of(name))) return 0ms;
      return Millis{static_cast<std::int64_t>(key_of(stage_.seed, name) % 300'000)};
    };
    merchant.platform->list_lags = lag(merchant.platform->name());
    for (auto& warehouse : merchant.warehouses) warehouse->list_lags = lag(warehouse->name());
  }
}

void Simulation::incident(Fault fault, Rng& rng) {
  const Time now = stage_.clock.now();
  auto& merchant = merchants_[rng.below(merchants_.size())];
  auto& wire = rng.chance(0.5) ? merchant.platform->wire() : rng.pick(merchant.warehouses)->wire();
  switch (fault) {
    case Fault::vendor_down:
      wire.be_down_until(now + rng.mostly_short(10s, 60min));
      stage_.trace.say(wire.name(), "is down");
      break;
    case Fault::key_revoked:
      wire.revoke_key_until(now + rng.mostly_short(10s, 30min));
      stage_.trace.say(wire.name(), "does not take the key");
      break;
    case Fault::store_down:
      stage_.trace.say("store", "is down");
      if (stage_.hub_runs()) hub_->store().be_down_until(now + rng.mostly_short(1s, 10min));
      break;
    case Fault::killed_anytime:
      kill("at any time");
      break;
    case Fault::clock_forward:
      jump(rng.mostly_short(1s, clock_off_max()), rng);
      break;
    case Fault::clock_back:
      jump(-rng.mostly_short(1s, clock_off_max()), rng);
      break;
    case Fault::burst: {
      const Millis span = rng.between(30s, 10min);
      post_.gather(span);
      stage_.clock.after(span, [this] {
        if (!stage_.hub_runs()) return;
        hub_->store().gather();
        stage_.clock.after(1ms, [this] {
          if (stage_.hub_runs()) hub_->store().flush();
        });
      });
      break;
    }
    default:
      break;
  }
}

// The waits that keep an effect from being had twice are measured by the hub's clock, and have five seconds to spare.
Millis Simulation::clock_off_max() const {
  return asked_.far_clocks ? Millis{3h} : Millis{4s};
}

void Simulation::jump(Millis by, Rng& rng) {
  stage_.clock.skew = by;
  ahead_max_ = std::max(ahead_max_, stage_.clock.skew);
  stage_.trace.say("clock", "the hub's clock is {} s off", stage_.clock.skew.count() / 1'000);
  stage_.clock.after(rng.between(5s, 60min), [this] {
    stage_.clock.skew = 0ms;
    stage_.trace.say("clock", "the hub's clock is right again");
  });
}

// --- lives

void Simulation::kill(const std::string& why) {
  if (!stage_.hub_runs()) return;
  stage_.trace.say("hub", "is killed {}", why);
  hub_->kill();
  stage_.hub = nullptr;
  for (auto& merchant : merchants_) {
    merchant.platform->wire().cut();
    for (auto& warehouse : merchant.warehouses) warehouse->wire().cut();
  }
  Rng rng(key_of(stage_.seed, "down", lives_));
  // Not at once: this may be in the middle of what it did last.
  stage_.clock.after(0ms, [this, wait = rng.mostly_short(500ms, 3min)] {
    // The journal's reader stays, so that the file is left as a dead process leaves it, with its write-ahead log.
    hub_->close();
    (void)hub_.release();  // a dead process frees nothing
    stage_.clock.after(wait, [this] { begin_life(); });
  });
}

void Simulation::begin_life() {
  hub_ = std::make_unique<Hub>(stage_, merchants_,
                               HubOptions{.folder = asked_.folder, .look_every = look_every_, .life = ++lives_});
  stage_.hub = &hub_->loop();
  if (!journal_) journal_ = std::make_unique<Journal>(hub_->file());
  journal_->read_again();
  for (const auto& [body, times] : acknowledged_) {
    if (journal_->count(body) < times) stage_.broken(1, fmt::format("acknowledged, and lost: {}", body));
  }
  hub_->begin();
}

// --- the laws

// Law 1, after each 2xx, and of all of them after each death.
void Simulation::check_kept(const std::string& body) {
  const auto times = ++acknowledged_[body];
  if (journal_->count(body) < times) stage_.broken(1, fmt::format("acknowledged, and not in the journal: {}", body));
}

// Law 3. Nobody can know the facts of this very moment: what counts is what the hub was shown when it asked last, and
// it must have asked both sides for this attempt.
void Simulation::check_process(Merchant& merchant, const Platform::Return& about, Time sent) {
  const auto for_this = [sent](const auto& look) { return look.at <= sent && sent - look.sent <= attempt_max; };
  const auto fresh = std::find_if(about.looks.rbegin(), about.looks.rend(), for_this);
  if (fresh == about.looks.rend())
    return stage_.broken(3, fmt::format("{} is processed, and was not read for it", about.id));
  const bool open = std::ranges::any_of(about.looks, [&](const Platform::Look& look) {
    return for_this(look) && look.state == SourceState::open && !look.flagged;
  });
  if (!open)
    stage_.broken(3, fmt::format("{} is processed, and was read as {}", about.id, returns::to_string(fresh->state)));
  bool any = false;
  for (const auto& warehouse : merchant.warehouses) {
    for (const auto* rma : warehouse->of(about.id)) {
      if (rma->made_at > sent) continue;  // the request was on its way already
      any = true;
      const bool wanted = std::ranges::any_of(rma->looks, [&](const Warehouse::Look& look) {
        return for_this(look) && look.direct && look.want == Want::process;
      });
      if (!wanted)
        stage_.broken(3, fmt::format("{} is processed, and no read of {} for it wants that", about.id, rma->id));
    }
  }
  if (!any) stage_.broken(3, fmt::format("{} is processed without an RMA", about.id));
}

// Law 5: what is not told is found, and soon.
void Simulation::check_polled() {
  const Time now = stage_.clock.now();
  const auto check = [&](const std::string& name, Time listed) {
    if (now - listed > poll_gap_max)
      stage_.broken(5, fmt::format("{} has not been polled for {} s", name, (now - listed).count() / 1'000));
  };
  for (const auto& merchant : merchants_) {
    check(merchant.platform->name(), merchant.platform->listed_at);
    for (const auto& warehouse : merchant.warehouses) check(warehouse->name(), warehouse->listed_at);
  }
}

// --- the course of it

bool Simulation::run_until(Time until) {
  while (!stage_.violation && stage_.clock.step(until)) {
  }
  return !stage_.violation;
}

void Simulation::make_peace() {
  peace_ = stage_.clock.now();
  stage_.trace.say("peace", "nothing goes wrong any more; {} returns", people_->submitted());
  stage_.faults.stop();
  people_->go_home();
  stage_.clock.skew = 0ms;
}

void Simulation::bring_home() {
  // The further on, the seldomer it is looked: a look costs as much as a minute of the hub's life.
  for (Millis passed = 1min; run_until(peace_ + passed); passed += std::max(Millis{1min}, passed / 4)) {
    if (passed > poll_gap_max + 5min) check_polled();
    if (!stage_.hub_runs() || stage_.violation) continue;
    const auto depths = hub_->ask(hub_->inner().depths());
    const bool busy = depths.news + depths.jobs_waiting + depths.jobs_running > 0;
    const bool late = passed > home_within + ahead_max_;
    if (busy && !late) continue;
    const auto left = astray(*hub_, merchants_, stage_.clock.now());
    home_after_ = passed;
    if (left.empty()) return;
    if (!late) continue;
    for (const auto& one : left) stage_.broken(one.law, one.why);
  }
}

Outcome Simulation::run() {
  people_->plan(returns_);
  plan_incidents();
  begin_life();
  if (run_until(begin + span_)) {
    make_peace();
    bring_home();
  }
  if (!stage_.violation) check_records(stage_, *hub_, merchants_);
  Outcome outcome;
  outcome.seed = stage_.seed;
  outcome.violation = stage_.violation;
  outcome.returns = people_->submitted();
  outcome.lives = lives_;
  outcome.steps = stage_.clock.steps();
  for (const auto& merchant : merchants_) {
    outcome.calls += merchant.platform->wire().calls();
    for (const auto& warehouse : merchant.warehouses) outcome.calls += warehouse->wire().calls();
  }
  outcome.letters = post_.sent();
  outcome.home_after = home_after_;
  outcome.hash = stage_.trace.hash();
  outcome.coverage = stage_.coverage;
  outcome.struck = stage_.faults.struck();
  outcome.trace = stage_.trace.lines();
  return outcome;
}

}  // namespace backhaul::sim
