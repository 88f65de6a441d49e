#include <atomic>
#include <atrium/plugin.hpp>
#include <cstdint>
#include <string>

// Counts what happens. A batch may come twice: an event is told from its repeat by its offset, which only rises.
class SampleName {
 public:
  explicit SampleName(atrium::Host host) : host_(host) {}

  atrium::Delivery deliver(atrium::Events events) {
    for (const atrium::Event event : events) {
      if (event.offset() <= seen_) continue;
      seen_ = event.offset();
      host_.info("event_seen", std::string(event.type()) + " " + std::string(event.event_id()));
    }
    return atrium::Delivery::all();
  }
  static constexpr atrium::EventSinkInfo event_sink{.name = "sample_name", .events = "message.*", .batch_max = 100};

 private:
  atrium::Host host_;
  std::atomic<std::uint64_t> seen_{0};
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
