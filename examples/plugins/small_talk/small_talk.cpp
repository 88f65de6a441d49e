// [snippet:whole]
#include <atrium/plugin.hpp>

// Suggests how to begin.
struct SmallTalk {
  void open(const atrium::AssistantRequest& request, atrium::Stream stream) {
    stream.piece("Good day");
    if (const auto name = request["lead"]["name"].as_text()) stream.piece(" " + *name);
    stream.piece(", what may I do for you?");
    stream.finish();
  }

  static constexpr atrium::AssistantInfo assistant{.tasks = ATRIUM_TASK_MESSAGE_SUGGESTION};
};

ATRIUM_PLUGIN(SmallTalk, "com.acme.small-talk", "1.0.0")
// [/snippet]
