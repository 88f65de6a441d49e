#pragma once

#include <span>
#include <string_view>

#include "plugin/loaded_plugin.hpp"
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

}  // namespace atrium
