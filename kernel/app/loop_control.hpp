#pragma once

#include <functional>
#include <utility>

#include "app/control_queue.hpp"
#include "engine/ports.hpp"
#include "plugin/plugin_host.hpp"
#include "protocol/errors.hpp"
#include "rest/plugin_control.hpp"

namespace atrium {

// One loop's way to the main thread, which manages the plugins.
class LoopControl final : public PluginControl {
 public:
  // Carries a command out, on the main thread.
  using CarryOut = std::function<Result<std::string>(const PluginCommand&)>;

  // All outlive it.
  LoopControl(unsigned index, Shards& shards, ControlQueue& queue, const PluginHost& plugins, const CarryOut& carry_out)
      : index_(index), shards_(shards), queue_(queue), plugins_(plugins), carry_out_(carry_out) {}

  void run(PluginCommand command, Completion<std::string> done) override {
    // Shared, so that a refused job has not taken the completion with it.
    auto answer = std::make_shared<Completion<std::string>>(std::move(done));
    ControlQueue::Job job = [this, command = std::move(command), answer](bool serving) {
      Result<std::string> result = serving ? carry_out_(command) : fail(Code::shutting_down);
      shards_.postAlways(index_, [answer, result = std::move(result)]() mutable { (*answer)(std::move(result)); });
    };
    if (queue_.put(job)) return;
    (*answer)(queue_.closed() ? fail(Code::shutting_down) : fail(Code::overloaded, "Too many changes of the plugins wait already."));
  }
  std::optional<std::string> pluginJson(std::string_view id) const override { return plugins_.adminJson(id); }
  std::string eventsJson(std::uint64_t after) const override { return plugins_.eventsJson(after); }

 private:
  unsigned index_;
  Shards& shards_;
  ControlQueue& queue_;
  const PluginHost& plugins_;
  const CarryOut& carry_out_;
};

}  // namespace atrium
