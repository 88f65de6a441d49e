#include "alerts/tenant_alerts.hpp"

#include <algorithm>
#include <utility>

#include "engine/room_key.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

DocumentKey alertKey(const std::string& tenant, const Id& id) { return {"alert", tenant, formatId(alert_prefix, id)}; }
DocumentKey silenceKey(const std::string& tenant, const Id& id) { return {"silence", tenant, formatId(silence_prefix, id)}; }

}  // namespace

TenantAlerts::TenantAlerts(std::string tenant_id, const AlertParts& parts, const AlertOptions& options)
    : tenant_id_(std::move(tenant_id)), parts_(parts), options_(options), timer_([this] { evaluate(); }) {
  serial_.run([this](Serial::Next next) { load(std::move(next)); });
  // Tenants take turns, so that their evaluations do not come to the workers all at once.
  const auto share = std::chrono::milliseconds(stableHash(tenant_id_) % static_cast<std::uint64_t>(options_.interval.count()));
  parts_.timers.arm(timer_, parts_.now.mono + share);
}

TenantAlerts::~TenantAlerts() { parts_.metrics.add(Metric::alerts_open, -static_cast<std::int64_t>(open_)); }

bool TenantAlerts::idle() const { return !evaluating_ && serial_.size() == 0 && telling_.empty() && endings_open_ == 0 && open_ == 0; }

const Alert* TenantAlerts::find(const Id& id) const {
  const auto found = alerts_.find(id);
  return found == alerts_.end() ? nullptr : &found->second;
}

void TenantAlerts::commit(Change change, Completion<void> done) {
  if (change.size() == 0) return done({});
  std::vector<DocumentWrite> writes;
  for (const Alert& alert : change.alerts) writes.push_back({.key = alertKey(tenant_id_, alert.id), .value = encodeAlert(alert)});
  for (const Id& id : change.gone) writes.push_back({.key = alertKey(tenant_id_, id), .value = std::nullopt});
  for (const Silence& one : change.silences) writes.push_back({.key = silenceKey(tenant_id_, one.id), .value = silenceJson(one)});
  for (const Id& id : change.silences_gone) writes.push_back({.key = silenceKey(tenant_id_, id), .value = std::nullopt});
  auto events = addEvents(change, writes);
  parts_.store.write(std::move(writes),
                     [this, change = std::move(change), events = std::move(events), done = std::move(done)](Result<void> stored) mutable {
                       if (stored) {
                         adopt(std::move(change));
                         for (OutboxEvent& event : events) parts_.events.publish(std::move(event));
                       } else {
                         parts_.log.warning("alerts.not_stored", {{"tenant", tenant_id_}, {"detail", stored.error().detail}});
                       }
                       done(std::move(stored));
                     });
}

std::vector<OutboxEvent> TenantAlerts::addEvents(const Change& change, std::vector<DocumentWrite>& writes) {
  std::vector<OutboxEvent> events;
  const auto tell = [&](EventType type, const Alert& alert) {
    if (parts_.events.wants(type)) events.push_back(parts_.events.addTo(writes, {type, tenant_id_, jsonOf(alert, &change)}));
  };
  for (const Alert& alert : change.alerts) {
    const Alert* before = find(alert.id);
    if (isTurn(alert))
      tell(alert.open() ? EventType::alert_fired : EventType::alert_resolved, alert);
    else if (before && before->fired_at && alert.open() && alert.severity() > before->severity())
      tell(EventType::alert_escalated, alert);
    const auto acknowledged = [](const Alert& one) { return one.acknowledged ? one.acknowledged->at : Wall{}; };
    if (alert.acknowledged && (!before || acknowledged(alert) != acknowledged(*before))) tell(EventType::alert_acknowledged, alert);
  }
  return events;
}

void TenantAlerts::adopt(Change change) {
  for (Silence& silence : change.silences) silences_.insert_or_assign(silence.id, std::move(silence));
  for (const Id& id : change.silences_gone) silences_.erase(id);
  for (const Id& id : change.gone) alerts_.erase(id);
  std::vector<Id> turned;
  for (const Alert& alert : change.alerts) {
    if (isTurn(alert)) turned.push_back(alert.id);
    alerts_.insert_or_assign(alert.id, alert);
  }
  countOpen();
  // All of them are in place before anybody looks: an alert may inhibit another of the same change.
  for (const Alert& alert : change.alerts) tellChanged(alert);
  tellTurned(turned);
}

bool TenantAlerts::isTurn(const Alert& alert) const {
  const Alert* before = find(alert.id);
  const bool fired = before && before->fired_at;
  if (alert.open()) return alert.fired_at && !fired;
  return fired && before->open();
}

void TenantAlerts::tellTurned(const std::vector<Id>& turned) {
  if (!parts_.watcher) return;
  std::size_t told = 0;
  for (const Id& id : turned) {
    const Alert& alert = alerts_.at(id);
    if (quietOf(alert).quiet()) continue;
    if (++told > news_at_once)
      parts_.metrics.add(Metric::alert_events_left_out);
    else
      parts_.watcher->turned(tenant_id_, alert, jsonOf(alert));
  }
}

void TenantAlerts::tellChanged(const Alert& alert) {
  if (parts_.watcher && alert.state() != AlertState::pending) parts_.watcher->changed(tenant_id_, alert, jsonOf(alert));
}

void TenantAlerts::showFound() {
  if (!parts_.watcher) return;
  for (const auto& [id, alert] : alerts_)
    if (alert.open() && alert.state() != AlertState::pending) parts_.watcher->found(tenant_id_, alert, jsonOf(alert));
}

void TenantAlerts::countOpen() {
  const auto open = static_cast<std::size_t>(std::ranges::count_if(alerts_, [](const auto& entry) { return entry.second.open(); }));
  parts_.metrics.add(Metric::alerts_open, static_cast<std::int64_t>(open) - static_cast<std::int64_t>(open_));
  open_ = open;
}

bool TenantAlerts::inhibits(const Alert& other, const Alert& alert) const {
  if (other.state() != AlertState::firing || other.id == alert.id) return false;
  if (!other.subject().empty() && other.subject() != alert.subject()) return false;
  const auto found = options_.rules.find(other.rule);
  return found != options_.rules.end() && std::ranges::find(found->second.inhibits, alert.rule) != found->second.inhibits.end();
}

const Alert* TenantAlerts::inhibitorOf(const Alert& alert, const Change* coming) const {
  const auto becomesAnother = [coming](const Id& id) {
    return coming && std::ranges::find(coming->alerts, id, &Alert::id) != coming->alerts.end();
  };
  for (const auto& [id, other] : alerts_)
    if (inhibits(other, alert) && !becomesAnother(id)) return &other;
  if (!coming) return nullptr;
  const auto found = std::ranges::find_if(coming->alerts, [&](const Alert& other) { return inhibits(other, alert); });
  return found == coming->alerts.end() ? nullptr : &*found;
}

AlertQuiet TenantAlerts::quietOf(const Alert& alert, const Change* coming) const {
  AlertQuiet quiet;
  for (const auto& [id, silence] : silences_)
    if (silence.expires_at > parts_.now.wall && silence.covers(alert)) quiet.silenced_by.push_back(id);
  if (const Alert* other = alert.open() ? inhibitorOf(alert, coming) : nullptr) quiet.inhibited_by = other->id;
  return quiet;
}

std::string TenantAlerts::jsonOf(const Alert& alert, const Change* coming) const {
  return alertJson(alert, quietOf(alert, coming), groupOf(alert, options_.policyOf(alert.rule)));
}

}  // namespace atrium
