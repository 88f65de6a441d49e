#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/hooks.hpp"
#include "plugin/hook_reply.hpp"
#include "plugin/loaded_plugin.hpp"

namespace atrium {

inline constexpr std::size_t summary_max = 200;  // bytes, as ext/message_type.h has it

// What a hook may use of its reply (ReplyAbility bits).
[[nodiscard]] unsigned abilitiesOf(Hook hook);

// Whether a hook is a message type's; the others are a room type's.
[[nodiscard]] constexpr bool isOfMessages(Hook hook) { return hook >= Hook::check; }

// The hooks in a plugin's tables: which there are, and how each is called with the views it is shown. The plugin outlives it.
class HookTables {
 public:
  // Of which of its types.
  HookTables(const LoadedPlugin& plugin, bool room_type, bool message_type);
  [[nodiscard]] HookSet hooks() const { return hooks_; }

  // Calls the plugin; `line` gets what summarise writes, at most a byte more than allowed. An exception of the plugin's comes out.
  [[nodiscard]] atrium_status invoke(const HookCall& call, const atrium_reply* reply, std::string& line) const;

 private:
  atrium_plugin* self_;
  atrium_room_type room_{};
  atrium_message_type message_{};
  HookSet hooks_;
};

// Takes what a call said that has returned, or takes nothing and returns what was wrong with it.
[[nodiscard]] HookFlaw takeOutcome(atrium_status status, HookReply& reply, std::string line, HookOutcome& outcome);
// What is wrong with its patches, said of a message with that metadata.
[[nodiscard]] HookFlaw patchFlaw(const HookOutcome& outcome, const atrium_json& metadata, JsonIndexer& indexer);
// What a call with that flaw comes to: a failure is refused, unless the operator allows what fails; a misfit always is, as nobody can tell
// what the plugin would have made of it, and allowing it would let whoever can bring it about pass the rules by.
[[nodiscard]] HookOutcome flawedOutcome(const HookFlaw& flaw, bool allow_on_failure, std::string_view plugin_id);
// Counts and logs it, and tells of a breach as a fault.
void reportFlaw(LoadedPlugin& plugin, HookGuard& guard, const HookFlaw& flaw);

}  // namespace atrium
