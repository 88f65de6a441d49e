#include "loop/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "base/assert.hpp"

namespace atrium {

// The descriptors behind a loop, and the events of the present turn that have not been handled yet.
struct Loop::Poller {
  Poller() : epoll(::epoll_create1(EPOLL_CLOEXEC)), bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    ATRIUM_ASSERT(epoll >= 0 && bell >= 0, "no descriptors left for an event loop");
    // Edge-triggered: every ring is one event, and the counter need never be read.
    control(EPOLL_CTL_ADD, bell, EPOLLIN | EPOLLET, nullptr);
  }
  ~Poller() {
    ::close(bell);
    ::close(epoll);
  }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void control(int operation, int descriptor, std::uint32_t events, Watcher* watcher) const {
    epoll_event event{.events = events, .data = {.ptr = watcher}};
    const int result = ::epoll_ctl(epoll, operation, descriptor, &event);
    ATRIUM_ASSERT(result == 0, "a descriptor is watched once, by its owner, while it is open");
  }

  // Sleeps for `wait`, or for as long as nothing happens, and collects what is ready.
  void collect(std::optional<std::chrono::nanoseconds> wait) {
    timespec time{};
    if (wait) time = {.tv_sec = wait->count() / 1'000'000'000, .tv_nsec = wait->count() % 1'000'000'000};
    const int count = ::epoll_pwait2(epoll, events.data(), static_cast<int>(events.size()), wait ? &time : nullptr, nullptr);
    ATRIUM_ASSERT(count >= 0 || errno == EINTR, "epoll_pwait2 needs Linux 5.11");
    ready = std::span(events).first(count > 0 ? static_cast<std::size_t>(count) : 0);
  }

  const int epoll;
  const int bell;
  std::array<epoll_event, 256> events{};
  std::span<epoll_event> ready;
};

Loop::Loop(Options options, const Clock& clock, MetricSet& metrics)
    : options_(options),
      clock_(clock),
      metrics_(metrics),
      now_(clock.now()),
      timers_(now_.mono),
      mailbox_(options.mailbox_tasks),
      poller_(std::make_unique<Poller>()) {}

Loop::~Loop() = default;

void Loop::run() {
  while (!stopping_.load()) turn();
  mailbox_.close();
  mailbox_.take(posted_);
  posted_.clear();
}

void Loop::stop() {
  stopping_.store(true);
  wake();
}

void Loop::wake() {
  // One ring wakes a sleeper, however many want it awake.
  if (asleep_.exchange(false)) {
    [[maybe_unused]] const int ignored = ::eventfd_write(poller_->bell, 1);
  }
}

bool Loop::post(Task task) {
  bool was_empty = false;
  const bool posted = mailbox_.post(task, was_empty);
  if (!posted) refused_.fetch_add(1, std::memory_order_relaxed);
  if (was_empty) wake();
  return posted;
}

bool Loop::postAlways(Task task) {
  bool was_empty = false;
  const bool posted = mailbox_.postAlways(task, was_empty);
  if (was_empty) wake();
  return posted;
}

std::optional<std::chrono::nanoseconds> Loop::waitTime() const {
  std::optional<Mono> until = timers_.nextDeadline();
  if (wake_by_ && (!until || *wake_by_ < *until)) until = wake_by_;
  if (!until) return std::nullopt;
  return std::max(*until - clock_.now().mono, std::chrono::nanoseconds{0});
}

void Loop::turn() {
  // Whoever posts or stops after this line sees a sleeper and rings; what came before it is seen by the check that follows.
  asleep_.store(true);
  const bool busy = again_ || stopping_.load() || mailbox_.size() != 0;
  const auto wait = busy ? std::chrono::nanoseconds{0} : waitTime();
  again_ = false;
  wake_by_.reset();
  poller_->collect(wait);
  asleep_.store(false);

  now_ = clock_.now();
  turn_started_ns_.store(now_.mono.time_since_epoch().count(), std::memory_order_relaxed);
  while (!poller_->ready.empty()) {
    const epoll_event event = poller_->ready.front();
    poller_->ready = poller_->ready.subspan(1);
    if (auto* watcher = static_cast<Watcher*>(event.data.ptr)) watcher->onReady(event.events);
  }
  runPosted();
  timers_.advance(now_.mono);
  for (auto& step : turn_end_) step();
  report(clock_.now().mono);
}

void Loop::runPosted() {
  mailbox_.take(posted_);
  for (Task& task : posted_) {
    task();
    task = nullptr;  // What it held goes before the next one runs, as if it had been alone.
  }
  posted_.clear();
}

void Loop::report(Mono ended) {
  turn_started_ns_.store(0, std::memory_order_relaxed);
  if (options_.turn_seconds) metrics_.observe(*options_.turn_seconds, ended - now_.mono);
  // Refusals happen on the threads that post; the metric set is this thread's.
  const std::uint64_t refused = refused_.load(std::memory_order_relaxed);
  if (options_.mailbox_refused && refused != refused_told_)
    metrics_.add(*options_.mailbox_refused, static_cast<std::int64_t>(refused - refused_told_));
  refused_told_ = refused;
}

void Loop::watch(int descriptor, std::uint32_t events, Watcher& watcher) { poller_->control(EPOLL_CTL_ADD, descriptor, events, &watcher); }

void Loop::rewatch(int descriptor, std::uint32_t events, Watcher& watcher) {
  poller_->control(EPOLL_CTL_MOD, descriptor, events, &watcher);
}

void Loop::unwatch(int descriptor, Watcher& watcher) {
  poller_->control(EPOLL_CTL_DEL, descriptor, 0, nullptr);
  for (epoll_event& event : poller_->ready)
    if (event.data.ptr == &watcher) event.data.ptr = nullptr;
}

void Loop::atTurnEnd(std::move_only_function<void()> step) { turn_end_.push_back(std::move(step)); }

}  // namespace atrium
