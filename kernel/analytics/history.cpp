#include "analytics/history.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "analytics/document_walk.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t steps_per_page = 60, agents_per_page = 16;

// One reading on its way: hours, then the minutes behind them, then the same of the agents.
struct Reading : std::enable_shared_from_this<Reading> {
  Reading(Store& from, RollupQuery asked, Completion<RollupHistory> completion)
      : store(from), query(std::move(asked)), done(std::move(completion)) {}

  void begin() {
    query.from = startOf(query.step, query.from);
    history = {.from = query.from, .to = query.to, .step = query.step, .steps = {}, .agents = {}};
    minutes_from = query.from;
    readSteps(query.step);
  }

  void readSteps(Span span) {
    const auto self = shared_from_this();
    walkDocuments(store, {.prefix = {std::string(collectionOf(span)), query.tenant_id},
                          .after = behind(span, collectionOf(span)),
                          .page = steps_per_page,
                          .each =
                              [self, span](const Document& document) {
                                const auto at = self->timeOf(document, 3);
                                if (!at) return true;
                                if (*at >= self->query.to) return false;
                                std::ignore = addDocument(document, self->stepAt(*at));
                                if (span == Span::hour) self->minutes_from = std::max(self->minutes_from, *at + std::chrono::hours(1));
                                return true;
                              },
                          .done =
                              [self, span](Result<void> walked) {
                                if (!walked) return self->done(fail(std::move(walked.error())));
                                if (span == Span::hour) return self->readSteps(Span::minute);
                                if (self->query.agents == RollupQuery::Agents::none) return self->done(std::move(self->history));
                                self->readAgents(self->query.step);
                              }});
  }

  void readAgents(Span span) {
    const auto self = shared_from_this();
    walkDocuments(store, {.prefix = {std::string(agentCollectionOf(span)), query.tenant_id},
                          .after = behind(span, agentCollectionOf(span)),
                          .page = agents_per_page,
                          .each =
                              [self](const Document& document) {
                                const auto at = self->timeOf(document, 4);
                                if (!at) return true;
                                if (*at >= self->query.to) return false;
                                self->takeAgents(*at, document);
                                return true;
                              },
                          .done =
                              [self, span](Result<void> walked) {
                                if (!walked) return self->done(fail(std::move(walked.error())));
                                if (span == Span::hour) return self->readAgents(Span::minute);
                                self->done(std::move(self->history));
                              }});
  }

  void takeAgents(Wall at, const Document& document) {
    const bool one = query.agents == RollupQuery::Agents::one;
    if (one && !mayName(document, query.agent_id)) return;
    Rollup part;
    if (!addDocument(document, part)) return;
    if (!one) {
      for (const auto& [id, agent] : part.agents) history.agents[id].add(agent);
    } else if (const auto found = part.agents.find(query.agent_id); found != part.agents.end()) {
      stepAt(at).agents[found->first].add(found->second);
    }
  }

  [[nodiscard]] std::optional<Wall> timeOf(const Document& document, std::size_t parts) const {
    return document.key.size() == parts ? stepTime(document.key[2]) : std::nullopt;
  }
  // The step in which `at` lies; made when there is none. Documents come in order, so it is one of the last.
  Rollup& stepAt(Wall at) {
    const Wall from = startOf(query.step, at);
    const auto place = std::ranges::lower_bound(history.steps, from, {}, &Rollup::from);
    if (place != history.steps.end() && place->from == from) return *place;
    Rollup step;
    step.from = from;
    return *history.steps.insert(place, std::move(step));
  }
  // The key behind which this reading begins.
  [[nodiscard]] DocumentKey behind(Span span, std::string_view collection) const {
    const Wall first = span == Span::hour ? query.from : minutes_from;
    DocumentKey key{std::string(collection), query.tenant_id, stepText(first - std::chrono::minutes(1))};
    if (collection.ends_with("_agents")) key.push_back("\xFF");
    return key;
  }

  Store& store;
  RollupQuery query;
  Completion<RollupHistory> done;
  RollupHistory history;
  Wall minutes_from{};  // Where the hours that were read end.
};

}  // namespace

void loadHistory(Store& store, RollupQuery query, Completion<RollupHistory> done) {
  std::make_shared<Reading>(store, std::move(query), std::move(done))->begin();
}

}  // namespace atrium
