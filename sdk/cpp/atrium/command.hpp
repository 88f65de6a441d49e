#ifndef ATRIUM_COMMAND_HPP
#define ATRIUM_COMMAND_HPP
// A plugin class is a command when it has a member `command`, a CommandInfo, and one of
//   void execute(const CommandCall& call, Completion done);   answers when it is ready, from any thread
//   std::string execute(const CommandCall& call);             answers at once; throwing fails the command with what() as the sentence
// and, when a run can be given up:
//   void cancel(std::string_view id);                         of the call's id(); from any thread
// Several workers may call at once.
#include <concepts>
#include <type_traits>

#include "atrium/completion.hpp"
#include "atrium/ext/command.h"
#include "atrium/host.hpp"
#include "atrium/names.hpp"
#include "atrium/room.hpp"
#include "atrium/views.hpp"

namespace atrium {
inline namespace sdk {

// The constants of a command; see atrium_command_info. Texts must outlive the plugin: use literals.
struct CommandInfo {
  std::string_view name = {};     // Empty: the last part of the plugin's id. People write a slash before it.
  std::string_view summary = {};  // One line for the list of commands.
  std::uint32_t caller_roles = ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;
  std::string_view positional = {};  // Names of arguments joined by spaces; the last one takes the rest of the line.
  std::uint32_t flags = 0;           // ATRIUM_COMMAND_...
};

// One run of a command. A view: copy what is needed after execute() returned.
class CommandCall {
 public:
  explicit CommandCall(const atrium_command_call& call) : call_(&call) {}
  [[nodiscard]] std::string_view id() const { return view(call_->command_id); }  // Names this run; the same when it is repeated.
  [[nodiscard]] std::uint32_t deadline_ms() const { return call_->deadline_ms; }
  [[nodiscard]] Room room() const { return Room(*call_->room); }
  [[nodiscard]] User caller() const { return User(*call_->caller); }
  [[nodiscard]] Json arguments() const { return Json(call_->arguments); }
  // An argument: call["to"] == "ben".
  [[nodiscard]] Json operator[](std::string_view key) const { return arguments()[key]; }

 private:
  const atrium_command_call* call_;
};

namespace detail {

template <typename P>
concept HasCommand = requires(P& plugin) {
  { plugin.command } -> std::convertible_to<const CommandInfo&>;
};
template <typename P>
concept ExecutesLater = requires(P& plugin, const CommandCall& call, Completion done) { plugin.execute(call, std::move(done)); };
template <typename P>
concept ExecutesAtOnce = requires(P& plugin, const CommandCall& call) {
  { plugin.execute(call) } -> std::convertible_to<std::string_view>;
};
template <typename P>
concept Cancels = requires(P& plugin, std::string_view id) { plugin.cancel(id); };
template <typename P>
concept IsCommand = HasCommand<P> && (ExecutesLater<P> || ExecutesAtOnce<P>);

template <typename P, bool alone>
consteval bool command_is_sound() {
  if constexpr (requires { &P::command; }) static_assert(HasCommand<P>, "`command` must be an atrium::CommandInfo");
  if constexpr ((alone || HasCommand<P>) && names_execute<P>)
    static_assert(ExecutesLater<P> || ExecutesAtOnce<P>,
                  "execute is called as execute(const CommandCall&, Completion), or as execute(const CommandCall&) and returns text");
  if constexpr (HasCommand<P>)
    static_assert(ExecutesLater<P> || ExecutesAtOnce<P> || names_execute<P>, "this class has a member `command` but no execute");
  if constexpr (HasCommand<P> && names_cancel<P>) static_assert(Cancels<P>, "cancel is called as cancel(std::string_view id)");
  static_assert(HasCommand<P> || !(ExecutesLater<P> || ExecutesAtOnce<P>),
                "this class has a command's execute but no member `command` (an atrium::CommandInfo)");
  return true;
}

// The C tables of a plugin class that is a command. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class CommandTables {
 public:
  CommandTables(P& plugin, std::string_view default_name) {
    const CommandInfo& info = plugin.command;
    info_ = {.struct_size = sizeof info_,
             .flags = info.flags,
             .caller_roles = info.caller_roles,
             .reserved = 0,
             .name = text_of(info.name.empty() ? default_name : info.name),
             .summary = text_of(info.summary),
             .positional = text_of(info.positional)};
    table_.struct_size = sizeof table_;
    table_.info = &info_;
    table_.execute = execute;
    if constexpr (Cancels<P>) table_.cancel = cancel;
  }
  CommandTables(const CommandTables&) = delete;
  CommandTables& operator=(const CommandTables&) = delete;
  [[nodiscard]] const void* table(std::string_view id) const { return id == ATRIUM_EXT_COMMAND ? &table_ : nullptr; }

 private:
  // Whatever happens inside, the token is completed: hence ATRIUM_OK in every case.
  static atrium_status execute(atrium_plugin* self, const atrium_command_call* call, const atrium_token* token) noexcept {
    Completion done(*token);
    static_cast<void>(contained(Instance::of(self).host, "execute", [&] {
      P& plugin = Instance::of(self).plugin;
      if constexpr (ExecutesLater<P>) {
        plugin.execute(CommandCall(*call), std::move(done));
      } else {
        try {
          const auto result = plugin.execute(CommandCall(*call));
          done.complete(result);
        } catch (const std::exception& problem) {
          done.fail(ATRIUM_FAILED, problem.what());
          throw;
        }
      }
    }));
    return ATRIUM_OK;
  }
  static void cancel(atrium_plugin* self, atrium_text command_id) noexcept {
    static_cast<void>(contained(Instance::of(self).host, "cancel", [&] { Instance::of(self).plugin.cancel(view(command_id)); }));
  }

  atrium_command_info info_{};
  atrium_command table_{};
};

template <typename P, typename Instance>
using CommandPart = std::conditional_t<IsCommand<P>, CommandTables<P, Instance>, Absent<CommandTables<P, Instance>>>;

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
