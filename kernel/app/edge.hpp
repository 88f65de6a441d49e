#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "alerts/alert_desk.hpp"
#include "analytics/recorder.hpp"
#include "app/alert_commands.hpp"
#include "app/alert_topic.hpp"
#include "app/emergency_room.hpp"
#include "app/front_handler.hpp"
#include "app/kernel.hpp"
#include "app/loop_alerts.hpp"
#include "app/loop_analytics.hpp"
#include "app/loop_coaching.hpp"
#include "app/loop_control.hpp"
#include "app/loop_coordination.hpp"
#include "app/loop_policies.hpp"
#include "app/loop_reports.hpp"
#include "app/loop_sinks.hpp"
#include "app/metrics_topic.hpp"
#include "auth/token_desk.hpp"
#include "coaching/coaching_desk.hpp"
#include "coordination/policy_books.hpp"
#include "engine/shard.hpp"
#include "plugin/alert_rules_port.hpp"
#include "plugin/assistants_port.hpp"
#include "plugin/authenticator_calls.hpp"
#include "plugin/commands_port.hpp"
#include "plugin/scorer_panel.hpp"
#include "plugin/ui_calls.hpp"
#include "plugin/worker_calls.hpp"
#include "rest/rest_handler.hpp"
#include "transport/transport.hpp"

namespace atrium {

// What stands on one loop, from the inside out: ports, engine, API, transport. It is taken down from the outside in.
struct Kernel::Edge {
  struct Parts {
    unsigned index;
    Loop& loop;
    Shards& shards;
    StoreHost& store;
    PluginHost& plugins;
    ControlQueue& control;
    const LoopControl::CarryOut& carry_out;
    WorkerPool& workers;
    WorkerPool& judges;
    WorkerPool& reports;
    CompletionDesk& desk;
    const Clock& clock;
    Log& log;
    EventInterest& interest;
    SinkBoard& board;
    const std::unique_ptr<EventSinks>& sinks;       // Where those of the first edge will be.
    const std::vector<Coordination*>& desks;        // Likewise.
    const std::vector<PolicyBooks*>& policy_books;  // Of all loops, once they are made.
    const PolicyBasePtr& policy_base;
    const std::vector<AlertDesk*>& alert_desks;        // Likewise.
    const std::vector<CoachingDesk*>& coaching_desks;  // Of all edges, in order, once they are made.
    const OriginPolicy& origins;
    const Node& node;
    const TransportLimits& limits;
    ConnectionBudget& budget;
    const std::vector<Recorder*>& recorders;  // Those of all loops, in order, once the server serves.
    const Settings& settings;
  };
  Edge(const Parts& parts, TokenVerifier token_verifier);

  TokenVerifier verifier;
  WorkerCalls calls;
  WorkerCalls judgements;  // On threads of their own.
  AuthenticatorCalls judges;
  TokenDesk tokens;
  UiCalls ui;
  CommandsPort commands;
  std::unique_ptr<TypesPort> types;
  std::unique_ptr<Store> store;
  Recorder recorder;
  PolicyBooks policy_books;
  LoopCoordination coordination;
  Shard shard;
  ScorerCalls scorers;
  Coordination desks;
  AlertRulesPort rules;
  EmergencyRoom emergency;
  AlertCommands actions;
  AlertTopic alert_topic;
  AlertDesk alerts;
  LoopAlerts alert_control;
  AssistantsPort assistants;
  ShardTipRooms tip_rooms;
  CoachingDesk coaching_desk;
  LoopControl control;
  LoopSinks sinks;
  LoopPolicies policies;
  LoopAnalytics analytics;
  MetricsTopic metrics_topic;
  LoopCoaching coaching;
  LoopReports reports;
  RestHandler rest;
  FrontHandler front;
  std::unique_ptr<Transport> transport;
};

}  // namespace atrium
