#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "base/histogram.hpp"

namespace atrium {

// The series that one plugin declares for itself. Any thread.
class PluginMetrics {
 public:
  // `kind` as atrium/service/metrics.h has it. The same name again gives the same number. 0: refused, as any use of it is passed over.
  [[nodiscard]] std::uint32_t declare(std::uint32_t kind, std::string_view name, std::string_view help);
  void record(std::uint32_t metric, double value);

  // One series as it stands. A value.
  struct Reading {
    std::string name;
    std::string help;
    std::uint32_t kind = 0;
    double value = 0;                // Of a counter or gauge.
    Histogram::Snapshot duration{};  // Of a histogram.
  };
  [[nodiscard]] std::deque<Reading> read() const;

 private:
  struct Series {
    std::string name;
    std::string help;
    std::uint32_t kind;
    double value = 0;
    Histogram duration;
    Series(std::string its_name, std::string its_help, std::uint32_t its_kind)
        : name(std::move(its_name)), help(std::move(its_help)), kind(its_kind) {}
  };
  mutable std::mutex mutex_;
  std::deque<Series> series_;  // Its place is the number less one.
};

}  // namespace atrium
