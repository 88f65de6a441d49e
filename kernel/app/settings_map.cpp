#include "app/settings_map.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "protocol/metrics.hpp"

namespace atrium {

EngineOptions engineOptions(const Settings& settings) {
  return {.trace_entries = settings.rooms.trace_entries,
          .frame_max = settings.websocket.frame_max,
          .rooms_per_session = settings.websocket.rooms_per_connection,
          .sessions_per_user = settings.websocket.connections_per_user,
          .max_members = settings.rooms.max_members_default,
          .max_members_limit = settings.rooms.max_members_limit,
          .rooms_loaded_max = settings.rooms.loaded_max,
          .room_pending_max = settings.rooms.pending_max,
          .fanouts_pending_max = settings.rooms.fanouts_pending_max,
          .history_limit = settings.rooms.message_history_limit,
          .message_ttl = settings.rooms.message_ttl,
          .confirmation_budget = settings.rooms.confirmation_budget,
          .store_deadline = settings.storage.deadline,
          .flush_window = settings.rooms.flush_window,
          .presence_linger = settings.presence.linger,
          .presence_ttl = settings.presence.ttl,
          .typing_timeout = settings.presence.typing_timeout,
          .heartbeat_interval = settings.websocket.heartbeat_interval,
          .operator_tenants = settings.auth.operator_tenants};
}

TransportLimits transportLimits(const Settings& settings) {
  TransportLimits limits;
  limits.http.head_max = settings.server.header_max;
  limits.http.body_max = settings.server.body_max;
  limits.outbox_max = settings.websocket.outbox_max;
  limits.head_timeout = settings.server.header_timeout;
  limits.body_pause = settings.server.body_pause;
  limits.body_rate_min = settings.server.body_rate_min;
  limits.body_timeout = settings.server.body_timeout;
  limits.keep_alive_timeout = settings.server.idle_timeout;
  limits.linger_timeout = settings.server.linger;
  limits.write_timeout = settings.server.write_timeout;
  limits.slow_timeout = settings.websocket.slow_timeout;
  return limits;
}

RestOptions restOptions(const Settings& settings) {
  return {.ops_public = settings.ops.is_public,
          .operator_tenants = settings.auth.operator_tenants,
          .pages = {.fallback = std::min(settings.rooms.history_page_default, settings.rooms.history_page_max),
                    .most = settings.rooms.history_page_max},
          .frame_max = settings.websocket.frame_max,
          .heartbeat = settings.websocket.heartbeat_interval,
          .ui_pages = settings.ui.pages,
          .ui_hooks = settings.ui.hooks};
}

TokenRules tokenRules(const Settings& settings) {
  return {.secret = settings.auth.jwt_secret,
          .leeway = settings.auth.leeway,
          .issuer = settings.auth.issuer,
          .audience = settings.auth.audience,
          .tenants = settings.tenants.allow};
}

PluginHost::Options pluginOptions(const Settings& settings, const std::filesystem::path& program_directory,
                                  const std::filesystem::path& data_directory) {
  return {.directories = pluginDirectories(settings, program_directory),
          .copies = data_directory / "plugin-copies",
          .wishes = wishesOf(settings),
          .runner = program_directory / "atrium-runner",
          .own_plugins = (program_directory / "../plugins").lexically_normal(),
          .memory = data_directory / "plugins",
          .allow_less_durable = settings.storage.allow_less_durable};
}

StoreHost::Options storeOptions(const Settings& settings) {
  return {.queue_items = settings.storage.queue_items, .deadline = settings.storage.deadline, .seed = Random::seedFromSystem()};
}

SinkOptions sinkOptions(const Settings& settings) {
  return {.retention = settings.events.retention,
          .events_max = settings.events.waiting_max,
          .retry_min = settings.events.retry_min,
          .retry_max = std::max(settings.events.retry_min, settings.events.retry_max),
          .give_up_after = settings.events.give_up_after,
          .dead_letters_max = settings.events.dead_letters_max};
}

RecorderOptions recorderOptions(const Settings& settings) {
  const auto hours = [](auto time) { return std::chrono::duration_cast<std::chrono::hours>(time); };
  return {.sampling = std::chrono::duration_cast<std::chrono::seconds>(settings.analytics.sampling),
          .keep = {.minutes = hours(settings.analytics.minutes_kept), .hours = hours(settings.analytics.hours_kept)},
          .tenants_max = settings.analytics.tenants_max,
          .agents_max = settings.analytics.agents_max};
}

AlertOptions alertOptions(const Settings& settings) {
  AlertOptions options;
  options.interval = settings.alerts.interval;
  options.no_data_for = settings.alerts.no_data_for;
  options.open_max = settings.alerts.open_max;
  options.history_max = settings.alerts.history_max;
  options.silences_max = settings.alerts.silences_max;
  for (const auto& [name, wish] : settings.alerts.rules) {
    RulePolicy& policy = options.rules[name];
    policy.enabled = wish.enabled;
    policy.times.pending = wish.pending;
    policy.times.keep_firing_for = wish.keep_firing_for;
    policy.group_by = wish.group_by;
    policy.inhibits = wish.inhibits;
    policy.escalate_after = wish.escalate_after;
    if (wish.severity) policy.severity = static_cast<Severity>(*wish.severity);
  }
  return options;
}

CoachingOptions coachingOptions(const Settings& settings) {
  const auto among = [&settings](std::string_view form) {
    return std::ranges::find(settings.assistants.redact, form) != settings.assistants.redact.end();
  };
  CoachingOptions options{
      .assistants = {settings.assistants.coaching, settings.assistants.message_suggestion, settings.assistants.handoff_recommendation,
                     settings.assistants.sentiment, settings.assistants.notification_priority, settings.assistants.summary},
      .fallback = settings.assistants.fallback,
      .redaction = {.emails = among("emails"),
                    .phone_numbers = among("phone_numbers"),
                    .card_numbers = among("card_numbers"),
                    .fields = settings.assistants.redact_fields},
      .at_once = settings.assistants.at_once,
      .day = {.tokens = settings.assistants.tokens_per_day, .cost = static_cast<double>(settings.assistants.cost_per_day)},
      .output_max = static_cast<std::uint32_t>(settings.assistants.output_max),
      .first_piece = settings.assistants.first_piece,
      .total = settings.assistants.total,
      .tips_kept = settings.assistants.tips_kept};
  for (std::string& assistant : options.assistants)
    if (assistant.empty()) assistant = settings.assistants.use;
  return options;
}

WorkerPool::Options workerOptions(const Settings& settings) {
  return {.threads = static_cast<unsigned>(settings.workers.threads),
          .jobs_max = settings.workers.max_jobs,
          .waiting = Metric::worker_jobs_waiting,
          .hung = Metric::workers_hung,
          .refused = Metric::worker_jobs_refused,
          .job_seconds = Metric::worker_job_seconds};
}

namespace {

LeadCondition conditionOf(const ConditionWish& wish) {
  constexpr double unbounded = std::numeric_limits<double>::infinity();
  return {.field = wish.field,
          .one_of = wish.one_of,
          .at_least = wish.at_least.value_or(-unbounded),
          .at_most = wish.at_most.value_or(unbounded),
          .bounded = wish.at_least || wish.at_most};
}

QueueRule queueOf(const QueueWish& wish) {
  QueueRule rule{.name = wish.name,
                 .match = {},
                 .channel = wish.channel,
                 .priority = wish.priority,
                 .age_step = wish.age_step,
                 .policy = wish.policy,
                 .skill_field = wish.skill_field,
                 .skill_min = wish.skill_min,
                 .skill_relax_after = wish.skill_relax_after,
                 .lease = wish.lease,
                 .declined_for = wish.declined_for,
                 .wrap_up = wish.wrap_up,
                 .sticky = wish.sticky,
                 .ramp_in_offers = wish.ramp_in_offers,
                 .ramp_in = wish.ramp_in,
                 .overflow_after = wish.overflow_after,
                 .overflow_to = wish.overflow_to,
                 .fallback_agent = wish.fallback_agent,
                 .fallback_after = wish.fallback_after};
  for (const ConditionWish& condition : wish.match) rule.match.push_back(conditionOf(condition));
  return rule;
}

std::vector<Weighted> weightsOf(const std::vector<WeightWish>& wishes) {
  std::vector<Weighted> weights;
  for (const WeightWish& wish : wishes) weights.push_back({wish.scorer, wish.weight});
  return weights;
}

}  // namespace

CoordinationRules coordinationRules(const Settings& settings) {
  CoordinationRules rules{.queues = {},
                          .default_policy = settings.coordination.default_policy,
                          .shadow_policies = settings.coordination.shadow_policies,
                          .leads_max = settings.coordination.leads_max,
                          .agents_max = settings.coordination.agents_max,
                          .lost_after = settings.coordination.lost_after,
                          .lost_active = settings.coordination.lost_active,
                          .closed_kept = settings.coordination.closed_kept,
                          .handoff_deadline = settings.coordination.handoff_deadline,
                          .rebalance_auto = settings.coordination.rebalance == "auto"};
  for (const QueueWish& queue : settings.coordination.queues) rules.queues.push_back(queueOf(queue));
  if (rules.queues.empty()) {
    QueueWish only;
    only.name = "default";
    rules.queues.push_back(queueOf(only));
  }
  return rules;
}

std::vector<RoutingPolicy> routingPolicies(const Settings& settings) {
  std::vector<RoutingPolicy> policies;
  for (const PolicyWish& wish : settings.coordination.policies)
    policies.push_back(
        {.name = wish.name, .agents = weightsOf(wish.agents), .queue = weightsOf(wish.queue), .ageing_guard = wish.ageing_guard});
  return policies;
}

constexpr unsigned judge_threads = 4;

WorkerPool::Options judgeOptions(const Settings& settings) {
  WorkerPool::Options options = workerOptions(settings);
  options.threads = judge_threads;
  options.share = judge_threads - 1;  // One authenticator alone does not keep another from answering.
  return options;
}

namespace {

bool sameSwitches(const std::map<std::string, Switch>& before, const std::map<std::string, Switch>& after) {
  return std::ranges::equal(before, after, [](const auto& a, const auto& b) { return a.first == b.first && a.second.on == b.second.on; });
}

// Whether the room types that plugins provide are switched alike. Those of the configuration's own are made at the start.
bool sameProvided(const std::map<std::string, RoomTypeWish>& before, const std::map<std::string, RoomTypeWish>& after) {
  const auto switches = [](const std::map<std::string, RoomTypeWish>& wishes) {
    std::map<std::string, Switch> on;
    for (const auto& [name, wish] : wishes)
      if (!wish.based_on) on.emplace(name, wish);
    return on;
  };
  return sameSwitches(switches(before), switches(after));
}

// Whether the configuration makes the same room types of its own, and lets the same hooks run along with each.
bool sameMade(const std::map<std::string, RoomTypeWish>& before, const std::map<std::string, RoomTypeWish>& after) {
  const auto made = [](const std::map<std::string, RoomTypeWish>& wishes) {
    std::map<std::string, RoomTypeWish> own = wishes;
    std::erase_if(own, [](const auto& entry) { return !entry.second.based_on && entry.second.with.empty(); });
    for (auto& [name, wish] : own)
      if (!wish.based_on) wish.on = true;
    return own;
  };
  return std::ranges::equal(made(before), made(after),
                            [](const auto& a, const auto& b) { return a.first == b.first && sameWish(a.second, b.second); });
}

bool samePlugins(const Settings::Plugins& before, const Settings::Plugins& after) {
  return before.directories == after.directories && before.enabled_by_default == after.enabled_by_default &&
         std::ranges::equal(before.use, after.use, [](const auto& a, const auto& b) {
           return a.first == b.first && a.second.enabled == b.second.enabled && a.second.version == b.second.version &&
                  a.second.deadline == b.second.deadline && a.second.on_failure == b.second.on_failure && a.second.run == b.second.run &&
                  a.second.memory_limit == b.second.memory_limit && a.second.cpu_limit == b.second.cpu_limit &&
                  toJson(a.second.config) == toJson(b.second.config) && a.second.grants == b.second.grants &&
                  toJson(a.second.secrets) == toJson(b.second.secrets);
         });
}

}  // namespace

std::vector<std::string> withoutEffect(const Settings& settings) {
  const Settings defaults;
  std::vector<std::string> names;
  if (settings.redis.url != defaults.redis.url) names.emplace_back("redis.url");
  if (settings.redis.max_connections != defaults.redis.max_connections) names.emplace_back("redis.max_connections");
  return names;
}

SettingsChange compareSettings(const Settings& at_start, const Settings& before, const Settings& after) {
  SettingsChange change;
  if (before.log != after.log) change.applied.emplace_back("log");
  if (!samePlugins(before.plugins, after.plugins)) change.applied.emplace_back("plugins");
  if (!sameProvided(before.room_types, after.room_types)) change.applied.emplace_back("room_types");
  if (!sameSwitches(before.message_types, after.message_types)) change.applied.emplace_back("message_types");
  if (coordinationRules(before) != coordinationRules(after) || routingPolicies(before) != routingPolicies(after))
    change.applied.emplace_back("coordination");
  const auto note = [&change](std::string_view section, bool same) {
    if (!same) change.restart.emplace_back(section);
  };
  note("server", at_start.server == after.server);
  note("ops", at_start.ops == after.ops);
  note("websocket", at_start.websocket == after.websocket);
  note("rooms", at_start.rooms == after.rooms);
  note("presence", at_start.presence == after.presence);
  note("auth", at_start.auth == after.auth);
  note("ui", at_start.ui == after.ui);
  note("tenants", at_start.tenants == after.tenants);
  note("storage", at_start.storage == after.storage);
  note("alerts", at_start.alerts == after.alerts);
  note("events", at_start.events == after.events);
  note("analytics", at_start.analytics == after.analytics);
  note("assistants", at_start.assistants == after.assistants);
  note("redis", at_start.redis == after.redis);
  note("workers", at_start.workers == after.workers);
  note("coordination", at_start.coordination.enabled == after.coordination.enabled);
  note("room_types", sameMade(at_start.room_types, after.room_types));
  return change;
}

}  // namespace atrium
