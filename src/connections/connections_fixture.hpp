#pragma once
// What the tests of this folder share.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "connections/live.hpp"
#include "connectors/registry.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "support/manual_loop.hpp"
#include "support/scripted_http.hpp"

namespace backhaul::connections {

// A folder for one test, removed after it.
struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "backhaul-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder for the test");
    path = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

inline Vault make_vault(const Folder& folder, const std::string& name = "master.key") {
  const auto created = Vault::create_key(folder.path / name);
  EXPECT_TRUE(created) << created.error().message;
  return *Vault::open(folder.path / name);
}

}  // namespace backhaul::connections
