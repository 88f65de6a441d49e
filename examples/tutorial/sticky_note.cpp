// [snippet:changed]
#include <algorithm>
#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>
#include <cctype>

// A note with a colour, that does not shout.
struct StickyNote {
  static void check(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) {
    if (message.content().find('\n') != std::string_view::npos) reply.deny("A note is one line.");
    const bool quiet = std::ranges::any_of(message.content(), [](unsigned char c) { return std::islower(c); });
    if (!quiet) reply.deny("A note does not shout.");
  }
  static std::string summarise(const atrium::Message& message) {
    return atrium::summary("Note", message.metadata()["colour"], message.content());
  }
  static constexpr atrium::MessageTypeInfo message_type{.name = "sticky_note", .content_min = 1};
};

ATRIUM_PLUGIN(StickyNote, "com.example.sticky-note", "0.1.0")
// [/snippet]
