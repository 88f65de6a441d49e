#include "app/watchdog.hpp"

#include <algorithm>
#include <utility>

namespace atrium {

std::optional<unsigned> stuckLoop(LoopPool& loops, Mono now, std::chrono::nanoseconds limit) {
  std::optional<unsigned> stuck;
  std::int64_t oldest_ns = (now - limit).time_since_epoch().count();
  for (unsigned index = 0; index < loops.size(); ++index) {
    const std::int64_t started_ns = loops[index].turnStartedNs();
    if (started_ns == 0 || started_ns > oldest_ns) continue;
    oldest_ns = started_ns;
    stuck = index;
  }
  return stuck;
}

Watchdog::Watchdog(LoopPool& loops, const Clock& clock, Options options, std::move_only_function<void()> look,
                   std::move_only_function<void(Stuck)> stuck)
    : loops_(loops), clock_(clock), options_(options), look_(std::move(look)), stuck_(std::move(stuck)), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Watchdog::endBy(Mono deadline) {
  {
    const std::scoped_lock lock(mutex_);
    end_by_ = deadline;
  }
  changed_.notify_all();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::chrono::nanoseconds pause = options_.period;
    if (end_by_) pause = std::clamp(*end_by_ - clock_.now().mono, std::chrono::nanoseconds{0}, pause);
    changed_.wait_for(lock, pause);
    if (stopping_) return;
    const Mono now = clock_.now().mono;
    const bool late = end_by_ && now >= *end_by_;
    lock.unlock();
    if (late) stuck_(Stuck::stop);
    if (stuckLoop(loops_, now, options_.stuck_after)) stuck_(Stuck::loop);
    look_();
    lock.lock();
  }
}

}  // namespace atrium
