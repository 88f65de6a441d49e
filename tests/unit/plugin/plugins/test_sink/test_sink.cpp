#include <atrium/plugin.hpp>
#include <stdexcept>

// Does with an event what its data says: {"do":"refuse"}, {"do":"wait"} for the third attempt, {"do":"throw"} in the first one,
// {"do":"never"}.
class TestSink {
 public:
  static atrium::Delivery deliver(atrium::Events events) {
    for (std::uint32_t at = 0; at < events.size(); ++at) {
      const std::string_view data = events[at].data();
      const auto does = [data](std::string_view what) { return data.find(what) != std::string_view::npos; };
      if (does("refuse")) return atrium::Delivery::never(at, "not this one");
      if (does("never") || (does("wait") && events[at].attempt() < 3)) return atrium::Delivery::again(at, "not yet");
      if (does("throw") && events[at].attempt() == 1) throw std::runtime_error("thrown");
    }
    return atrium::Delivery::all();
  }
  static constexpr atrium::EventSinkInfo event_sink{.name = "test", .events = "room.*", .batch_max = 3};
};

ATRIUM_PLUGIN(TestSink, "test.sink", "1.0.0")
