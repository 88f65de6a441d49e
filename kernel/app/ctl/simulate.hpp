#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ctl/ctl.hpp"

namespace atrium {

// What `atriumctl simulate` was asked for, as it was typed.
struct SimulateArguments {
  std::string config;                          // Empty: all defaults.
  std::vector<std::filesystem::path> plugins;  // Empty: where the configuration says.
  std::string scenario;                        // Standard scenarios whose name holds this; empty: all of them.
  // One of these makes a scenario of the caller's own.
  std::optional<unsigned> agents;
  std::optional<double> load, hours, slowdown;
  std::string patience;  // As in 10m; 0s: nobody leaves; empty: what it is by default.
  bool bursts = false;
  std::vector<std::string> policies;  // Empty: all there are.
  std::string agents_weights, queue;  // A policy of the caller's own; empty: none.
  std::string ageing_guard;           // Its ageing guard, as in 20m; empty: what it is by default.
  unsigned seeds = 10;
  bool json = false;
};

// Lets policies work through simulated leads with the scorer plugins that a server would load, and prints a table for each scenario.
[[nodiscard]] ExitCode simulateRouting(const SimulateArguments& arguments, const CtlContext& context);

}  // namespace atrium
