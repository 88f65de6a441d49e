#include "transport/outbox.hpp"

#include <algorithm>

namespace atrium {

Pushed Outbox::push(const FramePtr& frame, const PushOptions& options, Mono now) {
  const std::size_t size = frame->size();
  const bool ephemeral = options.lane == Lane::ephemeral;
  if (ephemeral && waiting_ + size > bytes_max_ / 2) {
    if (options.shed == Shed::always) return ++totals_.shed, Pushed::shed;
    if (options.shed == Shed::latest && collapse(frame, options.collapse_key)) return Pushed::queued;
  }
  if (waiting_ + size > bytes_max_ && waiting_ != 0) {
    if (!std::exchange(full_, true)) full_since_ = now;
    ++totals_.refused;
    return Pushed::full;
  }
  if (ephemeral) {
    ephemeral_.push({frame, options.collapse_key, options.shed == Shed::latest});
  } else {
    messages_.push(frame);
    ++queued_;
  }
  note(size, dueAfter(options.flush_window, now));
  return Pushed::queued;
}

void Outbox::pushAnswer(FramePtr frame, Mono now) {
  const std::size_t size = frame->size();
  control_.push(std::move(frame));
  note(size, now);
}

void Outbox::pushControl(FramePtr frame, Mono now) {
  if (control_.size() >= control_max) {
    forget(control_[control_.size() - 1]->size());
    control_.truncate(control_.size() - 1);
  }
  pushAnswer(std::move(frame), now);
}

void Outbox::pushLast(FramePtr frame, Mono now) {
  const std::size_t size = frame->size();
  ephemeral_.push({std::move(frame), 0, false});
  note(size, now);
}

// Puts the frame in the place of a waiting one with the same key, if there is one that was not begun.
bool Outbox::collapse(const FramePtr& frame, std::uint64_t key) {
  for (std::uint32_t at = source_ == Source::ephemeral ? 1 : 0; at < ephemeral_.size(); ++at) {
    Ephemeral& entry = ephemeral_[at];
    if (!entry.collapsible || entry.key != key) continue;
    forget(entry.frame->size());
    entry.frame = frame;
    note(frame->size(), due_);
    ++totals_.collapsed;
    return true;
  }
  return false;
}

void Outbox::note(std::size_t bytes, Mono due) {
  due_ = waiting_ == 0 ? due : std::min(due_, due);
  waiting_ += bytes;
  totals_.waiting += bytes;
}

void Outbox::forget(std::size_t bytes) {
  waiting_ -= bytes;
  totals_.waiting -= bytes;
  if (!overHalf()) full_ = false;
}

Mono Outbox::dueAfter(std::chrono::microseconds window, Mono now) {
  const auto now_us = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count());
  arrivals_[arrival_ % busy_frames] = now_us;
  const std::uint32_t fourth_latest = arrivals_[++arrival_ % busy_frames];
  const bool busy = now_us - fourth_latest <= static_cast<std::uint32_t>(busy_time.count());
  return busy ? std::max(now, last_flush_ + window) : now;
}

Outbox::Source Outbox::next() const {
  if (source_ != Source::none) return source_;
  if (!control_.empty()) return Source::control;
  if (!messages_.empty()) return Source::messages;
  return ephemeral_.empty() ? Source::none : Source::ephemeral;
}

FramePtr& Outbox::frontOf(Source source) {
  if (source == Source::control) return control_.front();
  return source == Source::messages ? messages_.front() : ephemeral_.front().frame;
}

void Outbox::popFrom(Source source) {
  if (source == Source::control) return control_.pop();
  if (source == Source::ephemeral) return ephemeral_.pop();
  messages_.pop();
  ++flushed_;
}

// In the order in which consume() takes them off again.
std::size_t Outbox::gather(std::array<iovec, Stream::pieces_max>& pieces, std::size_t& bytes) {
  std::size_t count = 0;
  bytes = 0;
  const auto add = [&](const FramePtr& frame, std::uint32_t from) {
    pieces[count++] = {.iov_base = const_cast<char*>(frame->data()) + from, .iov_len = frame->size() - from};
    bytes += frame->size() - from;
  };
  if (source_ != Source::none) add(frontOf(source_), begun_);
  const auto skipped = [this](Source lane) { return source_ == lane ? 1U : 0U; };
  for (std::uint32_t at = skipped(Source::control); at < control_.size() && count < pieces.size(); ++at) add(control_[at], 0);
  for (std::uint32_t at = skipped(Source::messages); at < messages_.size() && count < pieces.size(); ++at) add(messages_[at], 0);
  for (std::uint32_t at = skipped(Source::ephemeral); at < ephemeral_.size() && count < pieces.size(); ++at) add(ephemeral_[at].frame, 0);
  return count;
}

void Outbox::consume(std::size_t bytes) {
  forget(bytes);
  while (bytes != 0) {
    const Source source = next();
    const std::size_t left = frontOf(source)->size() - begun_;
    if (bytes < left) {
      begun_ += static_cast<std::uint32_t>(bytes);
      source_ = source;
      return;
    }
    bytes -= left;
    begun_ = 0;
    source_ = Source::none;
    popFrom(source);
  }
}

Outbox::Flushed Outbox::flush(Stream& stream, Mono now) {
  last_flush_ = now;
  std::array<iovec, Stream::pieces_max> pieces;
  while (waiting_ != 0) {
    std::size_t bytes = 0;
    const std::size_t count = gather(pieces, bytes);
    const Stream::Moved moved = stream.write(std::span(pieces).first(count));
    ++totals_.writes;
    if (moved.state == Stream::State::again) return Flushed::partly;
    if (moved.state != Stream::State::moved) return Flushed::broken;
    totals_.bytes_out += moved.bytes;
    consume(moved.bytes);
    if (moved.bytes < bytes) return Flushed::partly;
  }
  return Flushed::all;
}

void Outbox::discardEphemeral() {
  const std::uint32_t kept = source_ == Source::ephemeral ? 1 : 0;
  std::size_t dropped = 0;
  for (std::uint32_t at = kept; at < ephemeral_.size(); ++at) dropped += ephemeral_[at].frame->size();
  ephemeral_.truncate(kept);
  forget(dropped);
}

void Outbox::discard() {
  control_.truncate(source_ == Source::control ? 1 : 0);
  messages_.truncate(source_ == Source::messages ? 1 : 0);
  ephemeral_.truncate(source_ == Source::ephemeral ? 1 : 0);
  forget(waiting_ - (source_ == Source::none ? 0 : frontOf(source_)->size() - begun_));
}

}  // namespace atrium
