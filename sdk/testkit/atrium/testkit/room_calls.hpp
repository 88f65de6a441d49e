#ifndef ATRIUM_TESTKIT_ROOM_CALLS_HPP
#define ATRIUM_TESTKIT_ROOM_CALLS_HPP
// The hooks of room types and message types, as calls.hpp has those of the other kinds. A hook that is not there allows, as in the server.
#include <string>

#include "atrium/ext/message_type.h"
#include "atrium/ext/room_type.h"
#include "atrium/testkit/plugin.hpp"
#include "atrium/testkit/scene.hpp"
#include "atrium/testkit/verdict.hpp"

namespace atrium::testkit {

struct RoomCalls {
  // What the hooks see; each test changes what it is about.
  JsonText room = "{}";
  JsonText user = "{}";   // Who acts.
  JsonText other = "{}";  // Who is added, by `user`; the same one unless a test says otherwise.
  JsonText message = "{}";

  [[nodiscard]] Verdict check_settings(const Plugin& plugin) const {
    return judge(type(plugin).check_settings, saying_of_settings, [&](auto hook, const auto& at, const atrium_reply& reply) {
      return hook(plugin.self(), &at.room.abi(), &at.user.abi(), &reply);
    });
  }
  [[nodiscard]] Verdict will_create(const Plugin& plugin) const {
    return judge(type(plugin).will_create, saying_of_entry, [&](auto hook, const auto& at, const atrium_reply& reply) {
      return hook(plugin.self(), &at.room.abi(), &at.user.abi(), &reply);
    });
  }
  [[nodiscard]] Verdict will_join(const Plugin& plugin) const {
    return judge(type(plugin).will_join, saying_of_entry, [&](auto hook, const auto& at, const atrium_reply& reply) {
      return hook(plugin.self(), &at.room.abi(), &at.other.abi(), &at.user.abi(), &reply);
    });
  }
  [[nodiscard]] Verdict will_post(const Plugin& plugin) const {
    return judge(type(plugin).will_post, saying_of_posts, [&](auto hook, const auto& at, const atrium_reply& reply) {
      return hook(plugin.self(), &at.room.abi(), &at.user.abi(), &at.message.abi(), &reply);
    });
  }
  // A message type's.
  [[nodiscard]] Verdict check(const Plugin& plugin) const {
    return judge(message_type(plugin).check, saying_of_checks, [&](auto hook, const auto& at, const atrium_reply& reply) {
      return hook(plugin.self(), &at.room.abi(), &at.user.abi(), &at.message.abi(), &reply);
    });
  }
  [[nodiscard]] std::string summarise(const Plugin& plugin) const {
    const atrium_message_type& table = message_type(plugin);
    const MessageFrom from(message);
    Collected line;
    if (!table.summarise || table.summarise(plugin.self(), &from.abi(), line.sink()) != ATRIUM_OK) return {};
    return line.bytes;
  }

  // What happened; the status is all there is.
  [[nodiscard]] atrium_status did_create(const Plugin& plugin) const {
    const Scene at(*this);
    const auto hook = type(plugin).did_create;
    return hook ? hook(plugin.self(), &at.room.abi(), &at.user.abi()) : ATRIUM_OK;
  }
  [[nodiscard]] atrium_status did_join(const Plugin& plugin) const {
    const Scene at(*this);
    const auto hook = type(plugin).did_join;
    return hook ? hook(plugin.self(), &at.room.abi(), &at.other.abi(), &at.user.abi()) : ATRIUM_OK;
  }
  [[nodiscard]] atrium_status did_leave(const Plugin& plugin) const {
    const Scene at(*this);
    const auto hook = type(plugin).did_leave;
    return hook ? hook(plugin.self(), &at.room.abi(), &at.other.abi(), &at.user.abi()) : ATRIUM_OK;
  }
  [[nodiscard]] atrium_status did_post(const Plugin& plugin, std::uint64_t seq = 1) const {
    const Scene at(*this);
    const auto hook = type(plugin).did_post;
    const atrium_position position = stored(seq);
    return hook ? hook(plugin.self(), &at.room.abi(), &at.user.abi(), &at.message.abi(), &position) : ATRIUM_OK;
  }
  [[nodiscard]] atrium_status did_close(const Plugin& plugin) const {
    const Scene at(*this);
    const auto hook = type(plugin).did_close;
    return hook ? hook(plugin.self(), &at.room.abi(), &at.user.abi()) : ATRIUM_OK;
  }
  [[nodiscard]] atrium_status tick(const Plugin& plugin, std::uint64_t now_ms = FakeHost::wall_ms_at_start) const {
    const Scene at(*this);
    const auto hook = type(plugin).tick;
    return hook ? hook(plugin.self(), &at.room.abi(), now_ms) : ATRIUM_OK;
  }
  [[nodiscard]] atrium_status did_deliver(const Plugin& plugin, std::uint32_t delivered_count, std::uint64_t seq = 1) const {
    const Scene at(*this);
    const auto hook = message_type(plugin).did_deliver;
    const atrium_position position = stored(seq);
    return hook ? hook(plugin.self(), &at.room.abi(), &at.user.abi(), &at.message.abi(), &position, delivered_count) : ATRIUM_OK;
  }

 private:
  struct Scene {
    explicit Scene(const RoomCalls& calls) : room(calls.room), user(calls.user), other(calls.other), message(calls.message) {}
    RoomFrom room;
    UserFrom user;
    UserFrom other;
    MessageFrom message;
  };
  static const atrium_room_type& type(const Plugin& plugin) { return plugin.need<atrium_room_type>(ATRIUM_EXT_ROOM_TYPE); }
  static const atrium_message_type& message_type(const Plugin& plugin) { return plugin.need<atrium_message_type>(ATRIUM_EXT_MESSAGE_TYPE); }
  static atrium_position stored(std::uint64_t seq) {
    return {.struct_size = sizeof(atrium_position),
            .durability = ATRIUM_DURABILITY_FSYNCED,
            .seq = seq,
            .sent_at_ms = FakeHost::wall_ms_at_start,
            .message_id = text_of("01JGFJJZ000000000000000001"),
            .epoch = text_of("epoch_1")};
  }
  template <typename Hook, typename Call>
  Verdict judge(Hook hook, unsigned sayings, Call&& call) const {
    if (!hook) return {};
    const Scene at(*this);
    VerdictSink sink(sayings);
    const atrium_status status = call(hook, at, sink.abi());
    return sink.take(status);
  }
};

}  // namespace atrium::testkit
#endif
