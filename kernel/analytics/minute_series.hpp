#pragma once

#include <string>
#include <vector>

#include "analytics/metric_history.hpp"
#include "engine/ports.hpp"

namespace atrium {

// What one reading of series may come to: about 32 MiB.
inline constexpr std::size_t series_points_max = 2'000'000;

// The figures of MetricHistory from the minutes in the store, each as the mean over its minute at the minute's start: those from `from` up
// to, but without, `to`. too_large when they are more than series_points_max points; other refusals are the store's.
void readMinuteSeries(Store& store, const std::string& tenant_id, const std::vector<std::string>& metrics, Wall from, Wall to,
                      Completion<std::vector<MetricSeries>> done);

}  // namespace atrium
