#include "analytics/minute_series.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "analytics/document_walk.hpp"
#include "analytics/rollup_codec.hpp"
#include "analytics/sample_ring.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

double meanOf(double sum, std::uint64_t count) {
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
}

double responseSeconds(const Activity& activity) {
  const Distribution& first = activity[Timing::first_response_ms];
  const Distribution& later = activity[Timing::response_ms];
  return meanOf((first.sum() + later.sum()) / 1000, first.count() + later.count());
}

double responses(const Activity& activity) {
  const std::uint64_t count = activity[Timing::first_response_ms].count() + activity[Timing::response_ms].count();
  return meanOf(static_cast<double>(count), count == 0 ? 0 : 1);
}

// In the order of team_metric_words.
double teamFigure(const Rollup& minute, std::size_t at) {
  const TeamLoad& load = minute.load;
  switch (at) {
    case 0: return responseSeconds(minute.total);
    case 1: return minute.total[Timing::acceptance_ms].mean() / 1000;
    case 2: return minute.message_latency_us.mean() / 1000;
    case 3: return meanOf(load.queue_length, load.samples);
    case 4: return meanOf(load.agents_online, load.samples);
    case 5: return meanOf(load.samples == 0 ? 0 : load.oldest_wait_seconds, load.samples == 0 ? 0 : 1);
    case 6: return meanOf(load.active_leads, load.samples);
    case 7: return meanOf(load.balance, load.staffed);
    case 8: return static_cast<double>(minute.messages_failed);
    default: return responses(minute.total);
  }
}

// In the order of agent_metric_words.
double agentFigure(const AgentPart& part, std::size_t at) {
  switch (at) {
    case 0: return part.load.meanUtilisation();
    case 1: return meanOf(part.load.active_leads, part.load.online);
    case 2: return meanOf(part.load.active_conversations, part.load.online);
    case 3: return responseSeconds(part.activity);
    default: return responses(part.activity);
  }
}

struct SeriesReading : std::enable_shared_from_this<SeriesReading> {
  explicit SeriesReading(Store& from) : store(from) {}

  void walk(std::string_view collection, std::move_only_function<void()> next) {
    DocumentKey after{std::string(collection), tenant_id, stepText(from - std::chrono::minutes(1))};
    if (collection == agentCollectionOf(Span::minute)) after.push_back("\xFF");
    const auto self = shared_from_this();
    walkDocuments(store, {.prefix = {std::string(collection), tenant_id},
                          .after = std::move(after),
                          .each =
                              [self](const Document& document) {
                                const auto at = document.key.size() >= 3 ? stepTime(document.key[2]) : std::nullopt;
                                if (!at) return true;
                                return *at < self->to && self->take(*at, document);
                              },
                          .done =
                              [self, next = std::move(next)](Result<void> walked) mutable {
                                if (!walked) return self->done(fail(std::move(walked.error())));
                                if (self->points > series_points_max)
                                  return self->done(fail(Code::too_large, "Ask for fewer figures or for less time."));
                                next();
                              }});
  }

  bool take(Wall at, const Document& document) {
    Rollup minute;
    std::ignore = addDocument(document, minute);
    const std::uint64_t at_ms = toMillis(at);
    if (document.key.size() == 3)
      for (const std::size_t figure : team) add(team_metric_words[figure], {}, at_ms, teamFigure(minute, figure));
    else
      for (const auto& [id, part] : minute.agents)
        for (const std::size_t figure : agents) add(agent_metric_words[figure], id, at_ms, agentFigure(part, figure));
    return points <= series_points_max;
  }

  void add(std::string_view metric, const std::string& subject, std::uint64_t at_ms, double value) {
    MetricSeries& one = series[{metric, subject}];
    one.at_ms.push_back(at_ms);
    one.values.push_back(value);
    ++points;
  }

  void end() {
    std::vector<MetricSeries> all;
    for (auto& [name, one] : series) {
      one.metric = name.first;
      one.subject = name.second;
      all.push_back(std::move(one));
    }
    done(std::move(all));
  }

  Store& store;
  std::string tenant_id;
  std::vector<std::size_t> team, agents;  // Places in the lists of words.
  Wall from{}, to{};
  Completion<std::vector<MetricSeries>> done;
  std::map<std::pair<std::string_view, std::string>, MetricSeries> series;
  std::size_t points = 0;
};

}  // namespace

void readMinuteSeries(Store& store, const std::string& tenant_id, const std::vector<std::string>& metrics, Wall from, Wall to,
                      Completion<std::vector<MetricSeries>> done) {
  const auto reading = std::make_shared<SeriesReading>(store);
  reading->tenant_id = tenant_id;
  reading->from = startOf(Span::minute, from + std::chrono::minutes(1) - std::chrono::milliseconds(1));
  reading->to = to;
  reading->done = std::move(done);
  for (std::size_t at = 0; at < team_metric_count; ++at)
    if (std::ranges::find(metrics, team_metric_words[at]) != metrics.end()) reading->team.push_back(at);
  for (std::size_t at = 0; at < agent_metric_count; ++at)
    if (std::ranges::find(metrics, agent_metric_words[at]) != metrics.end()) reading->agents.push_back(at);

  const auto agents = [reading] {
    if (reading->agents.empty()) return reading->end();
    reading->walk(agentCollectionOf(Span::minute), [reading] { reading->end(); });
  };
  if (reading->team.empty()) return agents();
  reading->walk(collectionOf(Span::minute), agents);
}

}  // namespace atrium
