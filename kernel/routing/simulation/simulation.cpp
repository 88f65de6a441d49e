#include "routing/simulation/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>
#include <utility>

namespace atrium::simulation {

namespace {

constexpr Seconds minute = 60;

struct Event {
  enum class Kind : std::uint8_t { arrival, patience, expiry, completion, absence, back, batch };
  Seconds at = 0;
  std::uint64_t number = 0;  // Of equal times the one that was made first.
  Kind kind{};
  std::uint32_t agent = nobody;
  std::uint32_t lead = 0;

  friend bool operator>(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }
};

class Run {
 public:
  Run(const Scenario& scenario, World world, std::uint64_t seed, Chooser& chooser)
      : scenario_(scenario), world_(std::move(world)), chooser_(chooser), leads_(world_.leads.size()), areas_(world_.agents.size()) {
    for (const AgentModel& model : world_.agents) agents_.push_back({.model = &model});
    chooser_.watch(agents_);
    chooser_.begin(world_, seed);
    for (std::uint32_t agent = 0; agent < agents_.size(); ++agent)
      for (const Seconds at : world_.agents[agent].absences) {
        add(at, Event::Kind::absence, agent);
        add(at + absence_time, Event::Kind::back, agent);
      }
    for (std::uint32_t lead = 0; lead < leads_.size(); ++lead) add(world_.leads[lead].at, Event::Kind::arrival, nobody, lead);
  }

  Outcome go() {
    while (!events_.empty() && events_.top().at <= scenario_.duration) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      carryOut(event);
    }
    now_ = scenario_.duration;
    return outcome();
  }

 private:
  struct LeadState {
    enum class Stage : std::uint8_t { to_come, waiting, offered, accepted, gone } stage = Stage::to_come;
    std::uint32_t agent = nobody;  // Who has it, or had the last offer.
    unsigned offers = 0;
  };
  struct Area {  // Integrals over time.
    Seconds since = 0;
    double busy = 0, at_cap = 0;
  };

  void add(Seconds at, Event::Kind kind, std::uint32_t agent, std::uint32_t lead = 0) {
    events_.push({.at = at, .number = ++last_number_, .kind = kind, .agent = agent, .lead = lead});
  }

  void carryOut(const Event& event) {
    LeadState& lead = leads_[event.lead];
    switch (event.kind) {
      case Event::Kind::arrival:
        ++outcome_.leads;
        lead.stage = LeadState::Stage::waiting;
        if (std::isfinite(world_.leads[event.lead].patience))
          add(now_ + world_.leads[event.lead].patience, Event::Kind::patience, nobody, event.lead);
        if (!place(event.lead)) wait(event.lead);
        break;
      case Event::Kind::patience: abandon(event.lead); break;
      case Event::Kind::expiry:
        if (lead.stage != LeadState::Stage::offered || lead.agent != event.agent) break;
        lead.stage = LeadState::Stage::waiting;
        leave(event.agent);
        if (!place(event.lead)) wait(event.lead);
        fill(event.agent, event.lead);
        break;
      case Event::Kind::completion:
        lead.stage = LeadState::Stage::gone;
        leave(event.agent);
        fill(event.agent);
        break;
      case Event::Kind::absence: agents_[event.agent].present = false; break;
      case Event::Kind::back:
        agents_[event.agent].present = true;
        fill(event.agent);
        break;
      case Event::Kind::batch:
        batch_to_come_ = false;
        assignBatch();
        break;
    }
  }

  void wait(std::uint32_t lead) {
    waiting_.insert(std::ranges::lower_bound(waiting_, lead), lead);  // By age, as they came.
    awaitBatch();
  }

  // Batches are at whole intervals of the run's time, and only while somebody waits.
  void awaitBatch() {
    const Seconds interval = chooser_.interval();
    if (interval <= 0 || waiting_.empty() || std::exchange(batch_to_come_, true)) return;
    add((std::floor(now_ / interval) + 1) * interval, Event::Kind::batch, nobody);
  }

  void assignBatch() {
    batch_.clear();
    for (const std::uint32_t lead : waiting_) batch_.push_back({lead, std::exchange(leads_[lead].agent, nobody)});
    for (const Assigned& one : chooser_.assign(batch_, now_)) {
      waiting_.erase(std::ranges::find(waiting_, one.lead));
      offer(one.agent, one.lead);
    }
    awaitBatch();
  }

  // Offers the lead to somebody, if there is anybody; not again to who has just let it expire.
  bool place(std::uint32_t lead) {
    if (chooser_.interval() > 0) return false;
    candidates_.clear();
    const std::size_t type = world_.leads[lead].type;
    for (std::uint32_t agent = 0; agent < agents_.size(); ++agent)
      if (agents_[agent].free() && world_.agents[agent].proficiency[type] > 0 && leads_[lead].agent != agent) candidates_.push_back(agent);
    if (candidates_.empty()) return false;
    offer(chooser_.agentFor(lead, candidates_, now_), lead);
    return true;
  }

