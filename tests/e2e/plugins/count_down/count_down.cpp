#include <atrium/plugin.hpp>

// "/count_down" tells of every step on its way.
struct CountDown {
  static void execute(const atrium::CommandCall&, atrium::Completion done) {
    for (const char* step : {"3", "2", "1"}) done.progress(step);
    done.complete("0");
  }
  static constexpr atrium::CommandInfo command{.name = "count_down", .summary = "Counts down from three."};
};

ATRIUM_PLUGIN(CountDown, "test.count-down", "1.0.0")
