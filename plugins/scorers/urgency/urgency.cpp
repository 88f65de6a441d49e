#include <atrium/plugin.hpp>

// The other side alone: half how long the lead has waited, half what it says of its urgency.
class Urgency {
 public:
  explicit Urgency(const atrium::Json& options) : waiting_ms_(60'000.0 * options["waiting_minutes"].as_number().value_or(10)) {}

  [[nodiscard]] atrium::Score score_queue(const atrium::Agent&, const atrium::Lead& lead) const {
    const double age = std::min(1.0, static_cast<double>(lead.waiting_ms()) / waiting_ms_);
    const auto urgency = urgency_of(lead["urgency"].as_text().value_or(""));
    if (!urgency) return {age, "has waited"};
    return {(age + *urgency) / 2, *urgency > 0.5 ? "is urgent" : "has waited"};
  }

 private:
  // "High", as forms have it, in any case of letters.
  static std::optional<double> urgency_of(std::string_view word) {
    const auto is = [word](std::string_view lower) {
      return word.size() == lower.size() &&
             std::equal(word.begin(), word.end(), lower.begin(), [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
    };
    if (is("critical")) return 1.0;
    if (is("high")) return 0.8;
    if (is("medium")) return 0.5;
    if (is("low")) return 0.2;
    return std::nullopt;
  }

  double waiting_ms_;
};

ATRIUM_PLUGIN(Urgency, "atrium.scorer.urgency", "1.0.0")
