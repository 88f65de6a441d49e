#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ctl/ctl.hpp"

namespace atrium {

// What `atriumctl demo` was asked for, as it was typed.
struct DemoArguments {
  std::string url = "http://127.0.0.1:8000";
  std::string config;  // A file; empty: the secret comes from JWT_SECRET_KEY.
  unsigned agents = 8;
  double load = .85, speed = 1;
  std::uint64_t seed = 1;
  std::optional<unsigned> leads;    // How many come; nothing: until it is interrupted.
  std::vector<std::string> guests;  // Users who become members of the team's rooms.
};

// Plays a simulated team in the tenant "demo" of a running server: its agents, and the leads that come to them. Takes TERM, INT and HUP for
// as long.
[[nodiscard]] ExitCode playDemo(const DemoArguments& arguments, const CtlContext& context);

}  // namespace atrium
