#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "alerts/alert_requests.hpp"
#include "alerts/tenant_alerts.hpp"

namespace atrium {

// The alerts of all tenants whose home this loop is. On that loop's thread; another loop gets here by a TenantRoad. It does no I/O itself.
class AlertDesk {
 public:
  struct Parts {
    unsigned shard;   // Of...
    unsigned shards;  // ...so many: tenants of other homes are passed over.
    Store& store;
    TimerWheel& timers;
    const Now& now;
    MetricSet& metrics;
    Log& log;
    MetricHistory* history;  // Null: nothing is measured; no rule is evaluated, and a backtest is refused with plugin_unavailable.
    AlertRules& rules;
    AlertWatcher* watcher;  // Null: nobody looks on.
    AlertDelivery& delivery;
    ActionRunner& actions;
    EventOutbox& events;
    std::uint64_t seed;  // For ids.
  };
  // How long a tenant of which nothing is measured, and without open alerts, is kept in mind after the last watch() or request.
  static constexpr std::chrono::hours watched_for{1};

  AlertDesk(const Parts& parts, AlertOptions options);
  AlertDesk(const AlertDesk&) = delete;
  AlertDesk& operator=(const AlertDesk&) = delete;

  // Finds the tenants with stored alerts and watches them; a store that refuses is asked again. Once, when the loop runs.
  void begin() { sweep(); }
  // That tenant's rules are evaluated from now on, as those of every tenant of which something is measured are anyway. Cheap, and harmless
  // again and again.
  void watch(const std::string& tenant_id);

  // See TenantAlerts.
  void list(const std::string& tenant_id, AlertQuery query, Completion<std::string> done);
  void read(const std::string& tenant_id, Id alert, Completion<std::string> done);
  void acknowledge(const Principal& caller, Id alert, AcknowledgeAlert command, Completion<std::string> done);
  void resolve(const Principal& caller, Id alert, ResolveAlert command, Completion<std::string> done);
  void act(PrincipalPtr caller, Id alert, const std::string& action, Completion<std::string> done);
  void silences(const std::string& tenant_id, Completion<std::string> done);
  void silence(const Principal& caller, NewSilence silence, Completion<std::string> done);
  void unsilence(const std::string& tenant_id, Id silence, Completion<void> done);
  // One at a time in a tenant: a second one is refused with overloaded.
  void backtest(const std::string& tenant_id, const BacktestRule& test, Completion<std::string> done);

  [[nodiscard]] std::size_t tenants() const { return tenants_.size(); }

 private:
  struct Watched {
    std::unique_ptr<TenantAlerts> alerts;
    Mono until{};
    bool testing = false;
  };
  // Null: there are as many tenants as may be.
  TenantAlerts* of(const std::string& tenant_id);
  void findTenants();
  void sweep();

  const Parts parts_;
  const AlertOptions options_;
  IdSource ids_;
  std::map<std::string, Watched, std::less<>> tenants_;
  // For tenants with stored alerts.
  enum class Search : std::uint8_t { due, running, over } search_ = Search::due;
  Timer sweep_;
};

}  // namespace atrium
