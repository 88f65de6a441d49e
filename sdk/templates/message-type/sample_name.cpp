#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>

// A note with a colour. Which colours there are, the manifest's message_schema says; the server checks that before check().
struct SampleName {
  static void check(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) {
    if (message.content().find('\n') != std::string_view::npos) reply.deny("A note is one line.");
  }
  static std::string summarise(const atrium::Message& message) {
    return atrium::summary("Note", message.metadata()["colour"], message.content());
  }
  static constexpr atrium::MessageTypeInfo message_type{.name = "sample_name", .content_min = 1};
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
