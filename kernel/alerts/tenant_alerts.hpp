#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "alerts/alert_json.hpp"
#include "alerts/alert_ports.hpp"
#include "alerts/alert_requests.hpp"
#include "alerts/rule_round.hpp"
#include "alerts/silence.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/timer_wheel.hpp"
#include "engine/event_outbox.hpp"
#include "engine/ports.hpp"
#include "engine/serial.hpp"

// The alerts and silences of one tenant.
//
// All of them are in memory, read from the store once. What changes them (an evaluation, a request) runs one after the other: it makes the
// new values, writes them, and only when the store has confirmed them are they what lists show and what people are told. A write that
// fails leaves everything as it was; an evaluation takes the same step again at its next time.
namespace atrium {

// What the alerts of one loop are built on. All of it outlives them.
struct AlertParts {
  Store& store;
  TimerWheel& timers;
  const Now& now;
  MetricSet& metrics;
  Log& log;
  MetricHistory* history;  // Null: nothing is measured, and no rule is evaluated.
  AlertRules& rules;
  AlertWatcher* watcher;  // Null: nobody looks on.
  AlertDelivery& delivery;
  ActionRunner& actions;
  EventOutbox& events;
  IdSource& ids;
};

class TenantAlerts {
 public:
  // Requests and evaluations that wait for the store; above it requests are refused with overloaded.
  static constexpr std::size_t waiting_max = 256;
  // Alerts of one change that AlertWatcher::turned tells of; further ones are counted (atrium_alert_events_left_out_total).
  static constexpr std::size_t news_at_once = 20;

  // Reads what is stored and, from then on, evaluates at every interval, the first time after a part of it that differs by tenant.
  TenantAlerts(std::string tenant_id, const AlertParts& parts, const AlertOptions& options);
  TenantAlerts(const TenantAlerts&) = delete;
  TenantAlerts& operator=(const TenantAlerts&) = delete;
  ~TenantAlerts();

  // Refusals of all of them: overloaded and those of the store. Texts are those of schemas.yaml.
  void list(AlertQuery query, Completion<std::string> done);
  void read(Id id, Completion<std::string> done);
  // conflict: it is resolved.
  void acknowledge(Id id, std::string by, AcknowledgeAlert command, Completion<std::string> done);
  void resolve(Id id, std::string by, ResolveAlert command, Completion<std::string> done);
  void act(Id id, const std::string& action, PrincipalPtr caller, Completion<std::string> done);
  void silences(Completion<std::string> done);
  // too_many_silences. A dry run tells which open alerts it would match, and makes nothing.
  void silence(NewSilence silence, std::string by, Completion<std::string> done);
  void unsilence(Id id, Completion<void> done);
  // Nothing is open or under way: it can go, and come again from what is stored.
  [[nodiscard]] bool idle() const;

 private:
  // What is to become true at once.
  struct Change {
    std::vector<Alert> alerts;
    std::vector<Id> gone;
    std::vector<Silence> silences;
    std::vector<Id> silences_gone;
    // Writes that it takes; a store takes ATRIUM_BATCH_MAX at once.
    [[nodiscard]] std::size_t size() const { return alerts.size() + gone.size() + silences.size() + silences_gone.size(); }
  };
  struct Round;

  // Loading: alert_rounds.cpp.
  void load(Serial::Next next);
  void loadAlerts(DocumentKey after, Completion<void> done);
  void loadSilences(Completion<void> done);

  // An evaluation: alert_rounds.cpp.
  void evaluate();
  void evaluateRules(const std::shared_ptr<Round>& round, const std::vector<MetricSeries>& series);
  void finishRound(const std::shared_ptr<Round>& round);
  [[nodiscard]] Change changeOf(const Round& round);
  void stepRules(const Round& round, Change& change);
  void escalate(Change& change, Wall at);
  void expire(Change& change, Wall at);
  void trimHistory(Change& change) const;
  void tellResolved(const std::vector<Alert>& changed);
  void tellDue();
  void told(const std::vector<std::pair<Id, Severity>>& alerts, const Result<std::string>& room_id);

  // Runs `step` once everything is loaded, after what came before; or completes `done` with why not.
  template <typename T>
  void whenMine(Completion<T> done, std::move_only_function<void(Completion<T>, Serial::Next)> step);
  // Writes and then adopts the change; within the serial.
  void commit(Change change, Completion<void> done);
  void adopt(Change change);
  // Adds to the writes of the change what event sinks are told of it.
  [[nodiscard]] std::vector<OutboxEvent> addEvents(const Change& change, std::vector<DocumentWrite>& writes);
  void tellChanged(const Alert& alert);
  // Whether this is what people hear of at once; the alert as it was is still in place.
  [[nodiscard]] bool isTurn(const Alert& alert) const;
  void tellTurned(const std::vector<Id>& turned);
  void showFound();
  void countOpen();
  // `coming`: as it will be once that change is adopted.
  [[nodiscard]] AlertQuiet quietOf(const Alert& alert, const Change* coming = nullptr) const;
  [[nodiscard]] const Alert* inhibitorOf(const Alert& alert, const Change* coming) const;
  [[nodiscard]] bool inhibits(const Alert& other, const Alert& alert) const;
  [[nodiscard]] std::string jsonOf(const Alert& alert, const Change* coming = nullptr) const;
  [[nodiscard]] const Alert* find(const Id& id) const;
  void change(Id id, Completion<std::string> done, std::function<void(Alert&)> how);

  const std::string tenant_id_;
  const AlertParts parts_;
  const AlertOptions& options_;
  bool loaded_ = false;
  bool evaluating_ = false;
  std::map<Id, Alert> alerts_;  // The oldest first.
  std::map<Id, Silence> silences_;
  std::set<Id> telling_;       // Of which people are being told.
  unsigned endings_open_ = 0;  // Resolutions that are being told.
  std::size_t open_ = 0;       // As the gauge counts it.
  Serial serial_;
  Timer timer_;
};

}  // namespace atrium
