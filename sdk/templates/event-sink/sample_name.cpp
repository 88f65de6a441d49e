#include <atrium/plugin.hpp>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>
#include <utility>

// Counts what happens. An event may come twice: with its batch, or long after, when an operator has a dead letter delivered again, with the
// lower offset that it always had. So a repeat is told by its id. Calls come one after the other, so that nothing here needs a lock.
class SampleName {
 public:
  explicit SampleName(atrium::Host host) : host_(host) {}

  atrium::Delivery deliver(atrium::Events events) {
    for (const atrium::Event event : events)
      if (is_new(std::string(event.event_id()))) host_.info("event_seen", std::string(event.type()) + " " + std::string(event.event_id()));
    return atrium::Delivery::all();
  }
  static constexpr atrium::EventSinkInfo event_sink{.name = "sample_name", .events = "message.*", .batch_max = 100};

 private:
  static constexpr std::size_t remembered_max = 10'000;

  // Remembers the last ids.
  bool is_new(std::string id) {
    if (!known_.insert(id).second) return false;
    recent_.push_back(std::move(id));
    if (recent_.size() > remembered_max) {
      known_.erase(recent_.front());
      recent_.pop_front();
    }
    return true;
  }

  atrium::Host host_;
  std::unordered_set<std::string> known_;
  std::deque<std::string> recent_;
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
