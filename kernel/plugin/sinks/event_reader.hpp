#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "plugin/sinks/sink_event.hpp"

namespace atrium {

// A part of the event log as one sink sees it.
struct EventPage {
  std::vector<SinkEvent> events;
  std::uint64_t read_to = 0;  // The log is read up to this offset...
  Wall read_to_at{};          // ...whose event was then; zero: there was none.
  std::uint64_t missing = 0;  // Offsets behind `after` that the log has dropped.
  std::uint64_t trimmed = 0;  // Messages that their rooms have dropped.
  bool end = false;           // There was nothing more.
};

// Reads the event log. A message stands in it before it is known whether the store keeps it: a repeat is recorded, too. So each is looked
// up in its room, which also tells its seq; what is not there never was sent, or is older than its room keeps, which is told then. On one
// shard's thread.
class EventReader {
 public:
  static constexpr std::uint32_t page_events = 200;

  explicit EventReader(Store& store) : store_(store) {}

  // The events of those types behind `after`: at most page_events records are looked at. Fails as the store does.
  void read(std::uint64_t after, EventTypes types, Completion<EventPage> done);

 private:
  struct Reading;
  void lookUp(const std::shared_ptr<Reading>& reading, std::size_t index);
  void lookWhy(const std::shared_ptr<Reading>& reading, const RoomKey& room, Wall at);
  static void finish(const std::shared_ptr<Reading>& reading);

  Store& store_;
};

}  // namespace atrium
