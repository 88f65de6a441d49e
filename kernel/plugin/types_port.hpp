#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/room_type_wish.hpp"
#include "engine/ports.hpp"
#include "plugin/plugin_slot.hpp"
#include "protocol/json_schema.hpp"

namespace atrium {

// What one generation of a plugin brings for rooms and messages, on one shard.
struct TypesPublication {
  std::string plugin_id;
  std::shared_ptr<HookTarget> hooks;
  bool allow_on_failure = false;                     // What a hook counts as that fails, or whose plugin is not there.
  std::optional<atrium_room_type_info> room_type{};  // Copied with its texts, name included.
  std::optional<atrium_message_type_info> message_type{};
  const JsonSchema* message_schema = nullptr;  // Lives until the plugin is published anew or withdrawn. Null: none.
  // Where its answers are counted when it only sees the calls of types that other plugins bring under these names; null: it brings them.
  std::shared_ptr<ShadowLedger> shadow{};
};

// The room types and message types as one shard sees them. The objects it gives stay as long as it does; plugins come and go behind them.
// On the shard's thread, or before it starts; nothing here is called from within a hook or its completion.
class TypesPort final : public Types {
 public:
  // `wishes` are the configuration's room types, checked: those of its own, and whose hooks run along. Copied.
  explicit TypesPort(const std::map<std::string, RoomTypeWish>& wishes = {});
  ~TypesPort() override;

  // Sets what a plugin brings, or puts it in place of what it brought before; types that it brought and brings no more are withdrawn.
  // From when this returns, no call enters the former generation; its hooks end with the last call that is under way in them.
  void publish(const TypesPublication& publication);
  // Its types are found no more. Loaded rooms of them stay readable, and what is asked of its hooks is refused with plugin_unavailable.
  void withdraw(std::string_view plugin_id);
  // Holds the calls of a plugin, and carries them out in order afterwards; see PluginSlot.
  void park(std::string_view plugin_id);
  void unpark(std::string_view plugin_id);

  RoomType* roomType(std::string_view name) override;
  MessageType* messageType(std::string_view name) override;
  std::vector<std::string> roomTypeNames() const override;
  std::vector<std::string> messageTypeNames() const override;
  void whenChanged(std::move_only_function<void()> changed) override { changed_ = std::move(changed); }

 private:
  class RoomTypeSlot;
  class MessageTypeSlot;
  struct ShadowOf {
    std::string room_type, message_type;  // Empty: none.
    std::shared_ptr<Shadow> shadow;
  };
  PluginSlot& slotOf(const std::string& plugin_id);
  // Puts together the room types that the configuration makes of those there are, and the rows of all.
  void compose();
  void publishShadow(const TypesPublication& publication);
  // Lets each shadow see the calls of whoever brings its types at present.
  void linkShadows();
  RoomTypeSlot& roomTypeSlot(const std::string& name);
  // Marks the types of that plugin as gone, but those named.
  void dropTypes(const PluginSlot& slot, std::string_view room_type, std::string_view message_type);

  std::map<std::string, std::unique_ptr<PluginSlot>, std::less<>> plugins_;  // By id.
  std::map<std::string, std::unique_ptr<RoomTypeSlot>, std::less<>> room_types_;
  std::map<std::string, std::unique_ptr<MessageTypeSlot>, std::less<>> message_types_;
  std::map<std::string, ShadowOf, std::less<>> shadows_;  // By id.
  std::move_only_function<void()> changed_;
};

}  // namespace atrium
