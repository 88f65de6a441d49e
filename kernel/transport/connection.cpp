#include "transport/connection.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "protocol/json_index.hpp"
#include "transport/connection_set.hpp"

namespace atrium {

Connection::Connection(ConnectionSet& set, std::unique_ptr<Stream> stream, bool from_loopback, ConnectionBudget::Place place,
                       Gate::Pass pass)
    : set_(set),
      stream_(std::move(stream)),
      outbox_(set.limits().outbox_max, set.totals()),
      timer_([this] { onTimer(); }),
      place_(std::move(place)),
      pass_(std::move(pass)),
      watched_(EPOLLIN),
      from_loopback_(from_loopback) {
  set_.loop().watch(stream_->descriptor(), watched_, *this);
}

Connection::~Connection() { set_.loop().unwatch(stream_->descriptor(), *this); }

void Connection::touch() { set_.schedule(*this); }

void Connection::become(std::unique_ptr<Protocol> next) {
  retire();
  protocol_ = std::move(next);
  touch();
}

void Connection::retire() {
  if (protocol_) set_.retire(std::move(protocol_));
}

void Connection::finish(std::chrono::milliseconds send_time) {
  if (phase_ != Phase::open) return;
  phase_ = Phase::finishing;
  retire();
  pending_ = std::string();
  setDeadline(send_time == std::chrono::milliseconds::max() ? Mono::max() : set_.now() + send_time);
  touch();
}

void Connection::abort() {
  if (phase_ == Phase::gone) return;
  phase_ = Phase::gone;
  retire();
  timer_.disarm();
  set_.doom(*this);
}

void Connection::drain() {
  if (phase_ == Phase::open) protocol_->onDrain();
}

Pushed Connection::push(const FramePtr& frame, const PushOptions& options) {
  const bool full_before = outbox_.fullSince().has_value();
  const Pushed pushed = outbox_.push(frame, options, set_.now());
  if (pushed == Pushed::queued) touch();
  if (pushed == Pushed::full && !full_before) armTimer();
  return pushed;
}

void Connection::pushAnswer(FramePtr frame) {
  outbox_.pushAnswer(std::move(frame), set_.now());
  touch();
}

void Connection::pushControl(FramePtr frame) {
  outbox_.pushControl(std::move(frame), set_.now());
  touch();
}

void Connection::pushLast(FramePtr frame) {
  outbox_.pushLast(std::move(frame), set_.now());
  touch();
}

void Connection::onReady(std::uint32_t events) {
  if (events & EPOLLOUT) {
    blocked_ = false;  // Until the write at the end of this turn says otherwise.
    outbox_.dueNow(set_.now());
    if (phase_ == Phase::open) protocol_->onProgress();
    touch();
  }
  if (phase_ == Phase::gone) return;
  if (watched_ & EPOLLIN) {
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) read();
  } else if (events & (EPOLLERR | EPOLLHUP)) {
    // Nobody is reading, so nobody else would notice, and the system reports it again and again.
    abort();
  }
}

void Connection::read() {
  const auto buffer = set_.readBuffer();
  const Stream::Moved moved = stream_->read(buffer);
  if (moved.state == Stream::State::again) return;
  if (moved.state == Stream::State::broken) return abort();
  if (moved.state == Stream::State::ended) return endInput();
  set_.noteRead(moved.bytes);
  takeInput(buffer.first(moved.bytes));
  if (!wantsRead()) touch();
}

void Connection::takeInput(std::span<char> bytes) {
  while (!bytes.empty()) {
    if (phase_ != Phase::open) return drop(bytes.size());
    const Protocol* const speaking = protocol_.get();
    bytes = bytes.subspan(protocol_->onInput(bytes));
    if (phase_ == Phase::open && protocol_.get() == speaking) break;
  }
  if (!bytes.empty()) {
    pending_.assign(bytes.data(), bytes.size());
    touch();
  }
}

// Input after the protocol's end.
void Connection::drop(std::size_t bytes) {
  dropped_ += bytes;
  if (dropped_ > set_.limits().linger_bytes) abort();
}

void Connection::endInput() {
  input_ended_ = true;
  touch();  // Stops watching for input, which would be readable for ever.
  if (phase_ == Phase::lingering) return abort();
  if (phase_ == Phase::open) protocol_->onInputEnd();
}

Connection::Settled Connection::settle(Mono now) {
  if (takesPending()) {
    std::string taken = std::exchange(pending_, std::string());
    const std::size_t size = taken.size();
    taken.append(JsonIndexer::padding, '\0');
    takeInput(std::span(taken).first(size));
    // What it asked for may wait for a step that comes before this one, and nothing else need happen to bring about another turn.
    set_.loop().turnAgain();
  }
  if (phase_ == Phase::gone) return Settled::done;
  const bool waits = outbox_.waiting() != 0 && !blocked_;
  if (waits && outbox_.due() > now) return Settled::held;
  if (waits) write(now);
  if (takesPending()) touch();  // The outbox was too full for it before.
  if (phase_ == Phase::finishing && outbox_.waiting() == 0) {
    stream_->endWrites();
    phase_ = Phase::lingering;
    setDeadline(now + set_.limits().linger_timeout);
    if (input_ended_) abort();
  }
  if (phase_ != Phase::gone) watchFor();
  return Settled::done;
}

void Connection::write(Mono now) {
  switch (outbox_.flush(*stream_, now)) {
    case Outbox::Flushed::all: return;
    case Outbox::Flushed::partly:
      blocked_ = true;
      blocked_since_ = now;
      return armTimer();
    case Outbox::Flushed::broken: return abort();
  }
}

bool Connection::wantsRead() const {
  if (input_ended_) return false;
  if (phase_ != Phase::open) return true;
  // A client that does not take its answers is not asked for more.
  return pending_.empty() && protocol_->wantsInput() && !outbox_.overHalf();
}

bool Connection::takesPending() const {
  return phase_ == Phase::open && !pending_.empty() && protocol_->wantsInput() && !outbox_.overHalf();
}

void Connection::watchFor() {
  const std::uint32_t wanted =
      (wantsRead() ? static_cast<std::uint32_t>(EPOLLIN) : 0U) | (blocked_ ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  if (wanted == watched_) return;
  watched_ = wanted;
  set_.loop().rewatch(stream_->descriptor(), watched_, *this);
}

void Connection::setDeadline(Mono deadline) {
  deadline_ = deadline;
  armTimer();
}

Mono Connection::nextDeadline() const {
  Mono next = deadline_;
  if (blocked_) next = std::min(next, blocked_since_ + set_.limits().write_timeout);
  if (const auto full_since = outbox_.fullSince(); full_since && phase_ == Phase::open)
    next = std::min(next, *full_since + set_.limits().slow_timeout);
  return next;
}

// Deadlines mostly move into the future, and often: the timer stays where it is and looks again when it fires.
void Connection::armTimer() {
  const Mono next = nextDeadline();
  if (next != Mono::max() && (!timer_.armed() || next < timer_.deadline())) set_.loop().timers().arm(timer_, next);
}

void Connection::onTimer() {
  const Mono now = set_.now();
  const auto full_since = outbox_.fullSince();
  if (blocked_ && blocked_since_ + set_.limits().write_timeout <= now) {
    abort();
  } else if (phase_ != Phase::open) {
    if (deadline_ <= now) abort();
  } else if (full_since && *full_since + set_.limits().slow_timeout <= now) {
    protocol_->onSlow();
  } else if (deadline_ <= now) {
    protocol_->onDeadline();
  }
  if (phase_ != Phase::gone) armTimer();
}

}  // namespace atrium
