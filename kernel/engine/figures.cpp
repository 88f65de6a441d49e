#include "engine/figures.hpp"

#include <algorithm>

#include "protocol/errors.hpp"

namespace atrium {

void MinuteCounter::turnTo(Mono now) {
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (second <= second_) return;
  for (std::int64_t passed = std::min(second - second_, seconds); passed > 0; --passed)
    slots_[static_cast<std::size_t>((second - passed + 1) % seconds)] = 0;
  second_ = second;
}

EngineFigures TenantFigures::read(Mono now) {
  EngineFigures figures;
  figures.sessions = sessions;
  figures.sessions_opened = sessions_opened;
  figures.sessions_refused = sessions_refused;
  figures.rooms_active = rooms_active;
  figures.messages = messages;
  figures.messages_last_minute = sent.sum(now);
  figures.messages_refused_last_minute = refused.sum(now);
  figures.queued_late_last_minute = late.sum(now);
  figures.deliveries = deliveries;
  figures.deliveries_failed = deliveries_failed;
  latency.addTo(figures.latency);
  return figures;
}

TenantFigures& Figures::of(std::string_view tenant_id) {
  if (const auto it = tenants_.find(tenant_id); it != tenants_.end()) return *it->second;
  return *tenants_.emplace(std::string(tenant_id), std::make_unique<TenantFigures>()).first->second;
}

void Figures::noteRefusal(std::string_view tenant_id, Code code) {
  switch (code) {
    case Code::overloaded:
    case Code::storage_unavailable:
    case Code::in_doubt:
    case Code::plugin_failed:
    case Code::plugin_unavailable:
    case Code::internal: ++of(tenant_id).messages_failed; return;
    default: return;  // The sender's own doing.
  }
}

EngineFigures Figures::read(std::string_view tenant_id, Mono now) {
  EngineFigures sum;
  for (const auto& [tenant, figures] : tenants_)
    if (tenant_id.empty() || tenant == tenant_id) sum.add(figures->read(now));
  return sum;
}

void EngineFigures::add(const EngineFigures& other) {
  sessions += other.sessions;
  sessions_opened += other.sessions_opened;
  sessions_refused += other.sessions_refused;
  rooms_active += other.rooms_active;
  messages += other.messages;
  messages_last_minute += other.messages_last_minute;
  messages_refused_last_minute += other.messages_refused_last_minute;
  deliveries += other.deliveries;
  deliveries_failed += other.deliveries_failed;
  queued_late_last_minute += other.queued_late_last_minute;
  for (std::size_t at = 0; at < latency.buckets.size(); ++at) latency.buckets[at] += other.latency.buckets[at];
  latency.count += other.latency.count;
  latency.sum_us += other.latency.sum_us;
}

}  // namespace atrium
