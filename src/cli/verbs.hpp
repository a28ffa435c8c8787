#pragma once
// The verbs of the command line: each adds itself to the parser. `status` receives the exit status of the one that ran.

#include <CLI/CLI.hpp>

#include "cli/session.hpp"

namespace backhaul::cli {

struct Registration {
  CLI::App& app;
  Globals& globals;
  int& status;
};

void add_init(const Registration& to);
void add_serve(const Registration& to);
void add_connect(const Registration& to);      // connect <vendor>
void add_connections(const Registration& to);  // connections list|import|remove
void add_import(const Registration& to, CLI::App& connections);
void add_doctor(const Registration& to);
void add_returns(const Registration& to);  // returns list|show
void add_jobs(const Registration& to);     // jobs list|show|retry
void add_attention(const Registration& to);
void add_backfill(const Registration& to);
void add_policy(const Registration& to);  // policy show|set
void add_map(const Registration& to);     // map list|set|remove
void add_migrate(const Registration& to);
void add_move(const Registration& to);

}  // namespace backhaul::cli
