#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>

// Advice whispered in the middle of a conversation. Clients and colleagues get a stub in its place; the agent it is for, supervisors and
// admins read it.
struct CoachingTip {
  static void check(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) {
    const auto agent = message.metadata()["agent_id"].as_text();
    if (agent && !atrium::is_user_id(*agent)) return reply.deny_field("/metadata/agent_id", "is not a user id");
    for (const char* supervision : {"sender", "role:supervisor", "role:admin"}) reply.add_audience(supervision);
    if (agent) reply.add_audience("user:" + *agent);
  }
  static std::string summarise(const atrium::Message& message) {
    return atrium::summary("Tip", message.metadata()["topic"], message.content());
  }

  static constexpr atrium::MessageTypeInfo message_type{.name = "coaching_tip", .sender_roles = atrium::staff_roles, .content_min = 1};
};

ATRIUM_PLUGIN(CoachingTip, "atrium.message-type.coaching-tip", "1.0.0")
