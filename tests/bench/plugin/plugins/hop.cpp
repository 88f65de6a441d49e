// One of ten that look at a message and change nothing: a setting of the room, the sender, three fields of the metadata and the content.
#include <atrium/plugin.hpp>

struct Hop {
  static void will_post(const atrium::Room& room, const atrium::User& sender, const atrium::Message& message, atrium::Reply& reply) {
    const atrium::Json metadata = message.metadata();
    const bool marked = metadata["priority"] == "never" || metadata["lead"]["source"] == "nowhere" || room.settings()["closed"] == true;
    if (marked || metadata["tags"].size() > 100 || sender.user_id().empty() || message.content().empty()) reply.deny("Not like this.");
  }
  atrium::RoomTypeInfo room_type{.name = HOP_NAME, .flags = ATRIUM_ROOM_TYPE_ADDON};
};

ATRIUM_PLUGIN(Hop, HOP_ID, "1.0.0")
