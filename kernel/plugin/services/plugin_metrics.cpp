#include "plugin/services/plugin_metrics.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "atrium/service/metrics.h"
#include "config/source_text.hpp"

namespace atrium {

namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t help_bytes_max = 200;
constexpr double seconds_max = 1e6;

bool isName(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= name_bytes_max && std::ranges::all_of(name, fits);
}

}  // namespace

std::uint32_t PluginMetrics::declare(std::uint32_t kind, std::string_view name, std::string_view help) {
  if (kind > ATRIUM_METRIC_HISTOGRAM || !isName(name) || help.size() > help_bytes_max || !validUtf8(help)) return 0;
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(series_, name, &Series::name);
  if (found != series_.end()) return found->kind == kind ? static_cast<std::uint32_t>(found - series_.begin()) + 1 : 0;
  if (series_.size() >= ATRIUM_METRICS_MAX) return 0;
  series_.emplace_back(std::string(name), std::string(help), kind);
  return static_cast<std::uint32_t>(series_.size());
}

void PluginMetrics::record(std::uint32_t metric, double value) {
  if (!std::isfinite(value)) return;
  const std::scoped_lock lock(mutex_);
  if (metric == 0 || metric > series_.size()) return;
  Series& series = series_[metric - 1];
  switch (series.kind) {
    case ATRIUM_METRIC_COUNTER:
      if (value > 0) series.value += value;
      break;
    case ATRIUM_METRIC_GAUGE: series.value = value; break;
    default: series.duration.observe(std::chrono::nanoseconds(std::llround(std::clamp(value, 0.0, seconds_max) * 1e9)));
  }
}

std::deque<PluginMetrics::Reading> PluginMetrics::read() const {
  std::deque<Reading> readings;
  const std::scoped_lock lock(mutex_);
  for (const Series& series : series_) {
    Reading& reading = readings.emplace_back(Reading{series.name, series.help, series.kind, series.value, {}});
    if (series.kind == ATRIUM_METRIC_HISTOGRAM) series.duration.addTo(reading.duration);
  }
  return readings;
}

}  // namespace atrium
