#include "base/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace atrium {

namespace {
// Upper edges of the buckets shown to Prometheus, in µs: those of the objectives this server is held to, and their surroundings.
constexpr std::uint64_t shown_edges_us[] = {100,    250,    500,     1'000,   2'000,   5'000,     8'000,     10'000,
                                            20'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 5'000'000, 30'000'000};

constexpr std::string_view kindName(MetricKind kind) {
  constexpr std::string_view names[] = {"counter", "gauge", "histogram"};
  return names[static_cast<std::size_t>(kind)];
}

std::size_t slotsOf(std::span<const MetricInfo> table, bool histograms) {
  return static_cast<std::size_t>(
      std::ranges::count_if(table, [histograms](const MetricInfo& info) { return (info.kind == MetricKind::histogram) == histograms; }));
}
}  // namespace

MetricSet::MetricSet(std::span<const MetricInfo> table)
    : table_(table),
      cells_(std::make_unique<std::atomic<std::int64_t>[]>(slotsOf(table, false))),
      histograms_(std::make_unique<Histogram[]>(slotsOf(table, true))) {}

MetricSet& MetricRegistry::makeSet() { return *sets_.emplace_back(std::make_unique<MetricSet>(table_)); }

std::int64_t MetricRegistry::sum(Metric metric) const {
  std::int64_t total = 0;
  for (const auto& set : sets_) total += set->read(metric);
  return total;
}

Histogram::Snapshot MetricRegistry::histogram(Metric metric) const {
  Histogram::Snapshot snapshot;
  for (const auto& set : sets_) set->histograms_[set->slot(metric)].addTo(snapshot);
  return snapshot;
}

void MetricRegistry::appendPrometheus(std::string& out) const {
  std::string_view last_name;
  for (std::size_t at = 0; at < table_.size(); ++at) {
    const MetricInfo& info = table_[at];
    if (info.name != last_name) {
      fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", info.name, info.help, info.name, kindName(info.kind));
      last_name = info.name;
    }
    const auto metric = static_cast<Metric>(at);
    if (info.kind == MetricKind::histogram) {
      appendPrometheusHistogram(out, info.name, info.labels, histogram(metric));
    } else if (info.labels.empty()) {
      fmt::format_to(std::back_inserter(out), "{} {}\n", info.name, sum(metric));
    } else {
      fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", info.name, info.labels, sum(metric));
    }
  }
}

void appendPrometheusHistogram(std::string& out, std::string_view name, std::string_view labels, const Histogram::Snapshot& snapshot) {
  const std::string_view comma = labels.empty() ? "" : ",";
  auto sink = std::back_inserter(out);
  for (const std::uint64_t edge : shown_edges_us)
    fmt::format_to(sink, "{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, static_cast<double>(edge) / 1e6, snapshot.countUpTo(edge));
  fmt::format_to(sink, "{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, labels, comma, snapshot.count);
  const std::string braces = labels.empty() ? std::string() : fmt::format("{{{}}}", labels);
  fmt::format_to(sink, "{}_sum{} {}\n{}_count{} {}\n", name, braces, static_cast<double>(snapshot.sum_us) / 1e6, name, braces,
                 snapshot.count);
}

}  // namespace atrium
