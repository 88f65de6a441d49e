#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports.hpp"
#include "plugin/loaded_plugin.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// For one call, where the configuration does not say.
inline constexpr std::chrono::microseconds room_hook_deadline{5000};
inline constexpr std::chrono::microseconds message_hook_deadline{1000};

// The room types and message types as one shard sees them. Their hooks run in process, on the shard's thread, and complete before they
// return. One thread.
class TypesPort final : public Types {
 public:
  TypesPort();
  ~TypesPort() override;

  // The plugin outlives the port. `allow_on_failure`: what a failed hook counts as. Before the threads start.
  void addRoomType(LoadedPlugin& plugin, std::chrono::nanoseconds deadline, bool allow_on_failure);
  void addMessageType(LoadedPlugin& plugin, std::chrono::nanoseconds deadline, bool allow_on_failure);

  RoomType* roomType(std::string_view name) override;
  MessageType* messageType(std::string_view name) override;
  std::vector<std::string> roomTypeNames() const override;
  std::vector<std::string> messageTypeNames() const override;

 private:
  class RoomTypePort;
  class MessageTypePort;
  JsonIndexer indexer_;  // For annotations.
  std::map<std::string, std::unique_ptr<RoomTypePort>, std::less<>> room_types_;
  std::map<std::string, std::unique_ptr<MessageTypePort>, std::less<>> message_types_;
};

}  // namespace atrium
