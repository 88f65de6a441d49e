#pragma once

#include <span>
#include <string_view>

#include "atrium/ext/routing_scorer.h"

namespace atrium {

// A routing scorer as whoever decides sees it; a plugin's functions, or a test's. See atrium/ext/routing_scorer.h for what they promise.
class Scorer {
 public:
  virtual ~Scorer() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Fills in `out`, which is as long as what is scored and preset to abstaining. False: it failed.
  [[nodiscard]] virtual bool scoreAgents(const atrium_lead& lead, std::span<const atrium_agent* const> agents,
                                         std::span<atrium_score> out) = 0;
  [[nodiscard]] virtual bool scoreQueue(const atrium_agent& agent, std::span<const atrium_lead* const> leads,
                                        std::span<atrium_score> out) = 0;
};

}  // namespace atrium
