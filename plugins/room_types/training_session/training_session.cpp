#include <atrium/plugin.hpp>
#include <atrium/room_rules.hpp>

// A lesson: trainers speak as owner or moderator, trainees as members, and observers only read. Nothing said here moves a real lead.
struct TrainingSession {
  explicit TrainingSession(const atrium::Json& options) : room_type(atrium::rules::with_options({.name = "training_session"}, options)) {}

  static void check_settings(const atrium::Room& room, const atrium::User&, atrium::Reply& reply) {
    atrium::rules::check_standard_settings(room, reply);
    atrium::rules::check_context_ids(room, {"topic", "trainee_id"}, reply);
  }
  static void will_join(const atrium::Room&, const atrium::User& user, const atrium::User&, atrium::Reply& reply) {
    atrium::rules::refuse_client(user, reply);
  }
  static void will_post(const atrium::Room& room, const atrium::User& sender, const atrium::Message& message, atrium::Reply& reply) {
    atrium::rules::refuse_client(sender, reply);
    if (message.message_type() == "lead_handoff") reply.deny("No real lead is handed over in a training session.");
    atrium::rules::respect_file_sharing(room, message, reply);
  }

  atrium::RoomTypeInfo room_type;
};

ATRIUM_PLUGIN(TrainingSession, "atrium.room-type.training-session", "1.0.0")
