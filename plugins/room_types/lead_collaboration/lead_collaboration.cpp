#include <atrium/plugin.hpp>
#include <atrium/room_rules.hpp>

// The agents around one lead. When the room's context names the lead, every message in it is filed under that lead.
struct LeadCollaboration {
  explicit LeadCollaboration(const atrium::Json& options)
      : room_type(atrium::rules::with_options({.name = "lead_collaboration", .permissions = atrium::team_permissions}, options)) {}

  static void check_settings(const atrium::Room& room, const atrium::User&, atrium::Reply& reply) {
    atrium::rules::check_standard_settings(room, reply);
    atrium::rules::check_context_ids(room, {"lead_id"}, reply);
  }
  static void will_join(const atrium::Room&, const atrium::User& user, const atrium::User&, atrium::Reply& reply) {
    atrium::rules::refuse_client(user, reply);
  }
  static void will_post(const atrium::Room& room, const atrium::User& sender, const atrium::Message& message, atrium::Reply& reply) {
    atrium::rules::refuse_client(sender, reply);
    atrium::rules::respect_file_sharing(room, message, reply);
    const atrium::Json lead = room.context()["lead_id"];
    const bool fits = lead.is_text() && lead.raw().size() <= atrium::rules::context_id_max;  // A room made before there was a bound.
    if (fits && !message.metadata()["lead_id"].exists()) reply.annotate("lead_id", lead.raw());
  }

  atrium::RoomTypeInfo room_type;
};

ATRIUM_PLUGIN(LeadCollaboration, "atrium.room-type.lead-collaboration", "1.0.0")
