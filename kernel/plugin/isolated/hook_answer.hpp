#pragma once

#include <string>
#include <string_view>

#include "engine/hooks.hpp"
#include "plugin/hook_tables.hpp"
#include "plugin/isolated/payload.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// In the runner: carries out one hook, from the bytes of its call (engine/hook_request.hpp), which begin at a multiple of 8, to its answer:
// the line of summarise, then what it said to its reply. Returns the plugin's status; an exception of its comes out.
[[nodiscard]] atrium_status answerHook(const HookTables& tables, Hook hook, std::string_view request, PayloadWriter& out);

// In the server: what an answer says of a hook that returned `status`. The bytes may be anything. Fills `outcome`, or returns what was
// wrong. Patches are not held against the message yet (patchFlaw()). `indexer` checks annotations.
[[nodiscard]] HookFlaw readHookAnswer(Hook hook, atrium_status status, std::string_view bytes, JsonIndexer& indexer, HookOutcome& outcome);

}  // namespace atrium
