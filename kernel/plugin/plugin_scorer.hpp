#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/loaded_plugin.hpp"
#include "plugin/plugin_registry.hpp"
#include "routing/scorer.hpp"

namespace atrium {

// A plugin's scorer, called where it is asked for: without a worker and a guard, for simulations. Threads as the plugin's functions. The
// plugin offers one, and outlives it.
class PluginScorer final : public Scorer {
 public:
  explicit PluginScorer(LoadedPlugin& plugin) : plugin_(plugin), table_(plugin.extension<RoutingScorerKind>()->table) {}
  [[nodiscard]] std::string_view name() const override { return plugin_.manifest().nameOf(RoutingScorerKind::word); }
  [[nodiscard]] bool scoreAgents(const atrium_lead& lead, std::span<const atrium_agent* const> agents,
                                 std::span<atrium_score> out) override {
    return !table_.score_batch ||
           table_.score_batch(plugin_.self(), &lead, agents.data(), static_cast<std::uint32_t>(agents.size()), out.data()) == ATRIUM_OK;
  }
  [[nodiscard]] bool scoreQueue(const atrium_agent& agent, std::span<const atrium_lead* const> leads,
                                std::span<atrium_score> out) override {
    return !table_.score_queue ||
           table_.score_queue(plugin_.self(), &agent, leads.data(), static_cast<std::uint32_t>(leads.size()), out.data()) == ATRIUM_OK;
  }

 private:
  LoadedPlugin& plugin_;
  const atrium_routing_scorer table_;
};

// All scorers that plugins offer at present, kept in use for as long as it lives: it is to be gone before the plugins end.
class PluginScorers {
 public:
  explicit PluginScorers(PluginRegistry& registry) {
    for (const std::string& name : registry.names(RoutingScorerKind::word)) {
      PluginLease lease = registry.lease(RoutingScorerKind::word, name);
      if (!lease) continue;
      scorers_.push_back(std::make_unique<PluginScorer>(*lease));
      by_name_.emplace(name, scorers_.back().get());
      leases_.push_back(std::move(lease));
    }
  }
  // They live as long as this does.
  [[nodiscard]] const std::map<std::string, Scorer*, std::less<>>& byName() const { return by_name_; }

 private:
  std::vector<PluginLease> leases_;
  std::vector<std::unique_ptr<PluginScorer>> scorers_;
  std::map<std::string, Scorer*, std::less<>> by_name_;
};

}  // namespace atrium
