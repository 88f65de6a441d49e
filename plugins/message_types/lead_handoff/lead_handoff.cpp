#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>

// Tells a room that a lead changes hands. It informs: ownership itself changes through coordination, never by a message.
struct LeadHandoff {
  static std::string summarise(const atrium::Message& message) {
    return atrium::summary("Lead", message.metadata()["lead_id"], message.content());
  }

  static constexpr atrium::MessageTypeInfo message_type{.name = "lead_handoff", .sender_roles = atrium::staff_roles};
};

ATRIUM_PLUGIN(LeadHandoff, "atrium.message-type.lead-handoff", "1.0.0")
