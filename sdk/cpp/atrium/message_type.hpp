#ifndef ATRIUM_MESSAGE_TYPE_HPP
#define ATRIUM_MESSAGE_TYPE_HPP
// A plugin class is a message type when it has a member `message_type`, a MessageTypeInfo. Its hooks, each optional:
//   void check(const Room& room, const User& sender, const Message& message, Reply& reply);
//   std::string summarise(const Message& message);   one line, at most 200 bytes
//   void did_deliver(const Room& room, const User& sender, const Message& message, const Position& position, std::uint32_t
//   delivered_count);
// Several loops may call at once: hooks that change members of the class must guard them.
#include <concepts>

#include "atrium/ext/message_type.h"
#include "atrium/host.hpp"
#include "atrium/names.hpp"
#include "atrium/room.hpp"

namespace atrium {
inline namespace sdk {

inline constexpr std::uint32_t staff_roles = ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;
inline constexpr std::uint32_t all_roles = staff_roles | ATRIUM_ROLE_CLIENT;

// The constants of a message type; see atrium_message_type_info. `name` must outlive the plugin: use a literal.
struct MessageTypeInfo {
  std::string_view name;
  std::uint32_t sender_roles = all_roles;  // ATRIUM_ROLE_... bits; 0: the server alone.
  std::uint32_t delivery_class = ATRIUM_DELIVER_MUST;
  std::uint32_t content_max = 0;  // bytes; 0: the frame's limit.
  std::uint32_t content_min = 0;  // bytes
};

namespace detail {

template <typename P>
concept HasMessageType = requires(P& plugin) {
  { plugin.message_type } -> std::convertible_to<const MessageTypeInfo&>;
};
template <typename P>
concept ChecksMessage = requires(P& plugin, const Room& room, const User& user, const Message& message, Reply& reply) {
  plugin.check(room, user, message, reply);
};
template <typename P>
concept SummarisesMessage = requires(P& plugin, const Message& message) {
  { plugin.summarise(message) } -> std::convertible_to<std::string_view>;
};
template <typename P>
concept HearsOfDelivery = requires(P& plugin, const Room& room, const User& user, const Message& message, const Position& position,
                                   std::uint32_t count) { plugin.did_deliver(room, user, message, position, count); };

template <typename P>
consteval bool message_type_is_sound() {
  if constexpr (requires { &P::message_type; }) static_assert(HasMessageType<P>, "`message_type` must be an atrium::MessageTypeInfo");
  if constexpr (HasMessageType<P> && names_check<P>)
    static_assert(ChecksMessage<P>, "check is called as check(const Room&, const User& sender, const Message&, Reply&)");
  if constexpr (HasMessageType<P> && names_summarise<P>)
    static_assert(SummarisesMessage<P>, "summarise is called as summarise(const Message&) and returns text");
  if constexpr (names_did_deliver<P>)
    static_assert(HearsOfDelivery<P>,
                  "did_deliver is called as did_deliver(const Room&, const User& sender, const Message&, const Position&, std::uint32_t "
                  "delivered_count)");
  static_assert(!names_didDeliver<P>, "the hook is spelled did_deliver");
  static_assert(!names_summarize<P>, "the hook is spelled summarise");
  static_assert(HasMessageType<P> || !(SummarisesMessage<P> || HearsOfDelivery<P>),
                "this class has a message type's hooks but no member `message_type` (an atrium::MessageTypeInfo)");
  return true;
}

// The C tables of a plugin class that is a message type. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class MessageTypeTables {
 public:
  explicit MessageTypeTables(const MessageTypeInfo& info)
      : info_{.struct_size = sizeof(atrium_message_type_info),
              .sender_roles = info.sender_roles,
              .delivery_class = info.delivery_class,
              .content_max = info.content_max,
              .content_min = info.content_min,
              .reserved = 0,
              .name = text_of(info.name)} {
    table_.struct_size = sizeof table_;
    table_.info = &info_;
    if constexpr (ChecksMessage<P>) table_.check = check;
    if constexpr (SummarisesMessage<P>) table_.summarise = summarise;
    if constexpr (HearsOfDelivery<P>) table_.did_deliver = did_deliver;
  }
  MessageTypeTables(const MessageTypeTables&) = delete;
  MessageTypeTables& operator=(const MessageTypeTables&) = delete;
  [[nodiscard]] const atrium_message_type* table() const { return &table_; }

 private:
  static atrium_status check(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                             const atrium_message_view* message, const atrium_reply* reply) noexcept {
    return contained(Instance::of(self).host, "check", [&] {
      Reply answer(*reply);
      Instance::of(self).plugin.check(Room(*room), User(*sender), Message(*message), answer);
    });
  }
  static atrium_status summarise(atrium_plugin* self, const atrium_message_view* message, atrium_sink line) noexcept {
    return contained(Instance::of(self).host, "summarise", [&] {
      const auto summary = Instance::of(self).plugin.summarise(Message(*message));
      const std::string_view text = summary;
      line.write(line.context, text.data(), text.size());
    });
  }
  static atrium_status did_deliver(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                                   const atrium_message_view* message, const atrium_position* position,
                                   std::uint32_t delivered_count) noexcept {
    return contained(Instance::of(self).host, "did_deliver", [&] {
      Instance::of(self).plugin.did_deliver(Room(*room), User(*sender), Message(*message), Position(*position), delivered_count);
    });
  }

  atrium_message_type_info info_;
  atrium_message_type table_{};
};

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
