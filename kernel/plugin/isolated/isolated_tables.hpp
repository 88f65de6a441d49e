#pragma once

#include <cstdint>

#include "plugin/kinds.hpp"

namespace atrium {

// The tables of a plugin in a runner, as everybody else in the server calls them: `self` is its IsolatedPlugin, and each function sends its
// arguments to the runner, waits for the answer and says what it says (the other half is runner_workers.cpp). One that is not answered
// returns ATRIUM_FAILED. Each function is for workers, as its kind has it, and keeps its kind's deadline; those that are pure or idempotent
// are repeated once when their runner ends. The hooks of room types and message types are there only to be seen: they are called through
// isolatedHooks() and return ATRIUM_UNSUPPORTED here.
//
// Each sets those functions of the table whose bit is set, in the table's order.
void fillIsolatedTable(RoomTypeKind& kind, std::uint32_t functions);
void fillIsolatedTable(MessageTypeKind& kind, std::uint32_t functions);
void fillIsolatedTable(RoutingScorerKind& kind, std::uint32_t functions);
void fillIsolatedTable(AlertRuleKind& kind, std::uint32_t functions);
void fillIsolatedTable(AuthenticatorKind& kind, std::uint32_t functions);
void fillIsolatedTable(CommandKind& kind, std::uint32_t functions);
void fillIsolatedTable(AssistantKind& kind, std::uint32_t functions);
void fillIsolatedTable(EventSinkKind& kind, std::uint32_t functions);
void fillIsolatedTable(HttpUiKind& kind, std::uint32_t functions);
inline void fillIsolatedTable(StorageBackendKind&, std::uint32_t) {}  // Never isolated.
inline void fillIsolatedTable(BusKind&, std::uint32_t) {}

}  // namespace atrium
