#include "plugin/command_calls.hpp"

#include <fmt/format.h>

#include <utility>

#include "plugin/plugin_text.hpp"

namespace atrium {

namespace {

constexpr std::chrono::seconds cancelling_deadline{1};

atrium_room_view roomOf(const CommandScene& scene) {
  return {.struct_size = sizeof(atrium_room_view),
          .member_count = scene.member_count,
          .max_members = scene.max_members,
          .reserved = 0,
          .tenant_id = textOf(scene.caller.tenant_id),
          .room_id = textOf(scene.room_id),
          .room_type = textOf(scene.room_type),
          .name = textOf(scene.room_name),
          .settings = scene.settings.root().abi(),
          .context = scene.context.root().abi()};
}

atrium_user_view callerOf(const CommandScene& scene) {
  return {.struct_size = sizeof(atrium_user_view),
          .token_roles = scene.caller.roles,
          .room_role = static_cast<std::uint32_t>(scene.room_role),
          .reserved = 0,
          .user_id = textOf(scene.caller.user_id),
          .display_name = textOf(scene.caller.display_name)};
}

constexpr std::size_t told_reason_max = 300;  // bytes of what the log tells

// What a completion says of the plugin. A refusal with a sentence for the caller is an answer like any other.
WorkerCall::Verdict verdictOf(atrium_status status, const std::string& result) {
  if (HookGuard::works(status)) return {status};
  return {status, result.empty() ? std::string_view("it completed its token with a failure and no reason")
                                 : withoutHalf(std::string_view(result).substr(0, told_reason_max))};
}

}  // namespace

void InProcessCommands::execute(const std::shared_ptr<WorkerCall>& call, std::shared_ptr<const CommandExecution> execution,
                                std::function<void(std::string)> progress, Answer answer) {
  LoadedPlugin& plugin = call->plugin();
  const atrium_command& table = plugin.extension<CommandKind>()->table;
  const atrium_token token = desk_.open({.complete =
                                             [answer, run = std::weak_ptr(call)](atrium_status status, std::string result) {
                                               // The token must not keep the plugin leased: it may never be completed.
                                               if (const auto open = run.lock()) open->settle(verdictOf(status, result));
                                               answer({status, std::move(result)});
                                             },
                                         .progress = std::move(progress)});
  // Whoever gives the run up, or its deadline, ends here while the plugin is still leased. It may block as any call may, so a worker tells
  // the plugin.
  const bool open = call->whenOver([&desk = desk_, id = token.id, cancel = table.cancel] { return desk.forget(id) && cancel; },
                                   [&plugin, execution, cancel = table.cancel] {
                                     static_cast<void>(guarded(plugin, "cancel", cancelling_deadline, [&] {
                                       cancel(plugin.self(), textOf(execution->command_id));
                                       return ATRIUM_OK;
                                     }));
                                   });
  if (!open) return static_cast<void>(desk_.forget(token.id));  // Before it began: the plugin need not know of it.
  const atrium_room_view room = roomOf(execution->scene);
  const atrium_user_view caller = callerOf(execution->scene);
  const atrium_command_call begun{
      .struct_size = sizeof(atrium_command_call),
      .deadline_ms = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(call->deadline()).count()),
      .command_id = textOf(execution->command_id),
      .room = &room,
      .caller = &caller,
      .arguments = execution->arguments.root().abi()};
  const atrium_status status = call->invoke([&] { return table.execute(plugin.self(), &begun, &token); });
  if (status == ATRIUM_OK) return;
  call->settle({status, fmt::format("it returned {}", status)});
  // It never will complete the token.
  if (desk_.forget(token.id)) answer({status == ATRIUM_FULL || status == ATRIUM_TIMED_OUT ? ATRIUM_FAILED : status, {}});
}

}  // namespace atrium
