#include "plugin/isolated/hook_answer.hpp"

#include <span>

#include "engine/hook_request.hpp"
#include "plugin/hook_reply.hpp"
#include "plugin/isolated/reply_record.hpp"

namespace atrium {

atrium_status answerHook(const HookTables& tables, Hook hook, std::string_view request, PayloadWriter& out) {
  const auto opened = OpenedCall::open(std::as_bytes(std::span(request)));
  if (!opened || !tables.hooks().has(hook)) return ATRIUM_INVALID;
  const HookCall call = opened->call();
  if (call.hook != hook) return ATRIUM_INVALID;
  PayloadWriter said;
  ReplyRecorder reply(abilitiesOf(hook), said);
  std::string line;
  const atrium_status status = tables.invoke(call, reply.abi(), line);
  out.text(line).append(said.view());
  return status;
}

HookFlaw readHookAnswer(Hook hook, atrium_status status, std::string_view bytes, JsonIndexer& indexer, HookOutcome& outcome) {
  HookReply reply(abilitiesOf(hook), indexer);
  PayloadReader in(bytes);
  const std::string_view line = in.text();
  // A call that failed may have said nothing, not even a line.
  const bool read = in.whole() && replay(in, reply.abi());
  if (!read && status == ATRIUM_OK) return {HookFlaw::Kind::breach, "its runner sent what is no answer to a hook"};
  return takeOutcome(status, reply, std::string(line), outcome);
}

}  // namespace atrium
