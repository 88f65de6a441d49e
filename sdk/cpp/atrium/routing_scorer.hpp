#ifndef ATRIUM_ROUTING_SCORER_HPP
#define ATRIUM_ROUTING_SCORER_HPP
// A plugin class is a routing scorer when it has one of these, each in whichever form suits:
//   Score score(const Lead& lead, const Agent& agent) const;              one by one, or
//   void score(const Lead& lead, Agents agents, Scores scores) const;     all at once: scores[i] = ...
//   Score score_queue(const Agent& agent, const Lead& lead) const;        the other side: which lead an agent should take, or
//   void score_queue(const Agent& agent, Leads leads, Scores scores) const;
// and, when its name is not the last part of the plugin's id, a member `routing_scorer`, a RoutingScorerInfo.
// Several workers may call at once. The answers depend on what is handed in and on nothing else.
#include <concepts>
#include <cstring>
#include <type_traits>

#include "atrium/ext/routing_scorer.h"
#include "atrium/host.hpp"
#include "atrium/names.hpp"
#include "atrium/views.hpp"

namespace atrium {
inline namespace sdk {

// `name` must outlive the plugin: use a literal. Empty: the last part of the plugin's id.
struct RoutingScorerInfo {
  std::string_view name = {};
};

// How well two fit, from 0.0 to 1.0, and why, in one clause a person reads. Score() abstains.
class Score {
 public:
  Score() { abi_.value = -1; }
  // `reason` is copied, cut to ATRIUM_SCORER_REASON_MAX bytes between two characters.
  Score(double value, std::string_view reason = {}) {
    std::size_t size = reason.size() <= ATRIUM_SCORER_REASON_MAX ? reason.size() : ATRIUM_SCORER_REASON_MAX;
    if (size < reason.size())
      while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xC0) == 0x80) --size;
    abi_.value = value;
    abi_.reason_size = static_cast<std::uint32_t>(size);
    if (size > 0) std::memcpy(abi_.reason, reason.data(), size);
  }
  [[nodiscard]] double value() const { return abi_.value; }
  [[nodiscard]] bool abstains() const { return abi_.value < 0; }
  [[nodiscard]] std::string_view reason() const { return {abi_.reason, abi_.reason_size}; }
  [[nodiscard]] const atrium_score& abi() const { return abi_; }

 private:
  atrium_score abi_{};
};

class Lead {
 public:
  explicit Lead(const atrium_lead& lead) : lead_(&lead) {}
  [[nodiscard]] std::string_view lead_id() const { return view(lead_->lead_id); }
  [[nodiscard]] std::string_view tenant_id() const { return view(lead_->tenant_id); }
  [[nodiscard]] std::uint64_t waiting_ms() const { return lead_->waiting_ms; }  // Since it arrived.
  [[nodiscard]] Json fields() const { return Json(lead_->fields); }
  // What the lead came with: lead["tier"] == "vip".
  [[nodiscard]] Json operator[](std::string_view key) const { return fields()[key]; }

 private:
  const atrium_lead* lead_;
};

class Agent {
 public:
  explicit Agent(const atrium_agent& agent) : agent_(&agent) {}
  [[nodiscard]] std::string_view agent_id() const { return view(agent_->agent_id); }
  [[nodiscard]] std::uint32_t status() const { return agent_->status; }  // ATRIUM_AGENT_...
  [[nodiscard]] bool is_available() const { return agent_->status == ATRIUM_AGENT_AVAILABLE; }
  [[nodiscard]] std::uint32_t active_leads() const { return agent_->active_leads; }
  [[nodiscard]] std::uint32_t capacity() const { return agent_->capacity; }  // Leads at a time.
  [[nodiscard]] double capacity_utilization() const { return agent_->capacity_utilization; }
  // Nothing: not known.
  [[nodiscard]] std::optional<double> avg_response_minutes() const { return known(agent_->avg_response_minutes); }
  [[nodiscard]] std::optional<double> conversion_rate() const { return known(agent_->conversion_rate); }  // 0 to 1
  [[nodiscard]] std::optional<double> satisfaction() const { return known(agent_->satisfaction); }        // 0 to 5
  [[nodiscard]] std::uint64_t idle_ms() const { return agent_->idle_ms; }                                 // Since its last assignment.
  [[nodiscard]] Json fields() const { return Json(agent_->fields); }
  [[nodiscard]] Json operator[](std::string_view key) const { return fields()[key]; }
  // Its proficiency, from 0 to 1; nothing when the roster does not list that skill.
  [[nodiscard]] std::optional<double> skill(std::string_view name) const { return fields()["skills"][name].as_number(); }
  [[nodiscard]] bool has_skill(std::string_view name, double at_least = 0.0) const {
    const auto proficiency = skill(name);
    return proficiency && *proficiency >= at_least;
  }

 private:
  static std::optional<double> known(double figure) { return figure < 0 ? std::nullopt : std::optional(figure); }
  const atrium_agent* agent_;
};

using Leads = Views<Lead, atrium_lead>;
using Agents = Views<Agent, atrium_agent>;

// Where a batch's answers go: scores[i] = Score(0.5, "speaks the language"). What is not set abstains.
class Scores {
 public:
  Scores(atrium_score* out, std::uint32_t count) : out_(out), count_(count) {}
  [[nodiscard]] std::uint32_t size() const { return count_; }

