#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "protocol/close_codes.hpp"
#include "protocol/frame.hpp"

namespace atrium {

// Two lanes of an outbox: messages keep their order and are never dropped singly; the ephemeral lane (typing, presence, metrics) may be.
// A frame of the messages lane goes out before waiting ephemeral ones.
enum class Lane : std::uint8_t { messages, ephemeral };

// What may happen to an ephemeral frame while the client is slow.
enum class Shed : std::uint8_t {
  never,
  latest,  // A waiting frame with the same key gives way to the newer one once the outbox is half full.
  always   // Dropped once the outbox is half full.
};

struct PushOptions {
  Lane lane = Lane::messages;
  Shed shed = Shed::never;
  std::uint64_t collapse_key = 0;             // For Shed::latest.
  std::chrono::microseconds flush_window{0};  // Longest wait for company when the connection is busy; 0: goes out this turn.
};

enum class Pushed : std::uint8_t {
  queued,
  shed,   // Dropped, as its Shed allows.
  full,   // Refused: the outbox is at its bound. Nothing of the frame was taken.
  closed  // Refused: the connection is closing, whoever began it. The engine is told of its end, or has been.
};

// The engine's end of one live connection; the transport implements it, the simulator too. On the session's own loop only.
// The engine holds a reference from openSession() until it is told that the connection closed.
class Link {
 public:
  virtual ~Link() = default;

  // Queues a frame. It leaves at the end of the turn at the earliest.
  virtual Pushed push(const FramePtr& frame, const PushOptions& options) = 0;
  // Frames of the messages lane accepted by push() since the connection opened...
  [[nodiscard]] virtual std::uint64_t queued() const = 0;
  // ...and how many of them have been handed to the system whole, in the same order. Changes only while the loop flushes.
  [[nodiscard]] virtual std::uint64_t flushed() const = 0;
  // Bytes that wait in the outbox.
  [[nodiscard]] virtual std::size_t waiting() const = 0;
  // Sends what waits in the messages lane (bounded by the linger time), then `last` (null: nothing) even past the bound, then a Close
  // frame, then closes; ephemeral frames that wait are dropped. push() is refused from now on. The engine is told of the end as of any
  // other, later, never from inside this call.
  virtual void close(CloseCode code, std::string_view reason, FramePtr last) = 0;
};

}  // namespace atrium
