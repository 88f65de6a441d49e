#pragma once

#include <cstdint>
#include <vector>

#include "base/timer_wheel.hpp"
#include "engine/ports.hpp"
#include "engine/shard.hpp"

namespace atrium {

// Drops what retention no longer keeps from the log of every room in the store, whether it is in memory or not: sweep after sweep, a page
// of rooms at a time and one room after the other, so that it never holds up what people wait for. The first shard does it for all. A sweep
// that the store refuses goes on where it was; one that the end of the process cuts short begins anew. One thread.
class Retention {
 public:
  static constexpr auto first_sweep = std::chrono::minutes(10);  // After the start.
  static constexpr auto sweep_interval = std::chrono::hours(1);  // From the end of one to the next.
  static constexpr auto retry_interval = std::chrono::minutes(1);
  static constexpr auto page_interval = std::chrono::milliseconds(50);
  static constexpr std::uint32_t rooms_per_page = 100;

  explicit Retention(Shard::Impl& shard);

 private:
  void readOn();
  void take(Result<std::vector<Document>> page);
  void trimOn();
  void trimmed(Result<std::uint64_t> dropped);
  void endPage();
  void interrupt(const Error& why);
  void wait(std::chrono::milliseconds time);

  // A room's log and what of it stays.
  struct Target {
    RoomKey room;
    DocumentKey key;
    std::uint64_t keep_last = 0;
    Wall sent_before{};
  };
  [[nodiscard]] std::optional<Target> targetOf(const Document& document) const;

  Shard::Impl& shard_;
  DocumentKey after_;  // The last room that is done with; empty: a sweep begins.
  std::vector<Target> targets_;
  std::size_t at_ = 0;
  DocumentKey page_end_;  // Empty: this page is the last.
  bool trimming_ = false;
  bool pumping_ = false;
  std::uint64_t rooms_ = 0, records_ = 0;  // Of this sweep.
  Timer timer_;
};

}  // namespace atrium
