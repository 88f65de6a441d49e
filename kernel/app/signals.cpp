#include "app/signals.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/assert.hpp"

namespace atrium {

namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void blockSignals() {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

SignalWatcher::SignalWatcher(Loop& loop, std::move_only_function<void(int signal)> told) : loop_(loop), told_(std::move(told)) {
  const sigset_t set = watched();
  descriptor_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  ATRIUM_ASSERT(descriptor_ >= 0, "a process that just started has a descriptor left");
  loop_.watch(descriptor_, EPOLLIN, *this);
}

SignalWatcher::~SignalWatcher() {
  loop_.unwatch(descriptor_, *this);
  close(descriptor_);
}

void SignalWatcher::onReady(std::uint32_t) {
  signalfd_siginfo info;
  while (read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) told_(static_cast<int>(info.ssi_signo));
}

}  // namespace atrium
