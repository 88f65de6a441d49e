// Hooks that say what the content tells them to: one line an act, "verb argument [argument]". Some of it breaks the contract.
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>

#include <atrium/plugin.hpp>

struct TestHooks {
  TestHooks(atrium::Host host, const atrium::Json& options) : greeting(options["greeting"].as_text().value()), host(host) {
    host.info("created", greeting);
  }

  void check_settings(const atrium::Room& room, const atrium::User&, atrium::Reply& reply) const {
    obey(room.settings()["do"].as_text().value_or(""), reply);
  }
  void will_join(const atrium::Room& room, const atrium::User&, const atrium::User&, atrium::Reply& reply) const {
    obey(room.settings()["do"].as_text().value_or(""), reply);
  }
  void will_post(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) const {
    obey(message.content(), reply);
  }
  void check(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) const {
    obey(message.content(), reply);
  }

  void obey(std::string_view content, atrium::Reply& reply) const {
    while (!content.empty()) {
      const auto end = content.find('\n');
      act(content.substr(0, end), reply);
      content = end == std::string_view::npos ? std::string_view() : content.substr(end + 1);
    }
  }

  void act(std::string_view line, atrium::Reply& reply) const {
    const auto word = [&] {
      const auto end = line.find(' ');
      const std::string_view first = line.substr(0, end);
      line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
      return first;
    };
    const std::string_view verb = word();
    if (verb == "deny") reply.deny(line);
    if (verb == "deny-field") {
      const std::string_view path = word();
      reply.deny_field(path, line);
    }
    if (verb == "annotate") {
      const std::string_view key = word();
      reply.annotate(key, line);
    }
    if (verb == "patch") {
      const std::string_view path = word();
      reply.patch(path, line);
    }
    if (verb == "content") reply.set_content(line);
    if (verb == "audience") reply.add_audience(line);
    if (verb == "unless-greeted" && line != greeting) reply.deny_field("/settings/do", "the greeting is " + greeting);
    if (verb == "hang" || (verb == "once" && std::exchange(asked, true)))
      for (;;) ::pause();
    if (verb == "greet") reply.annotate_text("greeting", greeting);
    if (verb == "not-utf8") reply.deny("\xff\xfe");
    if (verb == "huge") reply.deny(std::string(5000, 'x'));
    if (verb == "throw") throw std::runtime_error("told to");
    if (verb == "throw-int") throw 7;
    if (verb == "log") host.error("said", line);
  }

  std::string greeting;
  mutable bool asked = false;
  atrium::Host host;
  atrium::RoomTypeInfo room_type{.name = "test_room"};
  atrium::MessageTypeInfo message_type{.name = "test_message"};
};

ATRIUM_PLUGIN(TestHooks, "test.hooks", "2.1.0-beta.1")
