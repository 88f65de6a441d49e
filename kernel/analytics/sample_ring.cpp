#include "analytics/sample_ring.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "analytics/rollup.hpp"
#include "analytics/statistics.hpp"

namespace atrium {

namespace {

constexpr float no_data = std::numeric_limits<float>::quiet_NaN();

}  // namespace

double MeanOf::take() {
  const double mean = count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
  *this = {};
  return mean;
}

SampleRing::Agent& SampleRing::agentOf(std::string_view agent_id) {
  const auto known = agents_.find(agent_id);
  if (known != agents_.end()) return known->second;
  Agent& agent = agents_[std::string(agent_id)];
  for (auto& values : agent.values) values.fill(no_data);
  return agent;
}

void SampleRing::noteResponse(std::string_view agent_id, double milliseconds) {
  response_ms.add(milliseconds);
  if (const auto known = agents_.find(agent_id); known != agents_.end()) known->second.response_ms.add(milliseconds);
}

void SampleRing::take(Wall at, const TeamSample* team, std::size_t agents_max) {
  const std::size_t place = taken_ % places;
  ++taken_;
  at_ms_[place] = toMillis(at);
  // One that nobody has seen for as long as the ring remembers is forgotten.
  std::erase_if(agents_, [this](const auto& entry) { return entry.second.seen + places < taken_; });
  for (auto& [id, agent] : agents_) {
    agent.values[place].fill(no_data);
    agent.values[place][4] = static_cast<float>(agent.response_ms.counted());
    agent.values[place][3] = static_cast<float>(agent.response_ms.take() / 1000);
  }
  auto& values = team_[place];
  values.fill(no_data);
  values[9] = static_cast<float>(response_ms.counted());
  values[0] = static_cast<float>(response_ms.take() / 1000);
  values[1] = static_cast<float>(assignment_ms.take() / 1000);
  values[2] = static_cast<float>(latency_us.take() / 1000);
  failed_[place] = std::exchange(messages_failed, 0);
  values[8] = static_cast<float>(failedWithinTheMinute());
  if (!team) return;
  for (const AgentSample& sample : team->agents) {
    if (agents_.size() >= agents_max && !agents_.contains(sample.agent_id)) continue;
    Agent& agent = agentOf(sample.agent_id);
    agent.seen = taken_;
    if (!isOnline(sample.status)) continue;  // Who is away at home has no load to speak of.
    agent.values[place][0] = static_cast<float>(sample.utilisation);
    agent.values[place][1] = static_cast<float>(sample.active_leads);
    agent.values[place][2] = static_cast<float>(sample.active_conversations);
  }
  const std::vector<double> loads = onlineUtilisation(*team);
  values[3] = static_cast<float>(team->queue_length);
  values[4] = static_cast<float>(loads.size());
  values[5] = static_cast<float>(team->oldest_wait_seconds);
  values[6] = static_cast<float>(team->active_leads);
  values[7] = static_cast<float>(jain(loads));
}

std::uint64_t SampleRing::failedWithinTheMinute() const {
  constexpr std::uint64_t minute_ms = 60'000;
  const std::uint64_t now = at_ms_[(taken_ - 1) % places];
  std::uint64_t failed = 0;
  // A clock that was set back ends the look as well.
  for (std::uint64_t number = taken_; number > 0 && number + places > taken_; --number) {
    const std::uint64_t at = at_ms_[(number - 1) % places];
    if (at > now || at + minute_ms <= now) break;
    failed += failed_[(number - 1) % places];
  }
  return failed;
}

Wall SampleRing::oldest() const {
  if (taken_ == 0) return Wall::max();
  return fromMillis(at_ms_[taken_ <= places ? 0 : taken_ % places]);
}

void SampleRing::read(const std::vector<std::string>& metrics, Wall from, Wall to, std::vector<MetricSeries>& series) const {
  const std::uint64_t first = taken_ <= places ? 0 : taken_ - places;
  const auto append = [&](std::string_view metric, std::string_view subject, auto valueAt) {
    MetricSeries* found = nullptr;
    for (std::uint64_t number = first; number < taken_; ++number) {
      const std::size_t place = number % places;
      if (at_ms_[place] < toMillis(from) || at_ms_[place] > toMillis(to)) continue;
      if (!found) found = &seriesOf(series, metric, subject);
      found->at_ms.push_back(at_ms_[place]);
      found->values.push_back(static_cast<double>(valueAt(place)));
    }
  };
  for (const std::string& metric : metrics) {
    if (const auto word = std::ranges::find(team_metric_words, metric); word != std::end(team_metric_words)) {
      const auto at = static_cast<std::size_t>(word - std::begin(team_metric_words));
      append(metric, {}, [this, at](std::size_t place) { return team_[place][at]; });
    }
    const auto word = std::ranges::find(agent_metric_words, metric);
    if (word == std::end(agent_metric_words)) continue;
    const auto at = static_cast<std::size_t>(word - std::begin(agent_metric_words));
    for (const auto& [id, agent] : agents_) append(metric, id, [&agent, at](std::size_t place) { return agent.values[place][at]; });
  }
}

MetricSeries& seriesOf(std::vector<MetricSeries>& series, std::string_view metric, std::string_view subject) {
  for (MetricSeries& one : series)
    if (one.metric == metric && one.subject == subject) return one;
  return series.emplace_back(MetricSeries{std::string(metric), std::string(subject), {}, {}});
}

}  // namespace atrium
