#pragma once

#include <vector>

#include "app/tenant_road.hpp"
#include "base/log.hpp"
#include "coordination/policy_books.hpp"
#include "plugin/plugin_registry.hpp"
#include "rest/policy_control.hpp"

namespace atrium {

// One loop's way to the routing policies.
class LoopPolicies final : public PolicyControl {
 public:
  // All of it outlives it.
  struct Parts {
    unsigned index;
    Shards& shards;
    const std::vector<PolicyBooks*>& books;
    const PluginRegistry& registry;
    Log& log;
  };
  explicit LoopPolicies(const Parts& parts) : road_(parts.index, parts.shards, parts.books), registry_(parts.registry), log_(parts.log) {}

  void run(PolicyCommand command, Completion<std::string> done) override;

 private:
  void put(const PolicyCommand& command, Completion<std::string> done);

  TenantRoad<PolicyBooks> road_;
  const PluginRegistry& registry_;
  Log& log_;
};

}  // namespace atrium