  // Gives the agent leads that wait, as long as he has a free place; not the one he has just let expire.
  void fill(std::uint32_t agent, std::uint32_t except = nobody) {
    if (chooser_.interval() > 0) return;
    while (agents_[agent].free()) {
      candidates_.clear();
      for (const std::uint32_t lead : waiting_)
        if (lead != except && world_.agents[agent].proficiency[world_.leads[lead].type] > 0) candidates_.push_back(lead);
      if (candidates_.empty()) return;
      const std::uint32_t lead = candidates_[chooser_.leadFor(agent, candidates_, now_)];
      waiting_.erase(std::ranges::find(waiting_, lead));
      offer(agent, lead);
    }
  }

  void offer(std::uint32_t number, std::uint32_t lead) {
    AgentState& agent = agents_[number];
    outcome_.over_cap += agent.free() ? 0 : 1;
    integrate(number);
    ++agent.busy;
    agent.idle_since = now_;
    LeadState& state = leads_[lead];
    state.agent = number;
    const LeadModel& model = world_.leads[lead];
    if (model.expiries >> state.offers++ % 64 & 1) {
      state.stage = LeadState::Stage::offered;
      add(now_ + offer_time, Event::Kind::expiry, number, lead);
    } else {
      accept(number, lead);
    }
    chooser_.changed(number);
  }

  void accept(std::uint32_t number, std::uint32_t lead) {
    AgentState& agent = agents_[number];
    const LeadModel& model = world_.leads[lead];
    leads_[lead].stage = LeadState::Stage::accepted;
    const Seconds wait = now_ - model.at;
    ++outcome_.accepted;
    outcome_.wait += wait;
    outcome_.wait_tail.add(wait);
    outcome_.within_minute += wait <= minute ? 1 : 0;
    const Seconds response = wait + model.reply * (1 - agent.model->responsiveness);
    outcome_.value += model.value * agent.model->proficiency[model.type] * agent.model->performance * std::exp(-response / value_time);
    agent.value_received += model.value;
    const Seconds service = serviceTime(*agent.model, model) * (1 + scenario_.slowdown * (agent.busy - 1));
    add(now_ + service, Event::Kind::completion, number, lead);
  }

  void abandon(std::uint32_t lead) {
    LeadState& state = leads_[lead];
    if (state.stage != LeadState::Stage::waiting && state.stage != LeadState::Stage::offered) return;
    const bool offered = state.stage == LeadState::Stage::offered;
    state.stage = LeadState::Stage::gone;
    ++outcome_.abandoned;
    if (!offered) {
      waiting_.erase(std::ranges::find(waiting_, lead));
      return;
    }
    leave(state.agent);
    fill(state.agent);
  }

  void leave(std::uint32_t agent) {
    integrate(agent);
    --agents_[agent].busy;
    agents_[agent].idle_since = now_;
    chooser_.changed(agent);
  }

  void integrate(std::uint32_t number) {
    Area& area = areas_[number];
    const Seconds time = now_ - std::exchange(area.since, now_);
    area.busy += time * agents_[number].utilization();
    if (agents_[number].busy == agents_[number].model->places) area.at_cap += time;
  }

  Outcome outcome() {
    std::vector<double> occupancy, value;
    double at_cap = 0;
    for (std::uint32_t agent = 0; agent < agents_.size(); ++agent) {
      integrate(agent);
      occupancy.push_back(areas_[agent].busy / scenario_.duration);
      value.push_back(agents_[agent].value_received / agents_[agent].model->places);
      at_cap += areas_[agent].at_cap / scenario_.duration / static_cast<double>(agents_.size());
    }
    outcome_.occupancy_fairness = jain(occupancy);
    outcome_.value_fairness = jain(value);
    outcome_.at_cap = at_cap;
    outcome_.runs = 1;
    outcome_.hours = scenario_.duration / 3600;
    return outcome_;
  }

  const Scenario& scenario_;
  const World world_;
  Chooser& chooser_;
  std::vector<AgentState> agents_;
  std::vector<LeadState> leads_;
  std::vector<Area> areas_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<std::uint32_t> waiting_;  // Oldest first, as leads are numbered by their arrival.
  std::vector<std::uint32_t> candidates_;
  std::vector<Waiting> batch_;
  bool batch_to_come_ = false;
  std::uint64_t last_number_ = 0;
  Seconds now_ = 0;
  Outcome outcome_;
};

}  // namespace

Outcome& Outcome::operator+=(const Outcome& other) {
  leads += other.leads;
  accepted += other.accepted;
  abandoned += other.abandoned;
  within_minute += other.within_minute;
  wait += other.wait;
  wait_tail += other.wait_tail;
  value += other.value;
  occupancy_fairness += other.occupancy_fairness;
  value_fairness += other.value_fairness;
  at_cap += other.at_cap;
  over_cap += other.over_cap;
  runs += other.runs;
  hours += other.hours;
  return *this;
}

double jain(const std::vector<double>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
  return squares > 0 ? sum * sum / (static_cast<double>(values.size()) * squares) : 1;
}

Outcome simulate(const Scenario& scenario, std::uint64_t seed, Chooser& chooser) {
  return Run(scenario, makeWorld(scenario, seed), seed, chooser).go();
}

}  // namespace atrium::simulation
