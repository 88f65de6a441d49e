#include <atrium/plugin.hpp>
#include <atrium/room_rules.hpp>

// An incident: people are called in by name and their colleagues may call in more, nothing waits for company on its way out, and the
// record is kept as long as records may be.
struct EmergencyResponse {
  explicit EmergencyResponse(const atrium::Json& options)
      : room_type(atrium::rules::with_options(
            {.name = "emergency_response", .entry = ATRIUM_ENTRY_INVITATION, .flush_window_us = 0, .permissions = atrium::team_permissions},
            options)) {}

  static void check_settings(const atrium::Room& room, const atrium::User&, atrium::Reply& reply) {
    atrium::rules::check_standard_settings(room, reply);
    const atrium::Json severity = room.context()["severity"];
    if (severity.exists() && !(severity == "low" || severity == "medium" || severity == "high" || severity == "critical"))
      reply.deny_field("/context/severity", "must be low, medium, high or critical");
  }
  static void will_join(const atrium::Room&, const atrium::User& user, const atrium::User&, atrium::Reply& reply) {
    atrium::rules::refuse_client(user, reply);
  }
  static void will_post(const atrium::Room& room, const atrium::User& sender, const atrium::Message& message, atrium::Reply& reply) {
    atrium::rules::refuse_client(sender, reply);
    atrium::rules::respect_file_sharing(room, message, reply);
  }

  atrium::RoomTypeInfo room_type;
};

ATRIUM_PLUGIN(EmergencyResponse, "atrium.room-type.emergency-response", "1.0.0")
