// A room type and a message type without a hook: the message path with no plugin on it.
#include <atrium/plugin.hpp>

struct Quiet {
  atrium::RoomTypeInfo room_type{.name = "quiet", .durability = ATRIUM_DURABILITY_RECEIVED};
  atrium::MessageTypeInfo message_type{.name = "quiet"};
};

ATRIUM_PLUGIN(Quiet, "bench.quiet", "1.0.0")
