#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/facts.hpp"
#include "analytics/metric_history.hpp"

namespace atrium {

// The names of the figures that are sampled, of an agent and of the tenant as a whole, in the order in which they are kept.
inline constexpr std::string_view agent_metric_words[] = {"capacity_utilization", "active_leads", "active_conversations",
                                                          "response_seconds", "responses"};
inline constexpr std::string_view team_metric_words[] = {
    "response_seconds",    "assignment_seconds", "message_latency_ms", "queue_length",   "agents_online",
    "oldest_wait_seconds", "active_leads",       "load_balance",       "message_errors", "responses"};
inline constexpr std::size_t agent_metric_count = std::size(agent_metric_words);
inline constexpr std::size_t team_metric_count = std::size(team_metric_words);

// A mean in the making. NaN when nothing was added.
struct MeanOf {
  double sum = 0;
  std::uint64_t count = 0;
  void add(double value, std::uint64_t times = 1) {
    sum += value;
    count += times;
  }
  [[nodiscard]] double take();
  // How many were added; NaN when none was.
  [[nodiscard]] double counted() const { return count == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(count); }
};

// The last samples of one tenant, in memory: so many places and no more, the oldest is written over. Times of people and of messages are
// means over what happened since the sample before, and no data where nothing did; responses are how many a mean of theirs is of, likewise;
// message_errors are those of the minute before the sample. One thread.
class SampleRing {
 public:
  // 360 samples of 10 s are an hour.
  static constexpr std::size_t places = 360;

  // What happens between two samples.
  MeanOf response_ms, assignment_ms, latency_us;
  std::uint64_t messages_failed = 0;
  void noteResponse(std::string_view agent_id, double milliseconds);

  // Ends an interval. `team` may be null: then only what happened is kept. Agents beyond `agents_max` are left out.
  void take(Wall at, const TeamSample* team, std::size_t agents_max);
  // Appends the points from `from` up to and with `to` to those series; they must name metrics of this ring. New series are made as needed,
  // one for each agent that has a point.
  void read(const std::vector<std::string>& metrics, Wall from, Wall to, std::vector<MetricSeries>& series) const;
  // When the oldest sample was taken; nothing is kept from before. The end of time when there is none.
  [[nodiscard]] Wall oldest() const;

 private:
  struct Agent {
    MeanOf response_ms;
    std::uint64_t seen = 0;  // The number of the last sample that had it, or in which it answered.
    std::array<std::array<float, agent_metric_count>, places> values;
  };
  Agent& agentOf(std::string_view agent_id);
  [[nodiscard]] std::uint64_t failedWithinTheMinute() const;

  std::uint64_t taken_ = 0;  // Samples so far; the place of the next one is taken_ % places.
  std::array<std::uint64_t, places> at_ms_{};
  std::array<std::array<float, team_metric_count>, places> team_{};
  std::array<std::uint64_t, places> failed_{};  // Messages since the sample before.
  std::map<std::string, Agent, std::less<>> agents_;
};

// The series of that metric and subject; made when there is none.
[[nodiscard]] MetricSeries& seriesOf(std::vector<MetricSeries>& series, std::string_view metric, std::string_view subject);

}  // namespace atrium
