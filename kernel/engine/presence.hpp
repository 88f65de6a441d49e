#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/timer_wheel.hpp"
#include "engine/departed.hpp"
#include "engine/room_key.hpp"
#include "engine/shard.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

// How a user can be reached, as others see it. A value.
struct Presence {
  std::string user_id;
  Status status = Status::offline;
  std::string status_message;   // Empty: none.
  std::string current_room_id;  // Empty: none.
  Wall last_seen{};             // Epoch: never since the server started.
  std::uint64_t version = 0;    // Grows with every change of this user's presence.
};

// Writes the members of a presence object (without its brackets).
template <typename Out>
void encodePresence(JsonWriter<Out>& json, const Presence& presence, std::string_view tenant_id);

// The users whose home is this shard: their devices, status and rooms. Kept in memory only, for users with a live session or a status that
// has not run out. A first device makes a user online; the last one's clean end makes him offline at once, an abnormal one after the
// linger.
class Users {
 public:
  explicit Users(Shard::Impl& shard);
  ~Users();

  // False when the user has as many sessions as he may; this one is not one of them then, and its end means nothing.
  [[nodiscard]] bool sessionOpened(const UserKey& user, const SessionRef& session);
  void sessionClosed(const UserKey& user, const SessionRef& session, bool clean);
  // not_found for a current room that is not one of his; storage_unavailable when that cannot be found out.
  void update(const UserKey& user, UpdatePresence command, Completion<void> done);
  // A session of his entered or left a room.
  void enteredRoom(const UserKey& user, const std::string& room_id);
  void leftRoom(const UserKey& user, const std::string& room_id);
  // He became, or ceased to be, a member; told by the room after the store knows.
  void memberOf(const UserKey& user, const Id& room, bool member);

  [[nodiscard]] Presence read(const UserKey& user) const;
  // His live sessions, wherever they are.
  [[nodiscard]] std::span<const SessionRef> sessions(const UserKey& user) const;
  // The rooms he is a member of, in order of id.
  void rooms(const UserKey& user, Completion<std::vector<Id>> done);

 private:
  struct State;
  State& state(const UserKey& user);
  void updateNow(const UserKey& user, const UpdatePresence& command);
  void change(State& state);
  // Tells the workplace what it does not know yet of his status and sessions.
  void tellWorkplace(State& state) const;
  void announceTo(const State& state, const Id& room) const;
  void goOffline(State& state);
  void forgetIfIdle(const UserKey& user);
  void loadRooms(State& state);

  Shard::Impl& shard_;
  std::unordered_map<UserKey, std::unique_ptr<State>, UserKeyHash> users_;
  Departed<Presence> gone_;  // The last presence of users without a State.
};

}  // namespace atrium
