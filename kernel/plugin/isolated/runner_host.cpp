#include "plugin/isolated/runner_host.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "loop/loop_pool.hpp"
#include "plugin/isolated/offer.hpp"
#include "plugin/isolated/watched_runner.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

RunnerHost::RunnerHost(Options options, Log& log)
    : options_(std::move(options)), log_(log), metrics_(metric_table), loop_({}, clock_, metrics_.makeSet()), thread_([this] {
        pthread_setname_np(pthread_self(), "runners");
        loop_.run();
      }) {}

RunnerHost::~RunnerHost() {
  loop_.stop();
  thread_.join();
}

Result<std::unique_ptr<IsolatedPlugin>> RunnerHost::start(IsolatedPlugin::Plan plan) {
  plan.runner.program = options_.program;
  return IsolatedPlugin::start(loop_, log_, std::move(plan));
}

// Several trials on the loop: some at a time, the next one when one is done.
class RunnerHost::Probe {
 public:
  Probe(Loop& loop, const std::filesystem::path& program, std::span<const Trial> trials, std::chrono::milliseconds patience)
      : loop_(loop), program_(program), trials_(trials), patience_(patience), left_(trials.size()) {
    for (const Trial& trial : trials) running_.push_back(std::make_unique<One>(*this, trial));
  }
  // On the loop's thread.
  void begin() {
    const unsigned at_a_time = std::max(2u, availableCores());
    while (next_ < running_.size() && next_ < at_a_time) running_[next_++]->begin();
  }
  [[nodiscard]] std::future<void> done() { return done_.get_future(); }
  // After done(), on the loop's thread.
  [[nodiscard]] std::vector<Result<void>> results() {
    std::vector<Result<void>> results;
    for (auto& one : running_) results.push_back(std::move(*one->result));
    running_.clear();
    return results;
  }

 private:
  struct One final : WatchedRunner::Listener {
    One(Probe& its_probe, const Trial& its_trial) : probe(its_probe), trial(its_trial) {}
    void begin() {
      const LoadOrder order{.library_file = trial.library_file,
                            .options = trial.options,
                            .log_level = LogLevel::error,
                            .sandbox = {.memory_bytes = 0, .network = false},
                            .probe = true};
      auto started = WatchedRunner::start(probe.loop_, probe.program_, order, probe.patience_, *this);
      if (!started) return finish(fail(started.error()));
      runner = *std::move(started);
    }
    void onReady(WatchedRunner&, std::string_view offer) override {
      const auto sound = decodeOffer(offer, trial.manifest);
      finish(sound ? Result<void>() : fail(sound.error()));
    }
    void onEnded(WatchedRunner&, const RunnerProcess::End& end) override {
      if (!result) finish(fail(end.refused ? Code::rejected_by_plugin : Code::plugin_failed, end.how));
    }
    void onLine(std::string_view) override {}
    void finish(Result<void> said) {
      if (result) return;
      result = std::move(said);
      probe.loop_.postAlways([its_runner = std::move(runner), &its_probe = probe] { its_probe.oneDone(); });
    }
    Probe& probe;
    const Trial& trial;
    std::unique_ptr<WatchedRunner> runner;
    std::optional<Result<void>> result;
  };
  void oneDone() {
    if (next_ < running_.size()) running_[next_++]->begin();
    if (--left_ == 0) done_.set_value();
  }

  Loop& loop_;
  const std::filesystem::path& program_;
  std::span<const Trial> trials_;
  std::chrono::milliseconds patience_;
  std::vector<std::unique_ptr<One>> running_;
  std::size_t next_ = 0;
  std::size_t left_;
  std::promise<void> done_;
};

std::vector<Result<void>> RunnerHost::probe(std::span<const Trial> trials, std::chrono::milliseconds patience) {
  if (trials.empty()) return {};
  Probe probe(loop_, options_.program, trials, patience);
  auto done = probe.done();
  loop_.postAlways([&] { probe.begin(); });
  done.wait();
  // What the last one left behind goes in the turn that told; a turn later everything has gone.
  std::promise<std::vector<Result<void>>> results;
  loop_.postAlways([&] { results.set_value(probe.results()); });
  return results.get_future().get();
}

}  // namespace atrium
