#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/timer_wheel.hpp"
#include "engine/ports.hpp"

namespace atrium {

// Deletes what is over for long enough: leads, offers, handoffs and decisions of the tenants of one loop, a page at a time, so that
// everything else goes on. On that loop; what it refers to outlives it.
class EndedRecords {
 public:
  EndedRecords(Store& store, TimerWheel& timers, const Now& now, MetricSet& metrics, Log& log)
      : store_(store), now_(now), metrics_(metrics), log_(log), timers_(timers), timer_([this] { step(); }) {}

  // Goes through everything of these tenants that ended longer ago than `kept`; what was under way is dropped for it.
  void sweep(std::vector<std::string> tenants, std::chrono::hours kept);

 private:
  struct Errand {
    std::string tenant_id;
    std::string_view collection;
    std::string_view prefix;  // Of its ids, which tell when a thing was made; empty: they tell nothing.
  };
  enum class Age : std::uint8_t { over, kept, young };
  void step();
  void take(const Errand& errand, const std::vector<Document>& found);
  void next();
  [[nodiscard]] Age ageOf(const Errand& errand, const Document& document) const;
  void remove(const Errand& errand, std::vector<DocumentWrite> writes, bool more);

  Store& store_;
  const Now& now_;
  MetricSet& metrics_;
  Log& log_;
  TimerWheel& timers_;
  std::deque<Errand> errands_;
  DocumentKey after_;  // Where the first of them goes on.
  std::uint64_t round_ = 0;
  Wall before_{};
  Timer timer_;
};

}  // namespace atrium
