// A room type made with the C++ layer.
#include <atrium/plugin.hpp>

struct KeptRoom {
  static void check_settings(const atrium::Room& room, const atrium::User&, atrium::Reply& reply) {
    if (room.settings()["depth"].exists() && !room.settings()["depth"].is_number()) reply.deny_field("/settings/depth", "must be a number");
  }
  static void will_join(const atrium::Room&, const atrium::User& user, const atrium::User&, atrium::Reply& reply) {
    if (user.is_client()) reply.deny("No clients here.");
  }
  void will_post(const atrium::Room&, const atrium::User& sender, const atrium::Message&, atrium::Reply& reply) {
    reply.annotate_text("from", sender.display_name());
    host.debug("posted", sender.user_id());
  }
  explicit KeptRoom(atrium::Host its_host) : host(its_host) {}
  static constexpr atrium::RoomTypeInfo room_type{.name = "kept_room", .max_members = 12, .max_members_limit = 24};
  atrium::Host host;
};

ATRIUM_PLUGIN(KeptRoom, "kept.room-type", "1.0.0")
