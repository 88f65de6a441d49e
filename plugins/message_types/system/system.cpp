#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>

// What the server has to say. Nobody else can: no role may send it.
struct System {
  static std::string summarise(const atrium::Message& message) { return atrium::shortened(message.content()); }

  static constexpr atrium::MessageTypeInfo message_type{.name = "system", .sender_roles = 0, .content_min = 1};
};

ATRIUM_PLUGIN(System, "atrium.message-type.system", "1.0.0")
