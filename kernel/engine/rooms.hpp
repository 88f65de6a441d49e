#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/room.hpp"

namespace atrium {

inline constexpr std::string_view room_collection = "room";            // room, tenant, room id → RoomDocument
inline constexpr std::string_view member_collection = "member";        // member, tenant, room id, user id → Member
inline constexpr std::string_view user_room_collection = "user_room";  // user_room, tenant, user id, room id → nothing

[[nodiscard]] DocumentKey roomDocumentKey(const RoomKey& room);
[[nodiscard]] DocumentKey memberKey(const RoomKey& room, const std::string& user_id);
[[nodiscard]] DocumentKey userRoomKey(const RoomKey& room, const std::string& user_id);
[[nodiscard]] std::string encodeRoomDocument(const RoomDocument& document);
[[nodiscard]] Result<RoomDocument> decodeRoomDocument(std::string_view text);
[[nodiscard]] std::string encodeMember(const Member& member);
[[nodiscard]] Result<Member> decodeMember(std::string_view text);

// The rooms of one shard that are in memory. A room is loaded when somebody asks for it and stays until it is idle and another needs its
// place (EngineOptions::rooms_loaded_max).
class Rooms {
 public:
  explicit Rooms(Shard::Impl& shard);
  ~Rooms();

  void create(PrincipalPtr caller, Id room, CreateRoom command, Completion<std::string> done);
  // Loads if need be. not_found; overloaded when no place can be made; storage_unavailable.
  void find(const RoomKey& key, Completion<RoomPin> done);
  // The most members a room of that type may ask to hold.
  [[nodiscard]] std::uint32_t capacityLimit(const atrium_room_type_info& type) const;
  // The room if it is in memory.
  [[nodiscard]] Room* loaded(const RoomKey& key);

 private:
  friend class RoomPin;
  friend class Room;
  struct Loading;
  void loadMembers(const std::shared_ptr<Loading>& loading, DocumentKey after);
  void loadHead(const std::shared_ptr<Loading>& loading);
  void finish(const std::shared_ptr<Loading>& loading, Result<void> outcome);
  Result<Room*> install(const RoomKey& key, RoomDocument document);
  bool makePlace();
  void becameIdle(Room& room);
  void becameBusy(Room& room);

  Shard::Impl& shard_;
  std::size_t creating_ = 0;  // Rooms the store has yet to accept; their places are taken.
  std::list<Room*> idle_;     // Longest idle first.
  std::unordered_map<Room*, std::list<Room*>::iterator> idle_place_;
  // After the lists of the idle: a room that ends may let go of another.
  std::unordered_map<RoomKey, std::unique_ptr<Room>, RoomKeyHash> rooms_;
  std::unordered_map<RoomKey, std::shared_ptr<Loading>, RoomKeyHash> loading_;
};

}  // namespace atrium
