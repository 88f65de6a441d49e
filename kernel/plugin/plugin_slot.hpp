#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "engine/hook_request.hpp"
#include "engine/hooks.hpp"
#include "plugin/shadow.hpp"

namespace atrium {

// Where one plugin's hooks hang on one shard: rooms keep the slot, whatever generation of the plugin stands behind it and whether one does.
// One thread.
class PluginSlot final : public HookTarget {
 public:
  // How many calls, of how many bytes together, one slot holds while it is parked. Above: what is asked is refused with `overloaded`, what
  // is told is dropped.
  static constexpr std::size_t held_max = 10'000;
  static constexpr std::size_t held_bytes_max = 64 * 1024 * 1024;

  explicit PluginSlot(std::string plugin_id) : plugin_id_(std::move(plugin_id)) {}

  // From now on calls go to `target`, none to the former one. A target that completes later keeps itself alive until it has
  // (shared_from_this); one that does not ends here. Not from within a hook or its completion.
  void publish(std::shared_ptr<HookTarget> target, bool allow_on_failure, std::chrono::seconds tick_interval = {});
  // Calls are refused with plugin_unavailable, or allowed where a failure is. Ends what was parked.
  void withdraw();
  // Holds calls, in order, until unpark(). Ticks are dropped: the next comes by itself.
  void park() { parked_ = true; }
  void unpark();

  // Who is shown the calls of its room type, too. Not from within a hook or its completion.
  [[nodiscard]] ShadowRow& shadows() { return shadows_; }

  [[nodiscard]] bool published() const { return target_ != nullptr; }

  // Those of the latest target, also while there is none, and of its shadows: what nobody in force answers to is allowed.
  HookSet hooks() const override { return shadows_.empty() ? hooks_ : hooks_ | shadows_.hooks(); }
  // Of the target alone.
  [[nodiscard]] const HookSet& ownHooks() const { return hooks_; }
  std::chrono::seconds tickInterval() const override {
    return shadows_.empty() || tick_interval_.count() > 0 ? tick_interval_ : shadows_.tickInterval();
  }
  void call(const HookCall& call, HookDone done) override {
    if (!shadows_.empty() && shadows_.hooks().has(call.hook)) [[unlikely]]
      done = shadows_.watched(call, std::move(done));
    if (parked_) return hold(call, std::move(done));
    pass(call, std::move(done));
  }

 private:
  struct Held {
    HookRequest request;
    HookDone done;
  };
  void hold(const HookCall& call, HookDone done);
  void pass(const HookCall& call, HookDone done);

  const std::string plugin_id_;
  std::shared_ptr<HookTarget> target_;
  HookSet hooks_;
  std::chrono::seconds tick_interval_{0};
  bool allow_on_failure_ = false;
  bool parked_ = false;
  bool releasing_ = false;
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
  ShadowRow shadows_{false};
};

}  // namespace atrium
