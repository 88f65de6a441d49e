#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "plugin/loaded_plugin.hpp"
#include "plugin/sinks/sink_event.hpp"

namespace atrium {

// What came of one attempt. A value.
struct SinkOutcome {
  // ATRIUM_OK: all are done. ATRIUM_INVALID: the one behind the accepted never will be. Anything else: those behind are tried again.
  atrium_status status = ATRIUM_FAILED;
  std::uint32_t accepted = 0;  // From the start of the batch; never more than it has.
  std::string why;             // UTF-8; a sentence, or empty.
};

// Hands the batch to the plugin, on a worker. That it could not deliver is no failure of the plugin's, and its breaker hears nothing of it;
// that it threw is.
[[nodiscard]] SinkOutcome deliverBatch(LoadedPlugin& plugin, const std::vector<SinkEvent>& batch, std::chrono::nanoseconds deadline);

}  // namespace atrium
