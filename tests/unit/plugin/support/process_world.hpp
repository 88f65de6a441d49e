#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "engine/hooks.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin_world.hpp"

namespace atrium::test {

// One plugin in this process, as IsolatedWorld has one in a runner.
class ProcessWorld {
 public:
  // `parts`: what its services are built on.
  explicit ProcessWorld(const ServiceParts& parts = {}) : parts_(parts) {}
  ~ProcessWorld();

  // Loads it with no options; the reason when it does not start. `grants`: nothing for what its manifest wants.
  [[nodiscard]] Result<void> start(const std::filesystem::path& plugin_file,
                                   const std::optional<std::vector<std::string>>& grants = std::nullopt);
  // Will_post with a message of that content, which completes inline.
  [[nodiscard]] HookOutcome post(std::string content);
  [[nodiscard]] LoadedPlugin& plugin() { return *plugin_; }

 private:
  ServiceParts parts_;
  SystemClock clock_;
  CallClock call_clock_;
  Log log_{Log::Options{.level = LogLevel::error}};
  TemporaryDirectory directory_;
  Manifest manifest_;
  HookSource source_;
  Scene scene_;
  std::unique_ptr<LoadedPlugin> plugin_;
  std::shared_ptr<HookTarget> hooks_;
};

}  // namespace atrium::test
