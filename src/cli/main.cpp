#include <iostream>

#include "cli/verbs.hpp"

int main(int argc, char** argv) {
  using namespace backhaul::cli;
  CLI::App app{"Backhaul carries returns between a returns platform and the warehouses that receive them."};
  app.set_version_flag("--version", "backhaul " BACKHAUL_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  Globals globals;
  int status = 0;
  app.add_option("-c,--config", globals.config_file, "Configuration file")->capture_default_str();
  app.add_flag("--json", globals.json, "Print JSON, for scripts");
  const Registration to{.app = app, .globals = globals, .status = status};
  add_init(to);
  add_serve(to);
  add_connect(to);
  add_connections(to);
  add_doctor(to);
  add_returns(to);
  add_jobs(to);
  add_attention(to);
  add_backfill(to);
  add_policy(to);
  add_map(to);
  add_migrate(to);
  add_move(to);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    // A broken invariant: say so rather than abort without a word.
    std::cerr << "backhaul: internal error: " << error.what() << "\n";
    return 70;
  }
  return status;
}
