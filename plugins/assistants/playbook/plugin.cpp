#include <atrium/plugin.hpp>

#include "playbook.hpp"

// The assistant that is there when no other is: it answers at once, within open().
class PlaybookAssistant {
 public:
  explicit PlaybookAssistant(const atrium::Json& options) : playbook_(options) {}

  void open(const atrium::AssistantRequest& request, atrium::Stream stream) {
    const Advice advice = playbook_.advise(request.task(), request.context(), request.output_max());
    stream.piece(advice.text);
    stream.finish(advice.details);
  }

  static constexpr atrium::AssistantInfo assistant{.tasks = ATRIUM_TASK_COACHING | ATRIUM_TASK_MESSAGE_SUGGESTION |
                                                            ATRIUM_TASK_HANDOFF_RECOMMENDATION | ATRIUM_TASK_SENTIMENT |
                                                            ATRIUM_TASK_NOTIFICATION_PRIORITY | ATRIUM_TASK_SUMMARY,
                                                   .name = "playbook"};

 private:
  const Playbook playbook_;
};

ATRIUM_PLUGIN(PlaybookAssistant, "atrium.assistant.playbook", "1.0.0")
