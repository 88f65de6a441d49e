#include "plugin/isolated/runner_channel.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

namespace atrium {

void RunnerChannel::Inbox::deliver(const std::shared_ptr<Inbox>& self, Descriptor socket, std::shared_ptr<RunnerProcess> process) {
  const std::scoped_lock lock(mutex_);
  if (!loop_) return;
  loop_->postAlways([self, socket = std::move(socket), process = std::move(process)]() mutable {
    if (self->channel_) self->channel_->attach(std::move(socket), std::move(process));
  });
}

bool RunnerChannel::Inbox::closed() {
  const std::scoped_lock lock(mutex_);
  return loop_ == nullptr;
}

bool RunnerChannel::Inbox::waitClosed(Mono until) {
  std::unique_lock lock(mutex_);
  return gone_.wait_until(lock, until, [this] { return loop_ == nullptr; });
}

std::future<void> RunnerChannel::Inbox::abandon(const std::shared_ptr<Inbox>& self) {
  std::promise<void> promise;
  auto over = promise.get_future();
  {
    const std::scoped_lock lock(mutex_);
    if (!loop_) return over;  // The promise goes, and with it the wait.
    const bool posted = loop_->postAlways([self, promise = std::move(promise)]() mutable {
      if (self->channel_) self->channel_->abandon(true);
      promise.set_value();
    });
    if (posted) return over;
  }
  if (channel_) channel_->abandon(false);
  return over;
}

RunnerChannel::RunnerChannel(Loop& loop)
    : loop_(loop), inbox_(std::make_shared<Inbox>(loop)), wire_(wire_answer_max), timer_([this] { onTimer(); }) {
  inbox_->channel_ = this;
}

RunnerChannel::~RunnerChannel() {
  inbox_->channel_ = nullptr;
  if (socket_) loop_.unwatch(socket_.get(), *this);
  const std::scoped_lock lock(inbox_->mutex_);
  inbox_->loop_ = nullptr;
  inbox_->gone_.notify_all();
}

void RunnerChannel::call(Call call, RunnerAnswered done) {
  if (calls_.size() >= calls_max || bytes_ + call.request.size() > bytes_max || call.request.size() > wire_request_max) {
    RunnerAnswer answer;
    answer.why = call.request.size() > wire_request_max ? "the call is too large for a runner" : "too many calls wait for its runner";
    return done(answer);
  }
  const Mono now = steadyNow();
  bytes_ += call.request.size();
  Pending& pending = calls_.emplace_back();
  pending.call = std::move(call);
  pending.done = std::move(done);
  pending.id = ++last_id_;
  pending.began = now;
  pending.expires = now + runner_outage;
  flush();
  armTimer();
}

void RunnerChannel::attach(Descriptor socket, std::shared_ptr<RunnerProcess> process) {
  const auto self = shared_from_this();
  if (socket_) detach("its runner was replaced");
  socket_ = std::move(socket);
  process_ = std::move(process);
  wants_out_ = false;
  wire_ = WireInbox(wire_answer_max);
  const Mono now = steadyNow();
  for (Pending& pending : calls_) pending.began = now, pending.suspected.reset();
  loop_.watch(socket_.get(), EPOLLIN, *this);
  flush();
  armTimer();
}

// The runner is gone. Only the oldest call can have been begun: it is the one that counts as tried. When it is made once more, the time in
// the runner is none that it waited.
void RunnerChannel::detach(std::string_view why) {
  loop_.unwatch(socket_.get(), *this);
  socket_.reset();
  process_.reset();
  const bool was_begun = !calls_.empty() && calls_.front().done && (calls_.front().sent > 0 || calls_.front().sent_whole);
  for (Pending& pending : calls_) {
    pending.sent = 0;
    pending.sent_whole = false;
  }
  unsent_ = given_up_ = 0;
  std::erase_if(calls_, [this](const Pending& pending) {
    if (!pending.done) bytes_ -= pending.call.request.size();
    return !pending.done;
  });
  if (was_begun) {
    Pending& front = calls_.front();
    const std::chrono::nanoseconds took = steadyNow() - front.began;
    if (front.call.repeatable && !front.repeated) {
      front.repeated = true;
      front.expires += took;
    } else {
      failFront(std::string(why), took);
    }
  }
  armTimer();
}

void RunnerChannel::flush() {
  if (!socket_) return;
  bool full = false;
  while (unsent_ < calls_.size() && !full) {
    Pending& pending = calls_[unsent_];
    const std::string_view request(reinterpret_cast<const char*>(pending.call.request.data()), pending.call.request.size());
    switch (sendMessage(socket_.get(), {.kind = WireKind::call, .method = pending.call.method, .call = pending.id}, request, pending.sent,
                        false)) {
      case Sent::all:
        pending.sent_whole = true;
        ++unsent_;
        break;
      case Sent::full: full = true; break;
      case Sent::ended: full = true; break;  // The socket's end is read from it, behind the answers that came before.
    }
  }
  if (full != wants_out_) {
    wants_out_ = full;
    loop_.rewatch(socket_.get(), full ? EPOLLIN | EPOLLOUT : EPOLLIN, *this);
  }
}

void RunnerChannel::onReady(std::uint32_t) {
  const auto self = shared_from_this();
  receive();
  flush();
}

void RunnerChannel::receive() {
  while (socket_) {
    switch (wire_.receive(socket_.get(), false)) {
      case WireInbox::Got::nothing: return;
      case WireInbox::Got::message: onAnswer(); break;
      case WireInbox::Got::broken: return breach();
      case WireInbox::Got::ended: process_->channelLost(); return detach("its runner ended");
    }
  }
}

void RunnerChannel::onAnswer() {
  const WireHeader& header = wire_.header();
  if (calls_.empty() || !calls_.front().sent_whole || header.call != calls_.front().id) return breach();
  if (header.kind != WireKind::answer) return breach();  // A hook has nothing to say on the way.
  Pending front = std::move(calls_.front());
  calls_.pop_front();
  --unsent_;
  bytes_ -= front.call.request.size();
  const Mono now = steadyNow();
  if (!front.done) --given_up_;
  if (!calls_.empty()) {
    calls_.front().began = std::max(calls_.front().began, now);
    armTimer();
  }
  if (!front.done) return;
  RunnerAnswer answer;
  answer.answered = true;
  answer.status = header.status;
  answer.payload = wire_.payload();
  answer.request = front.call.request;
  answer.took = now - front.began;
  front.done(answer);
}

void RunnerChannel::failFront(std::string why, std::optional<std::chrono::nanoseconds> took) {
  Pending front = std::move(calls_.front());
  calls_.pop_front();
  if (unsent_ > 0) --unsent_;
  bytes_ -= front.call.request.size();
  if (!front.done) return static_cast<void>(--given_up_);
  RunnerAnswer answer;
  answer.why = std::move(why);
  answer.took = took;
  front.done(answer);
}

// Before it stand the call that a runner has, and those that were given up.
std::size_t RunnerChannel::firstWaiting() const { return given_up_ + (socket_ && !calls_.empty() && calls_.front().done ? 1 : 0); }

// What the runner has been sent cannot be taken back: only who asked is told.
void RunnerChannel::giveUpWaiting(Mono now) {
  std::vector<RunnerAnswered> told;
  for (std::size_t at = firstWaiting(); at < calls_.size(); ++at)
    if (calls_[at].expires <= now) told.push_back(std::exchange(calls_[at].done, nullptr));
  if (told.empty()) return;
  std::erase_if(calls_, [this](const Pending& pending) {
    const bool goes = !pending.done && pending.sent == 0 && !pending.sent_whole;
    if (goes) bytes_ -= pending.call.request.size();
    return goes;
  });
  given_up_ = static_cast<std::size_t>(std::ranges::count_if(calls_, [](const Pending& pending) { return !pending.done; }));
  RunnerAnswer answer;
  answer.why = socket_ ? fmt::format("its runner did not come to it within {} ms", runner_outage.count()) : "its runner is not there";
  for (RunnerAnswered& done : told) done(answer);
}

void RunnerChannel::breach() {
  process_->kill("it wrote to its channel what is no answer");
  detach("its runner broke the contract");
}

void RunnerChannel::abandon(bool tell) {
  const auto self = shared_from_this();
  if (socket_) loop_.unwatch(socket_.get(), *this);
  socket_.reset();
  process_.reset();
  unsent_ = 0;
  while (tell && !calls_.empty()) failFront("its runner ended");
  std::deque<Pending>().swap(calls_);
  given_up_ = 0;
  timer_.disarm();
}

// The timer may fire earlier than needed, never later: it looks again then.
void RunnerChannel::armTimer() {
  std::optional<Mono> due;
  if (socket_ && !calls_.empty()) due = cutOf(calls_.front());
  // One that is to be made once more may wait for longer than the one behind it.
  const std::size_t first = firstWaiting();
  for (std::size_t at = first; at < std::min(first + 2, calls_.size()); ++at)
    if (!due || calls_[at].expires < *due) due = calls_[at].expires;
  if (due && (!timer_.armed() || *due < timer_.deadline())) loop_.timers().arm(timer_, *due);
}

// Whether to look again: it is looked at for the first time, or the runner wants to go on and has not had the time that it may have.
bool RunnerChannel::starves(Pending& call, Mono now) {
  const auto share = process_->share(now);
  if (!share || now - call.began > call.call.deadline + runner_starving) return false;
  call.cut_at = now + runner_look;
  if (!call.suspected) return call.suspected = share, true;
  if (!share->wants) return false;
  const std::chrono::nanoseconds passed = now - call.suspected->at, had = share->used - call.suspected->used;
  return had < (had * 2 < passed ? call.call.deadline : runner_look);
}

void RunnerChannel::onTimer() {
  const auto self = shared_from_this();
  if (socket_) receive();  // What came in this turn counts.
  const Mono now = steadyNow();
  if (socket_ && !calls_.empty() && cutOf(calls_.front()) <= now) {
    const std::uint64_t suspected = calls_.front().id;
    const bool hangs = !starves(calls_.front(), now);
    if (hangs) receive();  // It may have answered while it was looked at.
    if (hangs && socket_ && !calls_.empty() && calls_.front().id == suspected) {
      const RunnerChannel::Call& call = calls_.front().call;
      const auto deadline = std::chrono::duration_cast<std::chrono::microseconds>(call.deadline);
      process_->kill(fmt::format("it did not answer {} within {} us", call.name, deadline.count()));
      detach(runner_late);  // Who asked does not wait until the process is gone.
    }
  }
  giveUpWaiting(now);
  armTimer();
}

}  // namespace atrium
