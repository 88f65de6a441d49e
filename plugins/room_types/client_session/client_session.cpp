#include <atrium/plugin.hpp>
#include <atrium/room_rules.hpp>

// A client and those who serve them. The one rule that matters: what is said among the house stays out of the client's sight.
struct ClientSession {
  explicit ClientSession(const atrium::Json& options)
      : room_type(atrium::rules::with_options(
            {.name = "client_session", .entry = ATRIUM_ENTRY_INVITATION, .permissions = atrium::team_permissions}, options)) {}

  static void check_settings(const atrium::Room& room, const atrium::User&, atrium::Reply& reply) {
    atrium::rules::check_standard_settings(room, reply);
    atrium::rules::check_context_ids(room, {"client_id", "lead_id"}, reply);
  }
  static void will_post(const atrium::Room& room, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) {
    if (message.message_type() == "lead_handoff")
      reply.deny("The client would read this: hand the lead over in a lead_collaboration room.");
    atrium::rules::respect_file_sharing(room, message, reply);
  }

  atrium::RoomTypeInfo room_type;
};

ATRIUM_PLUGIN(ClientSession, "atrium.room-type.client-session", "1.0.0")
