#pragma once

#include <string>
#include <vector>

#include "load/clock.hpp"

namespace atrium::bench {

// One promised figure and what every run measured of it.
class Figure {
 public:
  Figure(std::string name, double limit_ms) : name_(std::move(name)), limit_ms_(limit_ms) {}
  void add(Nanos value) { runs_ms_.push_back(static_cast<double>(value) / static_cast<double>(milli)); }
  // The median of the runs is below the limit.
  [[nodiscard]] bool met() const;
  // One line of the table; `judge`: with the verdict.
  void print(bool judge) const;
  static void printHead();

 private:
  std::string name_;
  double limit_ms_;
  std::vector<double> runs_ms_;
};

}  // namespace atrium::bench
