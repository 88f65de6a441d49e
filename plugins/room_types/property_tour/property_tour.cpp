#include <atrium/plugin.hpp>
#include <atrium/room_rules.hpp>

// A guided tour: agents show properties, clients look, ask and receive documents. What belongs to the house only is not said here.
struct PropertyTour {
  explicit PropertyTour(const atrium::Json& options)
      : room_type(atrium::rules::with_options(
            {.name = "property_tour", .message_types = "text,system,file_share,document_share,property_share,coaching_tip,alert"},
            options)) {}

  static void check_settings(const atrium::Room& room, const atrium::User&, atrium::Reply& reply) {
    atrium::rules::check_standard_settings(room, reply);
    atrium::rules::check_context_ids(room, {"property_id", "client_id"}, reply);
  }
  static void will_post(const atrium::Room& room, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) {
    atrium::rules::respect_file_sharing(room, message, reply);
  }

  atrium::RoomTypeInfo room_type;
};

ATRIUM_PLUGIN(PropertyTour, "atrium.room-type.property-tour", "1.0.0")
