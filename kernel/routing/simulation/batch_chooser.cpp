#include "routing/simulation/batch_chooser.hpp"

#include <algorithm>

#include "routing/simulation/assignment.hpp"

namespace atrium::simulation {

namespace {

constexpr Seconds batch_interval = 2;
constexpr double batch_load_weight = .78;        // Beside a match of weight 1, as in the policy `balanced`.
constexpr std::size_t batch_leads_max = 10'000;  // Of more than that the oldest, as for scorers.
constexpr double forbidden_cost = 1e6;           // So much that as few as possible of those pairs are left in the cheapest assignment.

class BatchChooser final : public Chooser {
 public:
  [[nodiscard]] std::string_view name() const override { return "batch"; }
  void begin(const World& world, std::uint64_t /*seed*/) override { world_ = &world; }
  [[nodiscard]] Seconds interval() const override { return batch_interval; }

  [[nodiscard]] std::vector<Assigned> assign(std::span<const Waiting> waiting, Seconds /*now*/) override {
    waiting = waiting.first(std::min(waiting.size(), batch_leads_max));
    places_.clear();
    for (std::uint32_t number = 0; number < agents().size(); ++number)
      if (agent(number).present)
        for (unsigned load = agent(number).busy + 1; load <= agent(number).model->places; ++load) places_.push_back({number, load});
    Costs costs(waiting.size(), places_.size());
    for (std::size_t row = 0; row < waiting.size(); ++row)
      for (std::size_t column = 0; column < places_.size(); ++column) costs.at(row, column) = costOf(waiting[row], places_[column]);
    const std::vector<std::size_t> columns = cheapestAssignment(costs);
    std::vector<Assigned> out;
    for (std::size_t row = 0; row < waiting.size(); ++row)
      if (columns[row] != unassigned && costs.at(row, columns[row]) < forbidden_cost)
        out.push_back({waiting[row].lead, places_[columns[row]].agent});
    return out;
  }

 private:
  struct Place {
    std::uint32_t agent;
    unsigned load;  // That he has once it is taken: an agent's places cost more one after the other.
  };
  [[nodiscard]] double costOf(const Waiting& waiting, const Place& place) const {
    const AgentModel& model = *agent(place.agent).model;
    const double proficiency = model.proficiency[world_->leads[waiting.lead].type];
    if (proficiency <= 0 || waiting.not_to == place.agent) return forbidden_cost;
    const double load = static_cast<double>(place.load) / model.places;
    return 1 - proficiency * model.performance + batch_load_weight * load * load;
  }

  const World* world_ = nullptr;
  std::vector<Place> places_;
};

}  // namespace

std::unique_ptr<Chooser> makeBatchChooser() { return std::make_unique<BatchChooser>(); }

}  // namespace atrium::simulation
