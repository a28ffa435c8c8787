// backhaul.toml, as an operator may have written it.

#include "cli/config.hpp"
#include "fuzz.hpp"

using namespace backhaul;
using namespace backhaul::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = cli::parse_config(view(data, size), "/etc/backhaul.toml");
  if (!config) {
    check(config.error().message.starts_with("/etc/backhaul.toml:"), "an error names the file and the line");
    return 0;
  }
  check(config->data_dir.is_absolute() && config->master_key_file.is_absolute(), "paths come out absolute");
  check(config->listen_port >= 0 && config->listen_port <= 65'535, "a port is one");
  check(!config->public_url.ends_with('/'), "an address has no slash at its end");
  check(config->limits.connections_max > 0 && config->limits.body_bytes_max >= 1'024, "limits let something in");
  for (const auto wait : {config->poll_interval, config->webhook_interval, config->lease, config->blocked_wait,
                          config->limits.request_timeout, config->limits.idle_timeout}) {
    check(wait > Millis{0} && wait <= Millis{86'400'000}, "waits are between nothing and a day");
  }
  return 0;
}
