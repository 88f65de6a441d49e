#include "plugin/isolated/watched_runner.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <span>

#include "config/source_text.hpp"

namespace atrium {

namespace {
constexpr std::size_t output_turn_max = 65536;  // bytes read of what it writes before anybody else has a turn
constexpr std::size_t sentence_max = 1000;      // bytes of why it would not serve
}  // namespace

Result<std::unique_ptr<WatchedRunner>> WatchedRunner::start(Loop& loop, const std::filesystem::path& program, const LoadOrder& order,
                                                            std::chrono::milliseconds patience, Listener& listener,
                                                            PluginServices* services) {
  auto process = RunnerProcess::spawn(program);
  if (!process) return fail(std::move(process.error()));
  std::unique_ptr<WatchedRunner> runner(new WatchedRunner(loop, listener, *std::move(process)));
  std::size_t sent = 0;
  // A runner that ends before it has read this is told by its end.
  static_cast<void>(sendMessage(runner->process_->control(), {.kind = WireKind::load}, order.encode(), sent, true));
  if (services && order.services) {
    auto line = makeChannel();
    if (!line) return fail(std::move(line.error()));
    sent = 0;
    static_cast<void>(sendMessage(runner->process_->control(), {.kind = WireKind::services}, {}, sent, true, line->second.get()));
    runner->services_ = std::make_unique<ServiceCounter>(loop, *services, std::move(line->first), runner->process_);
  }
  runner->too_late_ = fmt::format("it was not ready within {} ms", patience.count());
  loop.timers().arm(runner->timer_, loop.now().mono + patience);
  return runner;
}

WatchedRunner::WatchedRunner(Loop& loop, Listener& listener, std::shared_ptr<RunnerProcess> process)
    : loop_(loop),
      listener_(listener),
      process_(std::move(process)),
      inbox_(offer_max),
      control_watch_([this] {
        if (!passing_.empty()) passChannels();
        if (control_watched_) readControl();
      }),
      output_watch_([this] { readOutput(); }),
      end_watch_([this] { onEnd(); }),
      timer_([this] { process_->kill(too_late_); }) {
  loop_.watch(process_->control(), EPOLLIN, control_watch_);
  loop_.watch(process_->output(), EPOLLIN, output_watch_);
  loop_.watch(process_->handle(), EPOLLIN, end_watch_);
}

WatchedRunner::~WatchedRunner() {
  leaveControl();
  if (output_watched_) loop_.unwatch(process_->output(), output_watch_);
  if (!ended_) {
    loop_.unwatch(process_->handle(), end_watch_);
    process_->kill("the server ends it");
  }
}

Descriptor WatchedRunner::openChannel() {
  if (!ready_ || !control_watched_ || ended_) return {};
  auto ends = makeChannel();
  if (!ends) return {};
  if (passing_.size() >= passing_max) {
    process_->kill("it takes no channel");
    return {};
  }
  passing_.push_back(std::move(ends->second));
  if (passing_.size() == 1) passChannels();
  return std::move(ends->first);
}

// That it has no room is no fault: it may just not have had its turn.
void WatchedRunner::passChannels() {
  Sent state = Sent::all;
  while (!passing_.empty() && state == Sent::all) {
    std::size_t sent = 0;
    state = sendMessage(process_->control(), {.kind = WireKind::attach}, {}, sent, false, passing_.front().get());
    if (state == Sent::all) passing_.pop_front();
  }
  if (state == Sent::ended) {  // So looks an end from outside, too, before it is told.
    process_->channelLost();
    return leaveControl();
  }
  if (const bool full = state == Sent::full; full != wants_out_) {
    wants_out_ = full;
    loop_.rewatch(process_->control(), full ? EPOLLIN | EPOLLOUT : EPOLLIN, control_watch_);
  }
}

void WatchedRunner::leaveControl() {
  if (control_watched_) loop_.unwatch(process_->control(), control_watch_);
  control_watched_ = false;
  passing_.clear();
}

void WatchedRunner::finish(std::chrono::milliseconds patience) {
  if (asked_to_end_ || ended_) return;
  asked_to_end_ = true;
  leaveControl();
  process_->closeControl();
  too_late_ = fmt::format("it did not end within {} ms", patience.count());
  loop_.timers().arm(timer_, loop_.now().mono + patience);
}

void WatchedRunner::readControl() {
  for (;;) {
    const WireInbox::Got got = inbox_.receive(process_->control(), false);
    if (got == WireInbox::Got::nothing) return;
    if (got == WireInbox::Got::message && inbox_.header().kind == WireKind::ready && !ready_) {
      ready_ = true;
      timer_.disarm();
      listener_.onReady(*this, inbox_.payload());
      if (!control_watched_) return;
      continue;
    }
    if (got == WireInbox::Got::message && inbox_.header().kind == WireKind::refuse && !ready_) {
      const std::string_view why = inbox_.payload().substr(0, sentence_max);
      refused_ = validUtf8(why) ? std::string(why) : "its reason is not UTF-8";
      continue;
    }
    // Its end of the socket is closed, or it says what it has no business to say.
    leaveControl();
    if (got != WireInbox::Got::ended) process_->kill("its runner said what no runner says");
    return;
  }
}

void WatchedRunner::readOutput() {
  char bytes[4096];
  for (std::size_t read = 0; read < output_turn_max;) {
    const ssize_t got = ::read(process_->output(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return;
    if (got == 0) {
      loop_.unwatch(process_->output(), output_watch_);
      output_watched_ = false;
      return;
    }
    read += static_cast<std::size_t>(got);
    for (const char byte : std::span(bytes, static_cast<std::size_t>(got))) {
      if (byte != '\n') {
        if (line_.size() < line_max) line_ += byte;
        continue;
      }
      if (!line_.empty()) listener_.onLine(line_);
      line_.clear();
    }
  }
}

void WatchedRunner::onEnd() {
  if (control_watched_) readControl();
  if (output_watched_) readOutput();
  if (!line_.empty()) listener_.onLine(line_);
  RunnerProcess::End end;
  if (!process_->reap(end, asked_to_end_)) return;
  loop_.unwatch(process_->handle(), end_watch_);
  ended_ = true;
  timer_.disarm();
  if (!refused_.empty()) end = {refused_, false, true, false, true};
  listener_.onEnded(*this, end);
}

}  // namespace atrium
