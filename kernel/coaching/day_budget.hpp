#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// What assistants may cost one tenant on one day of UTC. 0: no bound.
struct DayBounds {
  std::uint64_t tokens = 0;
  double cost = 0;  // In the unit assistants report.
};

// What they have cost on one day so far, as they reported it themselves. A value.
struct DaySpend {
  std::uint64_t tokens = 0;
  double cost = 0;
  std::uint64_t answers = 0;

  // Adds what an answer's figures say: input_tokens, output_tokens and cost; what is missing, negative or no number is zero.
  // False: they say nothing.
  bool add(const JsonView& figures);
  [[nodiscard]] bool reaches(const DayBounds& bounds) const;
  [[nodiscard]] std::string encode() const;
  // Zero for a text that is none.
  [[nodiscard]] static DaySpend decode(std::string_view text);
  friend bool operator==(const DaySpend&, const DaySpend&) = default;
};

// "2026-11-28"
[[nodiscard]] std::string dayOf(Wall wall);

}  // namespace atrium
