#include "ctl/demo/interrupt.hpp"

#include <ctime>

namespace atrium::demo {

Interrupt::Interrupt() {
  sigemptyset(&watched_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&watched_, signal);
  pthread_sigmask(SIG_BLOCK, &watched_, &before_);
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &pipe_before_);
}

Interrupt::~Interrupt() {
  sigaction(SIGPIPE, &pipe_before_, nullptr);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupt::wait(std::chrono::milliseconds time) {
  if (asked_) return true;
  const timespec limit{.tv_sec = static_cast<std::time_t>(time.count() / 1000),
                       .tv_nsec = static_cast<long>(time.count() % 1000) * 1'000'000};
  asked_ = sigtimedwait(&watched_, nullptr, &limit) > 0;
  return asked_;
}

}  // namespace atrium::demo
