#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "app/edge.hpp"
#include "app/kernel.hpp"
#include "app/settings_map.hpp"

// A server's life after its start: signals, re-reading the configuration, and the steps of its end. First it says that it is not ready and
// gives balancers time to notice; then nothing new comes in, sessions are told and closed, what is on its way is finished and stored; last
// the threads end.
namespace atrium {

namespace {

// What the end of the threads and of the store may take after the last client has gone.
constexpr std::chrono::milliseconds last_steps{3000};

// Counts what has ended on the loops, for a thread that waits for all of it.
class Countdown {
 public:
  explicit Countdown(unsigned count) : left_(count) {}
  void done() {
    const std::scoped_lock lock(mutex_);
    --left_;
    changed_.notify_all();
  }
  void waitFor(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned left_;
};

}  // namespace

Kernel::~Kernel() { endParts(); }

void Kernel::onSignal(int signal) {
  if (signal != SIGHUP) {
    if (node_->draining()) std::_Exit(1);  // The second time: at once. What was confirmed is stored.
    node_->drain();
    // From now on, whatever the main thread is at.
    const Mono now = clock_.now().mono;
    stop_asked_ns_ = now.time_since_epoch().count();
    watchdog_->endBy(now + at_start_.server.shutdown_timeout);
  }
  control_.signal(signal);
}

void Kernel::run() {
  const int signal = waitForStop();
  control_.close();

  const auto allowed = settings_.server.shutdown_timeout;
  const Mono began{std::chrono::nanoseconds(stop_asked_ns_.load())};
  end_by_ = began + allowed;
  log_.info("server.stopping", {{"signal", signal == SIGTERM ? "TERM" : "INT"}, {"connections", budget_.taken()}});
  std::this_thread::sleep_for(settings_.server.drain_delay);  // A second signal ends the process where it arrives.
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(allowed - (clock_.now().mono - began) - last_steps);
  drainEdges(std::max(left, std::chrono::milliseconds{0}));
  endParts();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().mono - began);
  log_.info("server.stopped", {{"stop_ms", took.count()}});
}

void Kernel::drainEdges(std::chrono::milliseconds patience) {
  // Shared with the loops, which may come to it after this thread has lost its patience.
  const auto ended = std::make_shared<Countdown>(2 * loops_->size());
  for (unsigned index = 0; index < loops_->size(); ++index)
    (*loops_)[index].postAlways([edge = edges_[index].get(), ended, patience] {
      // What was measured of the last messages is written, too.
      edge->shard.drain(CloseCode::shutdown, [edge, ended] { edge->recorder.stop([ended] { ended->done(); }); });
      edge->transport->drain(patience, [ended] { ended->done(); });
    });
  ended->waitFor(patience + last_steps / 3);
}

// Until each loop that turns has come to its posts.
void Kernel::awaitLoops(std::chrono::milliseconds patience) {
  if (!news_) return;  // They never turned.
  const auto turned = std::make_shared<Countdown>(loops_->size());
  for (unsigned index = 0; index < loops_->size(); ++index) (*loops_)[index].postAlways([turned] { turned->done(); });
  turned->waitFor(patience);
}

void Kernel::endParts() {
  // What runs on workers ends while the store and the loops still answer it; then the store, while the loops still turn.
  if (reports_) reports_->stop();
  if (http_) http_->stop();
  if (judges_) judges_->stop();
  if (workers_) workers_->stop();
  if (answers_) answers_->stop();
  access_.close();
  awaitLoops(last_steps / 3);  // What came back from the last workers is on its way to the store.
  if (store_) store_->stop();
  if (loops_) loops_->stop();
  if (plugins_) {
    plugins_->journal().onEvent({});  // No session is left that could be told.
    plugins_->registry().onChange({});
    plugins_->leave();
  }
  signals_.reset();
  for (auto& edge : edges_) edge->transport.reset();
  sinks_.reset();
  edges_.clear();
  // What the watchdog looks at goes now; until the last plugin has ended, another one looks at nothing but the time.
  watchdog_.reset();
  if (end_by_) {
    watchdog_ = std::make_unique<Watchdog>(*loops_, clock_, Watchdog::Options{}, [] {}, endAtOnce);
    watchdog_->endBy(*end_by_);
  }
  node_.reset();
  store_.reset();
  if (plugins_) plugins_->stop();
  watchdog_.reset();
  end_by_.reset();
}

void Kernel::endAtOnce(Watchdog::Stuck what) {
  std::fprintf(stderr, "atriumd: %s\n", what == Watchdog::Stuck::loop ? "an event loop is stuck" : "the server did not stop in time");
  std::abort();
}

}  // namespace atrium
