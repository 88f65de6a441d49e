#pragma once

#include "alerts/alert_ports.hpp"
#include "alerts/alert_requests.hpp"
#include "base/ids.hpp"

namespace atrium {

// Evaluates one rule over what was measured in the past, at every step of it and at its end, and lets the alerts live as the server does
// (rule_round.hpp). Completes with the Backtest of schemas.yaml. Refusals: not_found (no such rule) and those of the history. Reads an hour
// at a time. `history` and `rules` outlive it.
void backtest(const std::string& tenant_id, const BacktestRule& test, const RulePolicy& policy, MetricHistory& history, AlertRules& rules,
              std::uint32_t open_max, Completion<std::string> done);

}  // namespace atrium
