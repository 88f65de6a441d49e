#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// One question to an assistant. A value that moves.
struct AssistantCall {
  std::string assistant;   // Its name.
  std::uint32_t task = 0;  // One of ATRIUM_TASK_...
  std::string request_id;
  std::string tenant_id;
  JsonDocument context;          // An object, without what is private.
  std::uint32_t output_max = 0;  // bytes of text; what is more is cut off.
  std::chrono::milliseconds first_piece{0};
  std::chrono::milliseconds total{0};
};

// What came of it. A value.
struct AssistantAnswer {
  std::string text;      // At most output_max bytes of UTF-8.
  JsonDocument figures;  // The object that ended it; empty: none did.
};

// The assistants of plugins, as one loop reaches them; kernel/plugin implements it. On that loop.
class Assistants {
 public:
  virtual ~Assistants() = default;
  // Completes with the whole answer once it has ended, at the latest when `total` is over. Refusals: plugin_unavailable (there is none, or
  // not for this task), overloaded (no worker), assistant_timed_out, and plugin_failed with the assistant's sentence.
  virtual void ask(AssistantCall call, Completion<AssistantAnswer> done) = 0;
};

}  // namespace atrium
