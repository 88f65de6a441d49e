#include "plugin/plugin_slot.hpp"

#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

void PluginSlot::publish(std::shared_ptr<HookTarget> target, bool allow_on_failure, std::chrono::seconds tick_interval) {
  hooks_ = target->hooks();
  allow_on_failure_ = allow_on_failure;
  tick_interval_ = tick_interval;
  target_ = std::move(target);
}

void PluginSlot::withdraw() {
  target_.reset();
  unpark();
}

void PluginSlot::unpark() {
  if (!parked_ || releasing_) return;
  releasing_ = true;
  // What a completion brings joins the end of the row: of one room nothing overtakes.
  while (!held_.empty()) {
    Held next = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= next.request.bytes().size();
    const OpenedCall opened = next.request.open();
    const HookCall call = opened.call();
    pass(call, std::move(next.done));
  }
  releasing_ = false;
  parked_ = false;
}

void PluginSlot::hold(const HookCall& call, HookDone done) {
  if (call.hook != Hook::tick && held_.size() < held_max && held_bytes_ < held_bytes_max) {
    held_bytes_ += held_.emplace_back(HookRequest(call), std::move(done)).request.bytes().size();
    return;
  }
  HookOutcome outcome;
  if (call.hook != Hook::tick)
    outcome.refused = Error{Code::overloaded, "As much as may waits for the plugin " + plugin_id_ + ", which is being exchanged.", 500, {}};
  done(std::move(outcome));
}

void PluginSlot::pass(const HookCall& call, HookDone done) {
  // The next generation may lack a hook that was being waited for, or only a shadow has it.
  if (!hooks_.has(call.hook)) return done({});
  if (target_) return target_->call(call, std::move(done));
  HookOutcome outcome;
  if (isAsked(call.hook) && !allow_on_failure_)
    outcome.refused = Error{Code::plugin_unavailable, "The plugin " + plugin_id_ + " is not available at present.", 1000, {}};
  done(std::move(outcome));
}

}  // namespace atrium
