#ifndef ATRIUM_ROOM_TYPE_HPP
#define ATRIUM_ROOM_TYPE_HPP
// A plugin class is a room type when it has a member `room_type`, a RoomTypeInfo. Its hooks, each optional:
//   void check_settings(const Room& room, const User& actor, Reply& reply);
//   void will_create(const Room& room, const User& actor, Reply& reply);
//   void will_join(const Room& room, const User& user, const User& actor, Reply& reply);
//   void will_post(const Room& room, const User& sender, const Message& message, Reply& reply);
//   void did_create(const Room& room, const User& actor);
//   void did_join(const Room& room, const User& user, const User& actor);
//   void did_leave(const Room& room, const User& user, const User& actor);
//   void did_post(const Room& room, const User& sender, const Message& message, const Position& position);
//   void did_close(const Room& room, const User& actor);
//   void tick(const Room& room, std::uint64_t now_ms);   every `room_type.tick_seconds`
// Several loops may call at once, each for rooms of its own: hooks that change members of the class must guard them.
#include <array>
#include <concepts>

#include "atrium/ext/room_type.h"
#include "atrium/host.hpp"
#include "atrium/names.hpp"
#include "atrium/room.hpp"

namespace atrium {
inline namespace sdk {

// ATRIUM_MAY_... bits by ATRIUM_ROOM_ROLE_...: nobody, observer, member, moderator, owner.
using Permissions = std::array<std::uint32_t, 5>;

// Observers read, members also post, moderators also manage people and the room, owners also change roles and close.
inline constexpr Permissions standard_permissions = {
    0,
    ATRIUM_MAY_READ,
    ATRIUM_MAY_READ | ATRIUM_MAY_POST,
    ATRIUM_MAY_READ | ATRIUM_MAY_POST | ATRIUM_MAY_ADD_MEMBERS | ATRIUM_MAY_REMOVE_MEMBERS | ATRIUM_MAY_CHANGE_ROOM,
    ATRIUM_MAY_READ | ATRIUM_MAY_POST | ATRIUM_MAY_ADD_MEMBERS | ATRIUM_MAY_REMOVE_MEMBERS | ATRIUM_MAY_CHANGE_ROOM |
        ATRIUM_MAY_CHANGE_ROLES | ATRIUM_MAY_CLOSE,
};
// As standard, but every member may also bring in others.
inline constexpr Permissions team_permissions = {standard_permissions[0], standard_permissions[1],
                                                 standard_permissions[2] | ATRIUM_MAY_ADD_MEMBERS, standard_permissions[3],
                                                 standard_permissions[4]};

// The constants of a room type; see atrium_room_type_info. Texts must outlive the plugin: use literals.
struct RoomTypeInfo {
  std::string_view name;
  std::uint32_t entry = ATRIUM_ENTRY_OPEN;
  std::uint32_t max_members = 0;        // 0: the server's default.
  std::uint32_t max_members_limit = 0;  // 0: the server's default.
  std::uint32_t retention_days = 0;     // 0: the server's default.
  std::uint32_t durability = ATRIUM_DURABILITY_FSYNCED;
  std::uint32_t flush_window_us = 1000;
  Permissions permissions = standard_permissions;
  std::string_view message_types = {};  // Joined by commas; empty: all.
  std::uint32_t flags = 0;              // ATRIUM_ROOM_TYPE_...
  std::uint32_t tick_seconds = 0;       // 0: never.
};

namespace detail {

template <typename P>
concept HasRoomType = requires(P& plugin) {
  { plugin.room_type } -> std::convertible_to<const RoomTypeInfo&>;
};
template <typename P>
concept ChecksSettings =
    requires(P& plugin, const Room& room, const User& user, Reply& reply) { plugin.check_settings(room, user, reply); };
template <typename P>
concept ChecksCreate = requires(P& plugin, const Room& room, const User& user, Reply& reply) { plugin.will_create(room, user, reply); };
template <typename P>
concept ChecksJoin = requires(P& plugin, const Room& room, const User& user, Reply& reply) { plugin.will_join(room, user, user, reply); };
template <typename P>
concept ChecksPost = requires(P& plugin, const Room& room, const User& user, const Message& message, Reply& reply) {
  plugin.will_post(room, user, message, reply);
};
template <typename P>
concept HearsOfCreate = requires(P& plugin, const Room& room, const User& user) { plugin.did_create(room, user); };
template <typename P>
concept HearsOfJoin = requires(P& plugin, const Room& room, const User& user) { plugin.did_join(room, user, user); };
template <typename P>
concept HearsOfLeave = requires(P& plugin, const Room& room, const User& user) { plugin.did_leave(room, user, user); };
template <typename P>
concept HearsOfPost = requires(P& plugin, const Room& room, const User& user, const Message& message, const Position& position) {
  plugin.did_post(room, user, message, position);
};
template <typename P>
concept HearsOfClose = requires(P& plugin, const Room& room, const User& user) { plugin.did_close(room, user); };
template <typename P>
concept Ticks = requires(P& plugin, const Room& room, std::uint64_t now_ms) { plugin.tick(room, now_ms); };
template <typename P>
concept HasRoomHooks = ChecksSettings<P> || ChecksCreate<P> || ChecksJoin<P> || ChecksPost<P> || HearsOfCreate<P> || HearsOfJoin<P> ||
                       HearsOfLeave<P> || HearsOfPost<P> || HearsOfClose<P>;

// Near misses: the name is right, and the parameters are not, or it is private; or the name has another spelling. Silence would be a hook
// that never runs.
template <typename P>
consteval bool room_type_is_sound() {
  if constexpr (requires { &P::room_type; }) static_assert(HasRoomType<P>, "`room_type` must be an atrium::RoomTypeInfo");
  if constexpr (names_check_settings<P>)
    static_assert(ChecksSettings<P>, "check_settings is called as check_settings(const Room&, const User& actor, Reply&)");
  if constexpr (names_will_create<P>)
    static_assert(ChecksCreate<P>, "will_create is called as will_create(const Room&, const User& actor, Reply&)");
  if constexpr (names_will_join<P>)
    static_assert(ChecksJoin<P>, "will_join is called as will_join(const Room&, const User& user, const User& actor, Reply&)");
  if constexpr (names_will_post<P>)
    static_assert(ChecksPost<P>, "will_post is called as will_post(const Room&, const User& sender, const Message&, Reply&)");
  if constexpr (names_did_create<P>) static_assert(HearsOfCreate<P>, "did_create is called as did_create(const Room&, const User& actor)");
  if constexpr (names_did_join<P>)
    static_assert(HearsOfJoin<P>, "did_join is called as did_join(const Room&, const User& user, const User& actor)");
  if constexpr (names_did_leave<P>)
    static_assert(HearsOfLeave<P>, "did_leave is called as did_leave(const Room&, const User& user, const User& actor)");
  if constexpr (names_did_post<P>)
    static_assert(HearsOfPost<P>, "did_post is called as did_post(const Room&, const User& sender, const Message&, const Position&)");
  if constexpr (names_did_close<P>) static_assert(HearsOfClose<P>, "did_close is called as did_close(const Room&, const User& actor)");
  if constexpr (HasRoomType<P> && names_tick<P>) static_assert(Ticks<P>, "tick is called as tick(const Room&, std::uint64_t now_ms)");
  static_assert(!names_checkSettings<P>, "the hook is spelled check_settings");
  static_assert(!names_willCreate<P>, "the hook is spelled will_create");
  static_assert(!names_willJoin<P>, "the hook is spelled will_join");
  static_assert(!names_willPost<P>, "the hook is spelled will_post");
  static_assert(!names_didCreate<P>, "the hook is spelled did_create");
  static_assert(!names_didJoin<P>, "the hook is spelled did_join");
  static_assert(!names_didLeave<P>, "the hook is spelled did_leave");
  static_assert(!names_didPost<P>, "the hook is spelled did_post");
  static_assert(!names_didClose<P>, "the hook is spelled did_close");
  static_assert(!names_did_send<P>, "the hook is spelled did_post");
  static_assert(!names_on_tick<P>, "the hook is spelled tick");
  static_assert(!names_onTick<P>, "the hook is spelled tick");
  static_assert(HasRoomType<P> || !HasRoomHooks<P>,
                "this class has a room type's hooks but no member `room_type` (an atrium::RoomTypeInfo)");
  return true;
}

// The C tables of a plugin class that is a room type. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class RoomTypeTables {
 public:
  explicit RoomTypeTables(const RoomTypeInfo& info)
      : info_{.struct_size = sizeof(atrium_room_type_info),
              .entry = info.entry,
              .max_members = info.max_members,
              .max_members_limit = info.max_members_limit,
              .retention_days = info.retention_days,
              .durability = info.durability,
              .flush_window_us = info.flush_window_us,
              .permissions = {info.permissions[0], info.permissions[1], info.permissions[2], info.permissions[3], info.permissions[4]},
              .name = text_of(info.name),
              .message_types = text_of(info.message_types),
              .flags = info.flags,
              .tick_seconds = info.tick_seconds} {
    table_.struct_size = sizeof table_;
    table_.info = &info_;
    if constexpr (ChecksSettings<P>) table_.check_settings = check_settings;
    if constexpr (ChecksJoin<P>) table_.will_join = will_join;
    if constexpr (ChecksPost<P>) table_.will_post = will_post;
    if constexpr (ChecksCreate<P>) table_.will_create = will_create;
    if constexpr (HearsOfCreate<P>) table_.did_create = did_create;
    if constexpr (HearsOfJoin<P>) table_.did_join = did_join;
    if constexpr (HearsOfLeave<P>) table_.did_leave = did_leave;
    if constexpr (HearsOfPost<P>) table_.did_post = did_post;
    if constexpr (HearsOfClose<P>) table_.did_close = did_close;
    if constexpr (Ticks<P>) table_.tick = tick;
  }
  RoomTypeTables(const RoomTypeTables&) = delete;
  RoomTypeTables& operator=(const RoomTypeTables&) = delete;
  [[nodiscard]] const atrium_room_type* table() const { return &table_; }

 private:
  static atrium_status check_settings(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* actor,
                                      const atrium_reply* reply) noexcept {
    return contained(Instance::of(self).host, "check_settings", [&] {
      Reply answer(*reply);
      Instance::of(self).plugin.check_settings(Room(*room), User(*actor), answer);
    });
  }
  static atrium_status will_join(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* user,
                                 const atrium_user_view* actor, const atrium_reply* reply) noexcept {
    return contained(Instance::of(self).host, "will_join", [&] {
      Reply answer(*reply);
      Instance::of(self).plugin.will_join(Room(*room), User(*user), User(*actor), answer);
    });
  }
  static atrium_status will_post(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                                 const atrium_message_view* message, const atrium_reply* reply) noexcept {
    return contained(Instance::of(self).host, "will_post", [&] {
      Reply answer(*reply);
      Instance::of(self).plugin.will_post(Room(*room), User(*sender), Message(*message), answer);
    });
  }
  static atrium_status will_create(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* actor,
                                   const atrium_reply* reply) noexcept {
    return contained(Instance::of(self).host, "will_create", [&] {
      Reply answer(*reply);
      Instance::of(self).plugin.will_create(Room(*room), User(*actor), answer);
    });
  }
  static atrium_status did_create(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* actor) noexcept {
    return contained(Instance::of(self).host, "did_create", [&] { Instance::of(self).plugin.did_create(Room(*room), User(*actor)); });
  }
  static atrium_status did_join(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* user,
                                const atrium_user_view* actor) noexcept {
    return contained(Instance::of(self).host, "did_join",
                     [&] { Instance::of(self).plugin.did_join(Room(*room), User(*user), User(*actor)); });
  }
  static atrium_status did_leave(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* user,
                                 const atrium_user_view* actor) noexcept {
    return contained(Instance::of(self).host, "did_leave",
                     [&] { Instance::of(self).plugin.did_leave(Room(*room), User(*user), User(*actor)); });
  }
  static atrium_status did_post(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                                const atrium_message_view* message, const atrium_position* position) noexcept {
    return contained(Instance::of(self).host,
                     [&] { Instance::of(self).plugin.did_post(Room(*room), User(*sender), Message(*message), Position(*position)); });
  }
  static atrium_status did_close(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* actor) noexcept {
    return contained(Instance::of(self).host, "did_close", [&] { Instance::of(self).plugin.did_close(Room(*room), User(*actor)); });
  }
  static atrium_status tick(atrium_plugin* self, const atrium_room_view* room, std::uint64_t now_ms) noexcept {
    return contained(Instance::of(self).host, "tick", [&] { Instance::of(self).plugin.tick(Room(*room), now_ms); });
  }

  atrium_room_type_info info_;
  atrium_room_type table_{};
};

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