  class Place {
   public:
    explicit Place(atrium_score& out) : out_(&out) {}
    void operator=(const Score& score) const {
      out_->value = score.value();
      out_->reason_size = static_cast<std::uint32_t>(score.reason().size());
      std::memcpy(out_->reason, score.reason().data(), score.reason().size());
    }

   private:
    atrium_score* out_;
  };
  // `at` is below size().
  [[nodiscard]] Place operator[](std::uint32_t at) const { return Place(out_[at]); }

 private:
  atrium_score* out_;
  std::uint32_t count_;
};

namespace detail {

template <typename P>
concept HasRoutingScorerInfo = requires(P& plugin) {
  { plugin.routing_scorer } -> std::convertible_to<const RoutingScorerInfo&>;
};
template <typename P>
concept ScoresEach = requires(P& plugin, const Lead& lead, const Agent& agent) {
  { plugin.score(lead, agent) } -> std::convertible_to<Score>;
};
template <typename P>
concept ScoresBatch = requires(P& plugin, const Lead& lead, Agents agents, Scores scores) { plugin.score(lead, agents, scores); };
template <typename P>
concept ScoresEachOfQueue = requires(P& plugin, const Agent& agent, const Lead& lead) {
  { plugin.score_queue(agent, lead) } -> std::convertible_to<Score>;
};
template <typename P>
concept ScoresQueue = requires(P& plugin, const Agent& agent, Leads leads, Scores scores) { plugin.score_queue(agent, leads, scores); };
template <typename P>
concept IsRoutingScorer = ScoresEach<P> || ScoresBatch<P> || ScoresEachOfQueue<P> || ScoresQueue<P>;

// `alone`: the class is nothing else, so that a name which is right is meant.
template <typename P, bool alone>
consteval bool routing_scorer_is_sound() {
  constexpr bool meant = alone || HasRoutingScorerInfo<P> || IsRoutingScorer<P>;
  if constexpr (requires { &P::routing_scorer; })
    static_assert(HasRoutingScorerInfo<P>, "`routing_scorer` must be an atrium::RoutingScorerInfo");
  if constexpr (meant && names_score<P>)
    static_assert(ScoresEach<P> || ScoresBatch<P>,
                  "score is called as score(const Lead&, const Agent&) and returns a Score, or as score(const Lead&, Agents, Scores)");
  if constexpr (meant && names_score_queue<P>)
    static_assert(ScoresEachOfQueue<P> || ScoresQueue<P>,
                  "score_queue is called as score_queue(const Agent&, const Lead&) and returns a Score, or as score_queue(const Agent&, "
                  "Leads, Scores)");
  static_assert(!meant || !names_score_batch<P>, "the hook is spelled score, for one agent and for many");
  static_assert(!meant || !names_scoreQueue<P>, "the hook is spelled score_queue");
  static_assert(IsRoutingScorer<P> || !HasRoutingScorerInfo<P>,
                "this class has a member `routing_scorer` but no hook score or score_queue");
  return true;
}

// The C tables of a plugin class that is a routing scorer. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class RoutingScorerTables {
 public:
  RoutingScorerTables(P& plugin, std::string_view default_name) {
    std::string_view name = default_name;
    if constexpr (HasRoutingScorerInfo<P>)
      if (!plugin.routing_scorer.name.empty()) name = plugin.routing_scorer.name;
    info_ = {.struct_size = sizeof info_, .reserved = 0, .name = text_of(name)};
    table_.struct_size = sizeof table_;
    table_.info = &info_;
    if constexpr (ScoresEach<P> || ScoresBatch<P>) table_.score_batch = score_batch;
    if constexpr (ScoresEachOfQueue<P> || ScoresQueue<P>) table_.score_queue = score_queue;
  }
  RoutingScorerTables(const RoutingScorerTables&) = delete;
  RoutingScorerTables& operator=(const RoutingScorerTables&) = delete;
  [[nodiscard]] const void* table(std::string_view id) const { return id == ATRIUM_EXT_ROUTING_SCORER ? &table_ : nullptr; }

 private:
  static atrium_status score_batch(atrium_plugin* self, const atrium_lead* lead, const atrium_agent* const* agents, std::uint32_t count,
                                   atrium_score* out) noexcept {
    return contained(Instance::of(self).host, "score", [&] {
      P& plugin = Instance::of(self).plugin;
      if constexpr (ScoresBatch<P>)
        plugin.score(Lead(*lead), Agents(agents, count), Scores(out, count));
      else
        for (std::uint32_t at = 0; at < count; ++at) Scores(out, count)[at] = plugin.score(Lead(*lead), Agent(*agents[at]));
    });
  }
  static atrium_status score_queue(atrium_plugin* self, const atrium_agent* agent, const atrium_lead* const* leads, std::uint32_t count,
                                   atrium_score* out) noexcept {
    return contained(Instance::of(self).host, "score_queue", [&] {
      P& plugin = Instance::of(self).plugin;
      if constexpr (ScoresQueue<P>)
        plugin.score_queue(Agent(*agent), Leads(leads, count), Scores(out, count));
      else
        for (std::uint32_t at = 0; at < count; ++at) Scores(out, count)[at] = plugin.score_queue(Agent(*agent), Lead(*leads[at]));
    });
  }

  atrium_routing_scorer_info info_{};
  atrium_routing_scorer table_{};
};

template <typename P, typename Instance>
using RoutingScorerPart =
    std::conditional_t<IsRoutingScorer<P>, RoutingScorerTables<P, Instance>, Absent<RoutingScorerTables<P, Instance>>>;

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
