#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/alert_ports.hpp"

namespace atrium {

// What one evaluation of one rule saw. A value.
class Sightings {
 public:
  // `raised` is what the rule said of the window. Of two alerts with one subject the more severe one counts.
  Sightings(std::string rule, const AlertWindow& window, std::vector<RaisedAlert> raised);

  [[nodiscard]] const std::string& rule() const { return rule_; }
  [[nodiscard]] Wall at() const { return at_; }
  [[nodiscard]] const std::vector<RaisedAlert>& raised() const { return raised_; }
  // Null: it was not raised.
  [[nodiscard]] const RaisedAlert* raisedOf(std::string_view subject) const;
  [[nodiscard]] Sight sightOf(const Alert& alert) const;
  // Whether a series of the window is about this subject.
  [[nodiscard]] bool measures(std::string_view subject) const { return subjects_.contains(subject); }

 private:
  std::string rule_;
  Wall at_;
  std::vector<RaisedAlert> raised_;
  std::set<std::string, std::less<>> subjects_;  // Of series with a known value.
};

// What becomes of a rule's alerts.
struct RoundOutcome {
  std::vector<Alert> changed;  // As they are from now on; one in the state normal is gone.
  std::size_t refused = 0;     // Would have been new, and had no place.
};

// One step of all alerts of one rule: `alerts` are those that are open or held, `places` is how many more there may be.
[[nodiscard]] RoundOutcome stepRule(std::span<const Alert* const> alerts, const Sightings& seen, const RulePolicy& policy,
                                    std::size_t places, IdSource& ids);

}  // namespace atrium
