#include <atrium/plugin.hpp>
#include <atrium/room_rules.hpp>

// A room where only supervisors speak.
struct Briefing {
  static void will_post(const atrium::Room&, const atrium::User& sender, const atrium::Message&, atrium::Reply& reply) {
    if (!sender.has(ATRIUM_ROLE_SUPERVISOR)) reply.deny("Only supervisors speak in a briefing.");
  }
  atrium::RoomTypeInfo room_type{.name = "briefing", .max_members = 200};
};

ATRIUM_PLUGIN(Briefing, "com.acme.briefing", "1.0.0")
