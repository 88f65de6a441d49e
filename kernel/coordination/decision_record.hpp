#pragma once

#include <string>
#include <vector>

#include "coordination/decider.hpp"
#include "coordination/offer.hpp"

namespace atrium {

struct DecisionIds {
  std::string decision_id;
  std::string lead_id;
  std::string agent_id;
  std::string offer_id;
};
struct DecisionDocuments {
  std::vector<DocumentWrite> writes;
  std::string shown;
};
[[nodiscard]] inline DecisionDocuments decisionDocuments(const std::string&, const Decision&, const DecisionIds&) { return {}; }
[[nodiscard]] inline std::string routeReply(const Decision&, const DecisionIds&, const Offer*, double) { return "{}"; }
inline void explain(Decision decision, Decider&, bool, std::move_only_function<void(Decision)> done) { done(std::move(decision)); }

}  // namespace atrium
