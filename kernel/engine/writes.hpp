#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/timer_wheel.hpp"
#include "engine/event_log.hpp"
#include "engine/ports.hpp"
#include "engine/shard.hpp"

namespace atrium {

// The document writes of one shard that are at the store, watched for its deadline (EngineOptions::store_deadline): the store answers
// however late, whoever asked does not wait so long. One thread. Bound: what rooms let wait (room_pending_max) and rooms being created
// (rooms_loaded_max).
class Writes {
 public:
  explicit Writes(Shard::Impl& shard);

  // Hands the writes to the store, which takes all or none of them, and with them the event that tells of the change, if there is one.
  // `done` runs when it has answered. When that takes longer than the deadline, `overdue` runs once, before it: what becomes of the writes
  // is in doubt.
  void write(std::vector<DocumentWrite> writes, std::optional<Happening> event, std::move_only_function<void()> overdue,
             Completion<void> done);

 private:
  struct Waiting {
    Mono due;
    std::move_only_function<void()> overdue;
  };
  void watch();
  void tellOverdue();

  Shard::Impl& shard_;
  std::map<std::uint64_t, Waiting> waiting_;  // In order of their hand-over, and so of their deadlines.
  std::uint64_t next_ = 1;
  Timer timer_;
};

// What a request is told whose writes are overdue.
[[nodiscard]] Error writeInDoubt();

}  // namespace atrium
