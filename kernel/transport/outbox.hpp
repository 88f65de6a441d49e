#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "engine/link.hpp"
#include "transport/frame_ring.hpp"
#include "transport/stream.hpp"

namespace atrium {

// What the outboxes of one loop have in common: figures for the metrics, summed over all of them.
struct OutboxTotals {
  std::size_t waiting = 0;   // bytes, now
  std::uint64_t writes = 0;  // system calls
  std::uint64_t bytes_out = 0;
  std::uint64_t refused = 0;  // frames, because an outbox was full
  std::uint64_t shed = 0;
  std::uint64_t collapsed = 0;
};

// What waits to be written to one client: shared frames, bounded in bytes. It decides in which order frames leave, which give way when the
// client is slow, and when a flush is worth its system call; it neither watches the socket nor keeps time.
//
// Order: a frame that was begun is ended first. Then come control frames (and HTTP answers), then the messages lane, then the ephemeral
// lane; last() puts a frame behind them all. Within a lane frames keep their order.
//
// Adaptive flush: a frame is due at once, unless the connection got its fourth frame within a millisecond; then it is due when the frame's
// window, counted from the last flush, ends. Quiet connections lose no time, busy ones write many frames with one call.
// One thread.
class Outbox {
 public:
  // A connection that gets that many frames within that time is busy.
  static constexpr std::uint32_t busy_frames = 4;
  static constexpr std::chrono::microseconds busy_time{1000};
  // Pongs that may wait; a further one takes the place of the latest (RFC 6455, 5.5.3 allows to answer the latest ping only).
  static constexpr std::uint32_t control_max = 64;

  // `totals` outlives the outbox.
  Outbox(std::size_t bytes_max, OutboxTotals& totals) : bytes_max_(bytes_max), totals_(totals) {}
  ~Outbox() { totals_.waiting -= waiting_; }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // For the frames of a session. A frame larger than the bound is taken when nothing else waits.
  [[nodiscard]] Pushed push(const FramePtr& frame, const PushOptions& options, Mono now);
  // Past the bound and ahead of the lanes, at once due: HTTP answers, which the number of requests in work bounds.
  void pushAnswer(FramePtr frame, Mono now);
  // A ping or pong.
  void pushControl(FramePtr frame, Mono now);
  // Past the bound and behind everything: a Close frame and what says why.
  void pushLast(FramePtr frame, Mono now);

  enum class Flushed : std::uint8_t { all, partly, broken };
  // Writes what waits. partly: the stream takes no more for now.
  [[nodiscard]] Flushed flush(Stream& stream, Mono now);
  // Drops everything but a frame that was begun.
  void discard();
  // Drops the ephemeral lane but a frame that was begun.
  void discardEphemeral();

  // When flush() should be called; of account only while bytes wait.
  [[nodiscard]] Mono due() const { return due_; }
  void dueNow(Mono now) { due_ = now; }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] bool overHalf() const { return waiting_ > bytes_max_ / 2; }
  // Since when the client has been too slow: from a refused push until the outbox is down to its half.
  [[nodiscard]] std::optional<Mono> fullSince() const { return full_ ? std::optional(full_since_) : std::nullopt; }
  // Frames of the messages lane taken, and handed over whole.
  [[nodiscard]] std::uint64_t queued() const { return queued_; }
  [[nodiscard]] std::uint64_t flushed() const { return flushed_; }
  // At once in force, for what is pushed from now on.
  void setBound(std::size_t bytes_max) { bytes_max_ = bytes_max; }

 private:
  enum class Source : std::uint8_t { none, control, messages, ephemeral };
  struct Ephemeral {
    FramePtr frame;
    std::uint64_t key = 0;
    bool collapsible = false;
  };

  bool collapse(const FramePtr& frame, std::uint64_t key);
  void note(std::size_t bytes, Mono due);
  void forget(std::size_t bytes);
  [[nodiscard]] Mono dueAfter(std::chrono::microseconds window, Mono now);
  std::size_t gather(std::array<iovec, Stream::pieces_max>& pieces, std::size_t& bytes);
  void consume(std::size_t bytes);
  [[nodiscard]] Source next() const;
  [[nodiscard]] FramePtr& frontOf(Source source);
  void popFrom(Source source);

  std::size_t bytes_max_;
  OutboxTotals& totals_;
  std::size_t waiting_ = 0;
  std::uint64_t queued_ = 0;
  std::uint64_t flushed_ = 0;
  FrameRing<FramePtr, 1> control_;
  FrameRing<FramePtr, 4> messages_;
  FrameRing<Ephemeral, 1> ephemeral_;
  Mono due_{};
  Mono last_flush_{};
  Mono full_since_{};
  std::array<std::uint32_t, busy_frames>
      arrivals_{};           // Of the latest frames, in µs; wraps after 71 minutes, which at worst delays one flush.
  std::uint32_t begun_ = 0;  // Bytes already written of the front frame of `source_`.
  std::uint8_t arrival_ = 0;
  Source source_ = Source::none;  // Where a begun frame is.
  bool full_ = false;
};

}  // namespace atrium
