#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>

// Something that needs attention. It tells; the state of an alert changes through coordination, never by a message.
struct Alert {
  static std::string summarise(const atrium::Message& message) {
    return atrium::summary("Alert", message.metadata()["severity"], message.content());
  }

  static constexpr atrium::MessageTypeInfo message_type{.name = "alert", .sender_roles = atrium::staff_roles, .content_min = 1};
};

ATRIUM_PLUGIN(Alert, "atrium.message-type.alert", "1.0.0")
