#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>

// A file for those in the room. The schema asks for a file_id or a url; a url must be one a browser may follow without running anything.
struct FileShare {
  static void check(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) {
    const auto url = message.metadata()["url"].as_text();
    if (url && !url->starts_with("https://") && !url->starts_with("http://"))
      reply.deny_field("/metadata/url", "must begin with https:// or http://");
  }
  static std::string summarise(const atrium::Message& message) {
    return atrium::summary("File", message.metadata()["file_name"], message.content());
  }

  static constexpr atrium::MessageTypeInfo message_type{.name = "file_share"};
};

ATRIUM_PLUGIN(FileShare, "atrium.message-type.file-share", "1.0.0")
