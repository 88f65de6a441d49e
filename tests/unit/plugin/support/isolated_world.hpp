#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "engine/hooks.hpp"
#include "loop/loop.hpp"
#include "plugin/isolated/isolated_plugin.hpp"
#include "plugin/isolated/runner_host.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/process_hooks.hpp"
#include "plugin_world.hpp"

namespace atrium::test {

// A loop on a thread of its own, by the machine's clock.
class LoopThread {
 public:
  LoopThread();
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  [[nodiscard]] Loop& loop() { return loop_; }
  // Runs it there and waits for it.
  void run(const std::function<void()>& task);
  void stop();

 private:
  SystemClock clock_;
  MetricRegistry registry_;
  Loop loop_;
  std::thread thread_;
};

// One plugin in a runner, and a loop from which its hooks are called.
class IsolatedWorld {
 public:
  // `options`: as the plugin gets them; empty: the manifest's defaults.
  explicit IsolatedWorld(const std::filesystem::path& plugin_file, std::string options = {});
  ~IsolatedWorld();

  // Starts the runner; the reason when it does not.
  [[nodiscard]] Result<void> start();
  // Tries it in a throw-away runner.
  [[nodiscard]] Result<void> probe(std::chrono::milliseconds patience);

  // Calls a hook and waits for what it says.
  [[nodiscard]] HookOutcome ask(const HookCall& call);
  // Will_post with a message of that content.
  [[nodiscard]] HookOutcome post(std::string content);
  // The same without waiting for what it says. On the loop's thread.
  [[nodiscard]] std::shared_ptr<std::promise<HookOutcome>> begin(std::string content);
  // The order that starts it.
  [[nodiscard]] LoadOrder order() const;
  // Waits until the runner's figures are so; false: they are not after half a minute.
  [[nodiscard]] bool become(const std::function<bool(const RunnerFigures&)>& so);

  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] LoadedPlugin& plugin() { return *plugin_; }
  [[nodiscard]] IsolatedPlugin& runner() { return *plugin_->isolated(); }
  [[nodiscard]] LoopThread& thread() { return thread_; }
  [[nodiscard]] HookTarget& hooks() { return *hooks_; }
  // What was told of faults so far.
  [[nodiscard]] std::vector<std::string> faults();

  SandboxRules sandbox;
  unsigned cpu_percent_max = 0;
  ServiceParts parts;                                                    // What its services are built on.
  std::optional<std::vector<std::string>> grants = {};                   // Nothing: what its manifest wants.
  std::optional<std::vector<std::string>> runner_grants = std::nullopt;  // What the runner believes to be granted; nothing: that.
  HookSettings settings;
  Scene scene;

 private:
  SystemClock clock_;
  CallClock call_clock_;
  Log log_{Log::Options{.level = LogLevel::error}};
  TemporaryDirectory directory_;
  PluginFile file_;
  Manifest manifest_;
  std::string options_;
  std::filesystem::path copy_;
  HookSource source_;
  LoopThread thread_;
  RunnerHost host_;
  std::unique_ptr<LoadedPlugin> plugin_;
  std::shared_ptr<HookTarget> hooks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  RunnerFigures figures_;
  std::vector<std::string> faults_;
};

}  // namespace atrium::test
