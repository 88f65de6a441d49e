#include "app/metrics_topic.hpp"

#include <algorithm>

namespace atrium {

void MetricsTopic::turn() {
  if (waiting_.empty()) {
    next_round_ = now_.mono + recorder_.options().sampling;
    recorder_.eachTenant([this](const std::string& tenant_id) { waiting_.push_back(tenant_id); });
  }
  for (std::size_t done = 0; done < tenants_at_once && !waiting_.empty(); ++done) {
    const std::string& tenant_id = waiting_.back();
    topics_.put(tenant_id, Topic::metrics, key, coordinationMetricsJson(recorder_.standing(tenant_id), recorder_.now()));
    waiting_.pop_back();
  }
  timers_.arm(timer_, waiting_.empty() ? std::max(next_round_, now_.mono + pause) : now_.mono + pause);
}

}  // namespace atrium
