#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "alerts/alert.hpp"
#include "analytics/recorder.hpp"
#include "auth/token_verifier.hpp"
#include "coaching/coaching_desk.hpp"
#include "config/settings.hpp"
#include "coordination/queue_rule.hpp"
#include "engine/shard.hpp"
#include "loop/worker_pool.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/sinks/sink_delivery.hpp"
#include "plugin/store_host.hpp"
#include "rest/rest_handler.hpp"
#include "routing/policy.hpp"
#include "transport/limits.hpp"

// What the configuration means to each part. Pure functions.
namespace atrium {

[[nodiscard]] EngineOptions engineOptions(const Settings& settings);
[[nodiscard]] TransportLimits transportLimits(const Settings& settings);
[[nodiscard]] RestOptions restOptions(const Settings& settings);
[[nodiscard]] TokenRules tokenRules(const Settings& settings);
// `program_directory` is where relative plugin directories start; under `data_directory` lie private copies and what is remembered.
[[nodiscard]] PluginHost::Options pluginOptions(const Settings& settings, const std::filesystem::path& program_directory,
                                                const std::filesystem::path& data_directory);
[[nodiscard]] StoreHost::Options storeOptions(const Settings& settings);
[[nodiscard]] SinkOptions sinkOptions(const Settings& settings);
[[nodiscard]] RecorderOptions recorderOptions(const Settings& settings);
[[nodiscard]] AlertOptions alertOptions(const Settings& settings);
[[nodiscard]] CoachingOptions coachingOptions(const Settings& settings);
[[nodiscard]] WorkerPool::Options workerOptions(const Settings& settings);
// Of the workers that authenticators have to themselves.
[[nodiscard]] WorkerPool::Options judgeOptions(const Settings& settings);

// What the section `coordination` says, checked by the reader of the configuration: at least one queue, each overflow to one of them.
[[nodiscard]] CoordinationRules coordinationRules(const Settings& settings);
// The policies it names, in its order; those of the platform that it leaves out are not among them.
[[nodiscard]] std::vector<RoutingPolicy> routingPolicies(const Settings& settings);

// The options that are set to other than their defaults and that nothing in this version uses yet.
[[nodiscard]] std::vector<std::string> withoutEffect(const Settings& settings);

// What a new configuration changes, as names of sections; `applied` is what a running server takes over, `restart` the rest.
struct SettingsChange {
  std::vector<std::string> applied;
  std::vector<std::string> restart;
};
// `at_start`: what the server was started with, which still holds for all that needs a restart, whatever was taken over since.
[[nodiscard]] SettingsChange compareSettings(const Settings& at_start, const Settings& before, const Settings& after);

}  // namespace atrium
