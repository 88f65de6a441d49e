#pragma once

#include <deque>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "isolated_world.hpp"
#include "plugin/types_port.hpp"
#include "plugin_world.hpp"

namespace atrium::test {

// Hooks that are called on a loop, as a test calls them: done before call() returns.
class WaitedHooks final : public HookTarget {
 public:
  WaitedHooks(LoopThread& thread, HookTarget& hooks) : thread_(thread), hooks_(hooks) {}
  HookSet hooks() const override { return hooks_.hooks(); }
  void call(const HookCall& call, HookDone done) override {
    std::promise<HookOutcome> said;
    auto outcome = said.get_future();
    thread_.loop().postAlways([&] { hooks_.call(call, [&said](HookOutcome came) { said.set_value(std::move(came)); }); });
    done(outcome.get());
  }

 private:
  LoopThread& thread_;
  HookTarget& hooks_;
};

// The room types and message types of a host's plugins, wherever they run, for a test that calls them by a Scene.
class PlacedTypes {
 public:
  // `world` has started.
  explicit PlacedTypes(PluginWorld& world) {
    thread_.run([&] { port_ = world.host().makeTypes(&thread_.loop()); });
  }
  ~PlacedTypes() {
    thread_.run([this] { port_.reset(); });
  }
  PlacedTypes(const PlacedTypes&) = delete;
  PlacedTypes& operator=(const PlacedTypes&) = delete;

  // Null: there is none. Valid as long as this.
  [[nodiscard]] RoomType* roomType(const std::string& name) {
    RoomType* const type = port_->roomType(name);
    return type ? &rooms_.emplace_back(thread_, *type) : nullptr;
  }
  [[nodiscard]] MessageType* messageType(const std::string& name) {
    MessageType* const type = port_->messageType(name);
    return type ? &messages_.emplace_back(thread_, *type) : nullptr;
  }

 private:
  class Room final : public RoomType {
   public:
    Room(LoopThread& thread, RoomType& type) : type_(type) {
      for (HookTarget* target : type.row()) row_.push_back(&waited_.emplace_back(thread, *target));
    }
    const atrium_room_type_info& info() const override { return type_.info(); }
    std::span<HookTarget* const> row() const override { return row_; }

   private:
    RoomType& type_;
    std::deque<WaitedHooks> waited_;
    std::vector<HookTarget*> row_;
  };
  class Message final : public MessageType {
   public:
    Message(LoopThread& thread, MessageType& type) : type_(type), waited_(thread, type) {}
    const atrium_message_type_info& info() const override { return type_.info(); }
    HookSet hooks() const override { return type_.hooks(); }
    void call(const HookCall& call, HookDone done) override { waited_.call(call, std::move(done)); }

   private:
    MessageType& type_;
    WaitedHooks waited_;
  };

  LoopThread thread_;
  std::unique_ptr<TypesPort> port_;
  std::deque<Room> rooms_;
  std::deque<Message> messages_;
};

// Lets that plugin run there; isolated it is the only one, and no call of it is cut off because the machine is busy.
inline void place(PluginWorld& world, const std::string& plugin_id, Placement placement) {
  if (placement == Placement::in_process) return;
  world.runner = ATRIUM_RUNNER;
  world.wishes.enabled_by_default = false;
  PluginUse& use = world.wishes.use[plugin_id];
  use.run = RunPlacement::isolated;
  use.deadline = std::chrono::seconds(30);
}

}  // namespace atrium::test
