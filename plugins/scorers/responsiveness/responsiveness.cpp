#include <atrium/plugin.hpp>

// Falls in a straight line from 1 for an answer at once to 0 for one after `slow_minutes`.
class Responsiveness {
 public:
  explicit Responsiveness(const atrium::Json& options) : slow_minutes_(options["slow_minutes"].as_number().value_or(10)) {}

  [[nodiscard]] atrium::Score score(const atrium::Lead&, const atrium::Agent& agent) const {
    const auto minutes = agent.avg_response_minutes();
    if (!minutes) return {};
    const double value = std::clamp(1 - *minutes / slow_minutes_, 0.0, 1.0);
    return {value, value >= 0.8 ? "answers quickly" : value > 0 ? "answers" : "answers slowly"};
  }

 private:
  double slow_minutes_;
};

ATRIUM_PLUGIN(Responsiveness, "atrium.scorer.responsiveness", "1.0.0")
