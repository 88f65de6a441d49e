#include <atrium/plugin.hpp>
#include <cstdint>
#include <string>

// A question and its possible answers; how many there may be, the operator says.
class Poll {
 public:
  explicit Poll(const atrium::Json& options) : answers_max_(options["answers_max"].as_int().value()) {}

  void check(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) const {
    const atrium::Json answers = message.metadata()["answers"];
    bool sound = answers.is_array() && answers.size() >= 2 && answers.size() <= answers_max_;
    if (sound)
      for (const atrium::Json answer : answers) sound = sound && answer.is_text() && answer != "";
    if (!sound) reply.deny_field("/metadata/answers", "must be 2 to " + std::to_string(answers_max_) + " texts");
  }
  atrium::MessageTypeInfo message_type{.name = "poll"};

 private:
  std::int64_t answers_max_;
};

ATRIUM_PLUGIN(Poll, "com.acme.poll", "1.0.0")
