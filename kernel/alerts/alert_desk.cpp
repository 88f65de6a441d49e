#include "alerts/alert_desk.hpp"

#include <utility>

#include "alerts/backtest.hpp"
#include "analytics/document_walk.hpp"
#include "engine/room_key.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

constexpr std::chrono::seconds sweep_interval{10};  // How soon a tenant is watched once it is measured.
// Comes after every id of an alert: where the next tenant's begin.
constexpr std::string_view after_all = "\xFF";

Error tooManyTenants() { return {Code::overloaded, "This loop watches as many tenants as it may.", 60'000, {}}; }

}  // namespace

AlertDesk::AlertDesk(const Parts& parts, AlertOptions options)
    : parts_(parts), options_(std::move(options)), ids_(Random(parts.seed)), sweep_([this] { sweep(); }) {}

// From tenant to tenant, by the first alert of each.
void AlertDesk::findTenants() {
  search_ = Search::running;
  walkDocuments(parts_.store,
                {.prefix = {"alert"},
                 .page = 1,
                 .each =
                     [this](const Document& document) {
                       if (document.key.size() == 3 && homeOfTenant(document.key[1], parts_.shards) == parts_.shard) watch(document.key[1]);
                       return document.key.size() == 3;
                     },
                 .skip = [](const Document& document) { return DocumentKey{"alert", document.key[1], std::string(after_all)}; },
                 .done =
                     [this](const Result<void>& walked) {
                       search_ = walked ? Search::over : Search::due;
                       if (!walked) parts_.log.warning("alerts.not_read", {{"detail", walked.error().detail}});
                     }});
}

TenantAlerts* AlertDesk::of(const std::string& tenant_id) {
  auto found = tenants_.find(tenant_id);
  if (found == tenants_.end()) {
    if (tenants_.size() >= options_.tenants_max) {
      parts_.metrics.add(Metric::alert_tenants_refused);
      return nullptr;
    }
    const AlertParts parts{.store = parts_.store,
                           .timers = parts_.timers,
                           .now = parts_.now,
                           .metrics = parts_.metrics,
                           .log = parts_.log,
                           .history = parts_.history,
                           .rules = parts_.rules,
                           .watcher = parts_.watcher,
                           .delivery = parts_.delivery,
                           .actions = parts_.actions,
                           .events = parts_.events,
                           .ids = ids_};
    found = tenants_.emplace(tenant_id, Watched{std::make_unique<TenantAlerts>(tenant_id, parts, options_)}).first;
  }
  found->second.until = parts_.now.mono + watched_for;
  return found->second.alerts.get();
}

void AlertDesk::watch(const std::string& tenant_id) { static_cast<void>(of(tenant_id)); }

void AlertDesk::sweep() {
  parts_.timers.arm(sweep_, parts_.now.mono + sweep_interval);
  if (search_ == Search::due) findTenants();
  if (parts_.history) parts_.history->eachTenant([this](const std::string& tenant_id) { watch(tenant_id); });
  std::erase_if(tenants_, [this](const auto& entry) {
    const Watched& watched = entry.second;
    return watched.until <= parts_.now.mono && !watched.testing && watched.alerts->idle();
  });
}

void AlertDesk::list(const std::string& tenant_id, AlertQuery query, Completion<std::string> done) {
  TenantAlerts* alerts = of(tenant_id);
  alerts ? alerts->list(std::move(query), std::move(done)) : done(fail(tooManyTenants()));
}

void AlertDesk::read(const std::string& tenant_id, Id alert, Completion<std::string> done) {
  TenantAlerts* alerts = of(tenant_id);
  alerts ? alerts->read(alert, std::move(done)) : done(fail(tooManyTenants()));
}

void AlertDesk::acknowledge(const Principal& caller, Id alert, AcknowledgeAlert command, Completion<std::string> done) {
  TenantAlerts* alerts = of(caller.tenant_id);
  alerts ? alerts->acknowledge(alert, caller.user_id, std::move(command), std::move(done)) : done(fail(tooManyTenants()));
}

void AlertDesk::resolve(const Principal& caller, Id alert, ResolveAlert command, Completion<std::string> done) {
  TenantAlerts* alerts = of(caller.tenant_id);
  alerts ? alerts->resolve(alert, caller.user_id, std::move(command), std::move(done)) : done(fail(tooManyTenants()));
}

void AlertDesk::act(PrincipalPtr caller, Id alert, const std::string& action, Completion<std::string> done) {
  TenantAlerts* alerts = of(caller->tenant_id);
  alerts ? alerts->act(alert, action, std::move(caller), std::move(done)) : done(fail(tooManyTenants()));
}

void AlertDesk::silences(const std::string& tenant_id, Completion<std::string> done) {
  TenantAlerts* alerts = of(tenant_id);
  alerts ? alerts->silences(std::move(done)) : done(fail(tooManyTenants()));
}

void AlertDesk::silence(const Principal& caller, NewSilence silence, Completion<std::string> done) {
  TenantAlerts* alerts = of(caller.tenant_id);
  alerts ? alerts->silence(std::move(silence), caller.user_id, std::move(done)) : done(fail(tooManyTenants()));
}

void AlertDesk::unsilence(const std::string& tenant_id, Id silence, Completion<void> done) {
  TenantAlerts* alerts = of(tenant_id);
  alerts ? alerts->unsilence(silence, std::move(done)) : done(fail(tooManyTenants()));
}

void AlertDesk::backtest(const std::string& tenant_id, const BacktestRule& test, Completion<std::string> done) {
  if (!parts_.history) return done(fail(Code::plugin_unavailable, "Nothing is measured here."));
  if (!of(tenant_id)) return done(fail(tooManyTenants()));
  Watched& watched = tenants_.find(tenant_id)->second;
  if (watched.testing) return done(fail(Code::overloaded, "Another backtest of this tenant is running.", 5000));
  watched.testing = true;  // Keeps the tenant here until the answer.
  atrium::backtest(tenant_id, test, options_.policyOf(test.rule), *parts_.history, parts_.rules, options_.open_max,
                   [&watched, done = std::move(done)](Result<std::string> result) mutable {
                     watched.testing = false;
                     done(std::move(result));
                   });
}

}  // namespace atrium
