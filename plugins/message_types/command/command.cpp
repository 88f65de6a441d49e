#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>

// A request to a bot that listens in the room; what it does is the bot's affair.
struct Command {
  static std::string summarise(const atrium::Message& message) {
    return atrium::summary("Command", message.metadata()["command"], message.content());
  }

  static constexpr atrium::MessageTypeInfo message_type{.name = "command", .sender_roles = atrium::staff_roles};
};

ATRIUM_PLUGIN(Command, "atrium.message-type.command", "1.0.0")
