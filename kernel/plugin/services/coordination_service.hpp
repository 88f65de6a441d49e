#pragma once

#include <memory>
#include <string>

#include "atrium/service/coordination.h"
#include "plugin/services/pending_calls.hpp"
#include "plugin/services/server_access.hpp"

namespace atrium {

// "atrium.coordination/1": hands a plugin's request to the desk of a tenant. Any thread.
void requestCoordination(ServerAccess& server, const std::shared_ptr<PendingCalls>& calls, const std::string& plugin_id,
                         const atrium_coordination_request* request, const atrium_token* token);

}  // namespace atrium
