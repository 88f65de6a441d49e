#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atrium {

// What one scorer said of all candidates: a value for each, and a reason for each, of which few differ. A value. A tenth of the scores that
// a plugin fills in, so that a decision, its shadows and its record can keep it.
struct ScoreSheet {
  std::vector<double> values;         // 0 to 1; negative: it abstains.
  std::vector<std::string> reasons;   // Each once.
  std::vector<std::uint16_t> places;  // In `reasons`, of each candidate's; there are at most ATRIUM_SCORER_BATCH_MAX.

  [[nodiscard]] std::size_t size() const { return values.size(); }
  [[nodiscard]] std::string_view reason(std::size_t candidate) const { return reasons[places[candidate]]; }

  // Of a scorer that says nothing.
  [[nodiscard]] static ScoreSheet abstaining(std::size_t candidates) {
    return {.values = std::vector<double>(candidates, -1), .reasons = {std::string()}, .places = std::vector<std::uint16_t>(candidates)};
  }
};

}  // namespace atrium
