#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordination/decider.hpp"

// Decisions of the past, made again from their inputs by the scorers of now.
namespace atrium {

// What one scorer says now, beside what it said then. A value.
struct ScorerReplay {
  std::string scorer;
  std::string version_then, version_now;
  std::string failure_then, failure_now;
  // For how many candidates it says something else: another value, be it in the last bit, or another reason; and the first of them.
  std::uint32_t differences = 0;
  std::uint32_t candidate = 0;
  double then = 0, now = 0;  // Of that one.
};

struct ReplayReport {
  bool identical = false;  // Every score and reason, and the order with its totals, bit for bit.
  std::vector<ScorerReplay> scorers;
  Decision now;
};

// Decides `then` again by its own policy. A scorer that was left out then is left out again. Completes on the decider's thread.
void replay(const Decision& then, Decider& decider, std::move_only_function<void(ReplayReport)> done);
// What another policy would have made of the same question; `scorers` has those that both ask.
void replayWith(const Decision& then, std::shared_ptr<const RoutingPolicy> policy, Decider& decider,
                std::move_only_function<void(ReplayReport)> done);
[[nodiscard]] std::string replayJson(const Decision& then, const ReplayReport& report);

// ---- Recorded traffic under another policy

struct RecordedDecision {
  std::string decision_id;
  Decision decision;
};
struct TrafficDifference {
  std::string decision_id;
  std::string then, now;  // Who won; empty: nobody.
  double loss = 0;        // By how much the new winner is behind the old one in the eyes of the policy of then.
};
struct TrafficReport {
  std::string policy;
  std::uint64_t decisions = 0;
  std::uint64_t agreed = 0;
  std::uint64_t degraded = 0;
  double loss_sum = 0;
  double fairness_then = 1, fairness_now = 1;  // Jain's index of the leads that agents got, of those who got any either way.
  std::vector<TrafficDifference> differences;  // One for each that did not agree.
};
// Where recorded decisions come from, one after the other, possibly before it returns; nothing: there are no more.
using NextRecorded = std::move_only_function<void(std::move_only_function<void(std::optional<RecordedDecision>)> take)>;
// Decides all of them by `policy`; one is in memory at a time. How many there are, the caller bounds. The decider outlives it.
void replayTraffic(NextRecorded next, std::shared_ptr<const RoutingPolicy> policy, Decider& decider,
                   std::move_only_function<void(TrafficReport)> done);
[[nodiscard]] std::string trafficJson(const TrafficReport& report);

}  // namespace atrium
