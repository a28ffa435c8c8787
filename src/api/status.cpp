#include "api/status.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <unistd.h>
#include <array>
#include <fstream>

namespace backhaul::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class Families {
 public:
  void add(const char* name, const char* help, MetricType type, double value,
           std::vector<ClientMetric::Label> labels = {}) {
    if (all_.empty() || all_.back().name != name) all_.push_back({name, help, type, {}});
    ClientMetric metric;
    metric.label = std::move(labels);
    if (type == MetricType::Counter) metric.counter.value = value;
    if (type == MetricType::Gauge) metric.gauge.value = value;
    all_.back().metric.push_back(std::move(metric));
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(all_); }

 private:
  std::vector<MetricFamily> all_;
};

double resident_bytes() {
  std::ifstream in("/proc/self/statm");
  long total = 0;
  long resident = 0;
  in >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void add_deliveries(Families& families, const intake::Deliveries& deliveries) {
  using intake::Verdict;
  constexpr std::array names{std::pair{Verdict::stored, "stored"},
                             std::pair{Verdict::duplicate, "duplicate"},
                             std::pair{Verdict::unreadable, "unreadable"},
                             std::pair{Verdict::bad_signature, "bad_signature"},
                             std::pair{Verdict::store_failed, "store_failed"},
                             std::pair{Verdict::unknown_token, "unknown_token"},
                             std::pair{Verdict::wrong_method, "wrong_method"}};
  for (const auto& [verdict, name] : names) {
    families.add("backhaul_deliveries_total", "Deliveries by how they ended.", MetricType::Counter,
                 static_cast<double>(deliveries.count(verdict)), {{"result", name}});
  }
}

void add_engine(Families& families, const EngineFigures& figures) {
  families.add("backhaul_steps_total", "Workflow steps committed or lost to a conflict.", MetricType::Counter,
               static_cast<double>(figures.workflow.steps));
  families.add("backhaul_attempts_running", "Attempts under way.", MetricType::Gauge, figures.in_flight);
  for (const auto& effect : figures.effects) {
    const auto add = [&](const char* result, std::uint64_t count) {
      families.add("backhaul_effects_total", "Attempts by connection, kind of effect and result.", MetricType::Counter,
                   static_cast<double>(count),
                   {{"connection", effect.connection}, {"kind", effect.kind}, {"result", result}});
    };
    add("done", effect.counters.done);
    add("refused", effect.counters.refused);
    add("retried", effect.counters.retried);
    add("unknown", effect.counters.unknown);
    add("given_up", effect.counters.given_up);
  }
  for (const auto& vendor : figures.vendors) {
    families.add("backhaul_breaker_open", "1 while the connection is left alone after failures.", MetricType::Gauge,
                 vendor.open ? 1 : 0, {{"connection", vendor.connection}});
  }
}

}  // namespace

Status::Status(store::Store& store, const intake::Deliveries& deliveries,
               std::function<async::Task<EngineFigures>()> engine)
    : store_(store), deliveries_(deliveries), engine_(std::move(engine)) {}

async::Task<net::ServerResponse> Status::handle(net::ServerRequest request) {
  net::ServerResponse response;
  if (request.path == "/healthz") {
    response.body = R"({"status":"ok"})";
  } else if (request.path == "/readyz") {
    auto asking = store_.setup_version();
    const auto version = co_await std::move(asking);
    response.status = version && !draining_ ? 200 : 503;
    response.body = draining_ ? R"({"status":"shutting down"})"
                    : version ? R"({"status":"ready"})"
                              : R"({"status":"store failed"})";
  } else if (request.path == "/metrics") {
    auto collecting = metrics();
    co_return co_await std::move(collecting);
  } else {
    response.status = 404;
    response.body =
        R"({"error":"nothing is here; vendors deliver to /hooks/..., and /healthz, /readyz and /metrics exist"})";
  }
  co_return response;
}

async::Task<net::ServerResponse> Status::metrics() {
  auto collecting = engine_();
  const auto figures = co_await std::move(collecting);
  const auto& depths = figures.depths;
  Families families;
  add_deliveries(families, deliveries_);
  add_engine(families, figures);
  families.add("backhaul_store_up", "1 when the store answers.", MetricType::Gauge, depths ? 1 : 0);
  if (depths) {
    families.add("backhaul_unfiled", "Journal entries since the oldest delivery not looked at yet.", MetricType::Gauge,
                 static_cast<double>(depths->unfiled));
    families.add("backhaul_news", "Subjects with events not folded in yet.", MetricType::Gauge,
                 static_cast<double>(depths->news));
    families.add("backhaul_jobs_waiting", "Jobs waiting for their turn.", MetricType::Gauge,
                 static_cast<double>(depths->jobs_waiting));
    families.add("backhaul_attention", "Items a person should look at.", MetricType::Gauge,
                 static_cast<double>(depths->attention));
  }
  families.add("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge, resident_bytes());
  net::ServerResponse response;
  response.content_type = "text/plain; version=0.0.4";
  response.body = families.text();
  co_return response;
}

}  // namespace backhaul::api
