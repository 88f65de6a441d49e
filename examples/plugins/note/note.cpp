#include <atrium/plugin.hpp>

// A note that only its author sees.
struct Note {
  static void check(const atrium::Room&, const atrium::User&, const atrium::Message&, atrium::Reply& reply) {
    reply.add_audience("sender");
  }
  static constexpr atrium::MessageTypeInfo message_type{.name = "note", .content_min = 1};
};

ATRIUM_PLUGIN(Note, "com.acme.note", "1.0.0")
