#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analytics/document_walk.hpp"
#include "analytics/rollup_codec.hpp"
#include "base/log.hpp"
#include "engine/ports.hpp"

namespace atrium {

// How long roll-ups are kept.
struct KeepingTimes {
  std::chrono::hours minutes{7 * 24};
  std::chrono::hours hours{400 * 24};
};

// Makes hours of the minutes of hours that are over, and drops what is older than it is to be kept. The hours of a tenant are complete up
// to its mark, ("analytics", tenant) {"hours_until":"2026-01-10T15:00"}, which is written in one batch with the last of them: whatever
// ends the process, the next one goes on from there, and a minute is dropped only once its hour is kept. One tenant after the other and one
// hour after the other, so that the store is never held up for long. One thread.
class Upkeep {
 public:
  // `ended` hears when a tenant is done with, and whether all of it went well. All outlive the upkeep.
  Upkeep(Store& store, const Now& now, Log& log, KeepingTimes keep, std::move_only_function<void(const std::string&, bool)> ended)
      : store_(store), now_(now), log_(log), keep_(keep), ended_(std::move(ended)) {}

  // Looks after that tenant as soon as those before it are done with. One that waits already is not queued twice.
  void look(const std::string& tenant_id);

 private:
  struct Hour {
    Rollup rollup;
    bool found = false;
  };
  void next();
  void findMark();
  void rollOn();
  void readAgents();
  void writeHour();
  [[nodiscard]] DocumentWrite markAt(Wall until) const;
  void drop();
  void dropFrom(std::size_t collection);
  void end(bool well);
  [[nodiscard]] const std::string& tenant() const { return waiting_.front(); }

  Store& store_;
  const Now& now_;
  Log& log_;
  KeepingTimes keep_;
  std::move_only_function<void(const std::string&, bool)> ended_;
  std::deque<std::string> waiting_;  // The first is being looked after.
  bool busy_ = false, pumping_ = false;
  Wall mark_{};          // Of that one: from here on there may be minutes whose hour is not made.
  bool marked_ = false;  // Whether the store has a mark of it.
  Hour hour_;
  std::vector<DocumentWrite> drops_;
};

inline constexpr std::string_view analytics_collection = "analytics";

}  // namespace atrium
