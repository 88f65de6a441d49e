#include <atrium/plugin.hpp>
#include <atrium/room_rules.hpp>

// The everyday room of a team: open to everyone of the house, and whoever is in may bring in a colleague.
struct AgentTeam {
  explicit AgentTeam(const atrium::Json& options)
      : room_type(atrium::rules::with_options({.name = "agent_team", .permissions = atrium::team_permissions}, options)) {}

  static void check_settings(const atrium::Room& room, const atrium::User&, atrium::Reply& reply) {
    atrium::rules::check_standard_settings(room, reply);
    atrium::rules::check_context_ids(room, {"team_id", "region"}, reply);
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

ATRIUM_PLUGIN(AgentTeam, "atrium.room-type.agent-team", "1.0.0")
