#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "analytics/distribution.hpp"
#include "analytics/facts.hpp"
#include "base/clock.hpp"

// What is kept of a minute or an hour. All of it can be added up, so that an hour is the sum of its minutes and a report the sum of what
// it looks at. Values.
namespace atrium {

// What is counted; the words are those of the stored documents.
enum class Tally : std::uint8_t {
  arrived,
  decided,
  degraded,
  offered,
  accepted,
  accepted_in_time,  // within assignment_target_ms of the arrival
  rejected,
  expired,
  rescinded,
  first_responses,
  first_in_time,  // within first_response_target_ms of the acceptance
  responses,
  closed,
  won,
  abandoned,
  handed_over,
  sla_met,
  sla_missed,
};
inline constexpr std::string_view tally_words[] = {
    "arrived",         "decided",       "degraded",  "offered", "accepted", "accepted_in_time", "rejected",    "expired", "rescinded",
    "first_responses", "first_in_time", "responses", "closed",  "won",      "abandoned",        "handed_over", "sla_met", "sla_missed"};
inline constexpr std::size_t tally_count = std::size(tally_words);

// What is timed. The engine's clock and people's are never one figure.
enum class Timing : std::uint8_t { decision_us, acceptance_ms, offer_ms, first_response_ms, response_ms, handling_ms };
inline constexpr std::string_view timing_words[] = {"decision_us",       "acceptance_ms", "offer_ms",
                                                    "first_response_ms", "response_ms",   "handling_ms"};
inline constexpr std::size_t timing_count = std::size(timing_words);

inline constexpr double assignment_target_ms = 60'000;
inline constexpr double first_response_target_ms = 300'000;

// What happened: of a tenant, a queue or an agent.
struct Activity {
  std::array<std::uint64_t, tally_count> tallies{};
  std::array<Distribution, timing_count> timings{};
  double value = 0;  // of what was won

  [[nodiscard]] std::uint64_t& operator[](Tally tally) { return tallies[static_cast<std::size_t>(tally)]; }
  [[nodiscard]] std::uint64_t operator[](Tally tally) const { return tallies[static_cast<std::size_t>(tally)]; }
  [[nodiscard]] Distribution& operator[](Timing timing) { return timings[static_cast<std::size_t>(timing)]; }
  [[nodiscard]] const Distribution& operator[](Timing timing) const { return timings[static_cast<std::size_t>(timing)]; }
  void note(const Fact& fact);
  void add(const Activity& other);
  [[nodiscard]] bool empty() const;
};

// How an agent stood, summed over the samples taken.
struct AgentLoad {
  std::uint64_t samples = 0;
  std::uint64_t online = 0;     // samples with a status other than offline...
  std::uint64_t available = 0;  // ...and with available
  std::uint64_t at_cap = 0;
  double utilisation = 0;  // summed over the samples online, as are the next two
  double active_leads = 0;
  double active_conversations = 0;
  double satisfaction = 0;  // the last one reported; 0: none
  void note(const AgentSample& sample);
  void add(const AgentLoad& other);  // `other` is the later one.
  // The mean over the samples online; NaN when there was none.
  [[nodiscard]] double meanUtilisation() const;
};

// What became of an agent's leads of one kind.
struct KindOutcome {
  std::uint64_t closed = 0;
  std::uint64_t won = 0;
  double handling_ms = 0;
  friend bool operator==(const KindOutcome&, const KindOutcome&) = default;
};
using KindOutcomes = std::map<std::string, KindOutcome, std::less<>>;

struct AgentPart {
  std::string name;
  Activity activity;
  AgentLoad load;
  KindOutcomes kinds;
  void add(const AgentPart& other);  // `other` is the later one.
};
using AgentParts = std::map<std::string, AgentPart, std::less<>>;

// How the team stood, summed over the samples taken.
struct TeamLoad {
  std::uint64_t samples = 0;
  double agents_online = 0;
  double active_leads = 0;
  double queue_length = 0;
  double oldest_wait_seconds = 0;  // the longest
  std::uint64_t staffed = 0;       // samples in which somebody was online; the next two are sums over these
  double utilisation = 0;          // the mean of those online
  double balance = 0;              // Jain's index of the utilisation of those online
  void note(const TeamSample& sample);
  void add(const TeamLoad& other);
};

struct Rollup {
  Wall from{};
  Activity total;
  Distribution message_latency_us;
  std::uint64_t messages_failed = 0;  // That the server had to refuse.
  TeamLoad load;
  std::map<std::string, Activity, std::less<>> queues;
  AgentParts agents;

  [[nodiscard]] bool empty() const;
  void add(const Rollup& other);  // `other` is the later one; `from` stays.
};

// Whether a status counts as online.
[[nodiscard]] inline bool isOnline(std::string_view status) { return !status.empty() && status != "offline"; }
// The utilisation of those online, for Jain's index.
[[nodiscard]] std::vector<double> onlineUtilisation(const TeamSample& sample);

}  // namespace atrium
