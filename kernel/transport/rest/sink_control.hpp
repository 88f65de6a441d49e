#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace atrium {

// What an admin asks to be done with an event sink. A value.
struct SinkCommand {
  enum class Verb : std::uint8_t { dead_letters, retry, drop, forget };
  Verb verb{};
  std::string sink = {};
  std::optional<std::uint64_t> offset = {};  // Of retry and drop: that one dead letter; nothing: the oldest ones.
  std::uint64_t after = 0;                   // Of dead_letters: those behind it...
  std::uint32_t limit = 0;                   // ...and how many.
  std::string by = {};                       // Who asks, for the log.
};

// The way of one loop's API to the event sinks; kernel/app implements it. On that loop.
class SinkControl {
 public:
  virtual ~SinkControl() = default;
  // A SinkList of schemas.yaml.
  [[nodiscard]] virtual std::string sinksJson() const = 0;
  // Completes with a DeadLetterList, a DeadLettersChanged, or, for forget, nothing. Refusals: not_found, conflict, overloaded and those of
  // the store.
  virtual void run(SinkCommand command, Completion<std::string> done) = 0;
};

}  // namespace atrium
