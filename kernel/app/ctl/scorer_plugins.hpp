#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "config/problem.hpp"
#include "ctl/ctl.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/plugin_scorer.hpp"

namespace atrium {

// The scorers that a server of this configuration would route by, out of the same files and with the same options, without a server: all
// other plugins are left alone. They are called in this process, wherever the server would run them.
class ScorerPlugins {
 public:
  // `config` empty: all defaults. `directories` not empty: where plugins are looked for instead of where the configuration says. Otherwise
  // says what is wrong, each line ended: the configuration, a directory, or a scorer that the configuration names and that cannot be used.
  [[nodiscard]] static std::expected<std::unique_ptr<ScorerPlugins>, std::string> load(
      const std::string& config, const std::vector<std::filesystem::path>& directories, const CtlContext& context);
  ~ScorerPlugins();
  ScorerPlugins(const ScorerPlugins&) = delete;
  ScorerPlugins& operator=(const ScorerPlugins&) = delete;

  [[nodiscard]] const std::map<std::string, Scorer*, std::less<>>& byName() const { return scorers_->byName(); }

 private:
  ScorerPlugins() = default;

  SystemClock clock_;
  Log log_{Log::Options{.level = LogLevel::warning}};
  std::filesystem::path copies_;  // Of the plugins' files, gone at the end; empty: there are none.
  std::unique_ptr<PluginHost> host_;
  std::optional<PluginScorers> scorers_;
};

}  // namespace atrium
