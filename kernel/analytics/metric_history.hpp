#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace atrium {

// One figure over time, of one agent or of the tenant as a whole. A value; `at_ms` and `values` are as long as each other.
struct MetricSeries {
  std::string metric;                // "capacity_utilization"
  std::string subject;               // An agent's id; empty: the tenant as a whole.
  std::vector<std::uint64_t> at_ms;  // wall, ascending
  std::vector<double> values;        // NaN: no data at that time.
};

// What was measured, for those who judge it: live from memory, further back from the minutes in the storage. On the tenant's home loop.
class MetricHistory {
 public:
  virtual ~MetricHistory() = default;
  // The series of these metrics with points from `from` up to and with `to`; a metric nobody measured has none. Refusals are the store's.
  virtual void read(const std::string& tenant_id, std::vector<std::string> metrics, Wall from, Wall to,
                    Completion<std::vector<MetricSeries>> done) = 0;
  // Shows the tenants of which something is measured.
  virtual void eachTenant(const std::function<void(const std::string& tenant_id)>& visit) const = 0;
};

}  // namespace atrium
