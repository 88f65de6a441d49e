#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.hpp"

namespace atrium {

// Names one series. The names, kinds and help texts stand in kernel/protocol/metrics.yaml; the build makes the enumerators
// (protocol/metrics.hpp).
enum class Metric : std::uint16_t;

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

struct MetricInfo {
  std::string_view name;    // As Prometheus shows it: atrium_messages_total.
  std::string_view labels;  // Fixed labels, ready to print: reason="outbox_full"; empty for none.
  std::string_view help;
  MetricKind kind;
  std::uint16_t slot;  // Place among those of its kind (counters and gauges share theirs).
};

// The figures of one thread. That thread alone writes; any thread reads. A write is a plain load and store, no lock.
class MetricSet {
 public:
  explicit MetricSet(std::span<const MetricInfo> table);

  void add(Metric metric, std::int64_t by = 1) {
    auto& cell = cells_[slot(metric)];
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void set(Metric metric, std::int64_t value) { cells_[slot(metric)].store(value, std::memory_order_relaxed); }
  void observe(Metric metric, std::chrono::nanoseconds duration) { histograms_[slot(metric)].observe(duration); }
  [[nodiscard]] std::int64_t read(Metric metric) const { return cells_[slot(metric)].load(std::memory_order_relaxed); }

 private:
  friend class MetricRegistry;
  [[nodiscard]] std::size_t slot(Metric metric) const { return table_[static_cast<std::size_t>(metric)].slot; }
  std::span<const MetricInfo> table_;
  std::unique_ptr<std::atomic<std::int64_t>[]> cells_;
  std::unique_ptr<Histogram[]> histograms_;
};

// All figures of the process: the sums over its threads' sets. Sets are made before the threads start and live as long as it does.
class MetricRegistry {
 public:
  explicit MetricRegistry(std::span<const MetricInfo> table) : table_(table) {}

  // Start-up only, one thread. The set belongs to the registry.
  MetricSet& makeSet();
  // Any thread, once the sets are made.
  [[nodiscard]] std::int64_t sum(Metric metric) const;
  [[nodiscard]] Histogram::Snapshot histogram(Metric metric) const;
  // Appends all series in the text format of Prometheus, version 0.0.4.
  void appendPrometheus(std::string& out) const;

 private:
  std::span<const MetricInfo> table_;
  std::vector<std::unique_ptr<MetricSet>> sets_;
};

// Appends one histogram's series (buckets, sum, count) in the same format; `labels` may be empty.
void appendPrometheusHistogram(std::string& out, std::string_view name, std::string_view labels, const Histogram::Snapshot& snapshot);

}  // namespace atrium
