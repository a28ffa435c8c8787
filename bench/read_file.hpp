#pragma once
// A whole file, for the payloads the tools are given by name.

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace backhaul::bench {

inline std::string read_file(const std::string& name) {
  std::ifstream file{name, std::ios::binary};
  if (!file) throw std::runtime_error("cannot read \"" + name + "\"");
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace backhaul::bench
