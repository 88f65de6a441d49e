#pragma once

#include <string>
#include <vector>

#include "load/clock.hpp"

namespace atrium::bench {

// One promised figure and what every run measured of it.
class Figure {
 public:
  // `limit_ms` 0: measured and not promised. `floor`: what the machine takes for the same without us; it outlives this. When the floor
  // alone misses the limit, this machine can neither show nor refute the figure.
  Figure(std::string name, double limit_ms, const Figure* floor = nullptr) : name_(std::move(name)), limit_ms_(limit_ms), floor_(floor) {}
  void add(Nanos value) { runs_ms_.push_back(static_cast<double>(value) / static_cast<double>(milli)); }
  // The median of the runs is below the limit.
  [[nodiscard]] bool met() const;
  // Not met, and not for want of a disk that could.
  [[nodiscard]] bool missed() const;
  // One line of the table; `judge`: with the verdict.
  void print(bool judge) const;
  static void printHead();

 private:
  std::string name_;
  double limit_ms_;
  const Figure* floor_;
  std::vector<double> runs_ms_;
};

}  // namespace atrium::bench
