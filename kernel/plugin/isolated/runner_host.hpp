#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "loop/loop.hpp"
#include "plugin/isolated/isolated_plugin.hpp"
#include "plugin/isolated/load_order.hpp"
#include "plugin/manifest.hpp"

namespace atrium {

// A plugin that is to be tried before it is loaded in this process. The manifest outlives the trial.
struct Trial {
  const Manifest& manifest;
  std::filesystem::path library_file;  // The private copy; it stays.
  std::string options;
};

// Runs runners: one thread with a loop, which starts, watches and ends them. It must not end before the runners it started, because the
// system ends them with it. Any thread may call, but its own.
class RunnerHost {
 public:
  struct Options {
    std::filesystem::path program;  // atrium-runner
  };
  RunnerHost(Options options, Log& log);
  ~RunnerHost();  // What it started has been destroyed.
  RunnerHost(const RunnerHost&) = delete;
  RunnerHost& operator=(const RunnerHost&) = delete;

  // Starts a plugin in a runner of its own and waits until it is ready. Fails with plugin_failed and one sentence.
  [[nodiscard]] Result<std::unique_ptr<IsolatedPlugin>> start(IsolatedPlugin::Plan plan);

  // Loads each plugin in a throw-away runner: create, self-test, destroy, unload; several at a time. The results stand in the order of the
  // trials; one that crashes, ends the process or has not done after `patience` fails with plugin_failed and one sentence, one that says
  // itself why it does not start with rejected_by_plugin and what it said.
  [[nodiscard]] std::vector<Result<void>> probe(std::span<const Trial> trials, std::chrono::milliseconds patience);

 private:
  class Probe;
  Options options_;
  Log& log_;
  SystemClock clock_;
  MetricRegistry metrics_;
  Loop loop_;
  std::thread thread_;
};

}  // namespace atrium
