#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace atrium {

// What an admin asks to be done with the plugins. A value.
struct PluginCommand {
  enum class Verb : std::uint8_t { enable, disable, reload, reset, configure, rescan, plan, apply };
  Verb verb{};
  std::string plugin = {};  // Not for rescan, plan and apply.
  std::string config = {};  // For configure: its new options, one JSON object.
  std::string by = {};      // Who asks, for the log.
};

// The way of one loop's API to whoever manages the plugins; kernel/app implements it. On that loop.
class PluginControl {
 public:
  virtual ~PluginControl() = default;
  // Carries the command out after those that were given before it, and completes with a PluginChange of schemas.yaml. Refusals are
  // change_refused, not_found, overloaded (too many commands wait) and shutting_down.
  virtual void run(PluginCommand command, Completion<std::string> done) = 0;
  // A Plugin of schemas.yaml; nothing: there is none of that id.
  [[nodiscard]] virtual std::optional<std::string> pluginJson(std::string_view id) const = 0;
  // A PluginEventList: what happened after the event of that number.
  [[nodiscard]] virtual std::string eventsJson(std::uint64_t after) const = 0;
};

}  // namespace atrium
