#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>

// What people write. It says something, and it reads as itself in a list.
struct Text {
  static std::string summarise(const atrium::Message& message) { return atrium::shortened(message.content()); }

  static constexpr atrium::MessageTypeInfo message_type{.name = "text", .content_min = 1};
};

ATRIUM_PLUGIN(Text, "atrium.message-type.text", "1.0.0")
