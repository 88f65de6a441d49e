#include <unistd.h>

#include <atrium/plugin.hpp>
#include <cstdlib>
#include <stdexcept>
#include <string>

// Does with an event what its data says: {"do":"refuse"}, {"do":"wait"} for the third attempt, {"do":"throw"} in the first one,
// {"do":"waver"}: refuse in the second attempt, {"do":"never"}, {"do":"hang 5 6"} in the first one: tell the descriptor 5 and wait for the
// descriptor 6. More than 600,000 bytes of data at once are more than it takes.
class TestSink {
 public:
  static atrium::Delivery deliver(atrium::Events events) {
    std::size_t bytes = 0;
    for (std::uint32_t at = 0; at < events.size(); ++at) bytes += events[at].data().size();
    if (bytes > 600'000) throw std::length_error("too much at once");
    for (std::uint32_t at = 0; at < events.size(); ++at) {
      const std::string_view data = events[at].data();
      const auto does = [data](std::string_view what) { return data.find(what) != std::string_view::npos; };
      if (does("refuse")) return atrium::Delivery::never(at, "not this one");
      if (does("waver") && events[at].attempt() > 1) return atrium::Delivery::never(at, "after all not");
      if (does("waver")) return atrium::Delivery::again(at, "perhaps");
      if (does("hang") && events[at].attempt() == 1) hang(std::string(data.substr(data.find("hang") + 4)));
      if (does("never") || (does("wait") && events[at].attempt() < 3)) return atrium::Delivery::again(at, "not yet");
      if (does("throw") && events[at].attempt() == 1) throw std::runtime_error("thrown");
    }
    return atrium::Delivery::all();
  }
  static constexpr atrium::EventSinkInfo event_sink{.name = "test", .events = "room.*", .batch_max = 3};

 private:
  static void hang(const std::string& descriptors) {
    char* rest = nullptr;
    const int tell = static_cast<int>(std::strtol(descriptors.c_str(), &rest, 10)), wait = static_cast<int>(std::strtol(rest, nullptr, 10));
    char byte = 0;
    if (::write(tell, &byte, 1) != 1 || ::read(wait, &byte, 1) != 1) throw std::runtime_error("nobody waits");
  }
};

ATRIUM_PLUGIN(TestSink, "test.sink", "1.0.0")
