#pragma once

#include <memory>
#include <string>

#include "atrium/service/publish.h"
#include "plugin/services/pending_calls.hpp"
#include "plugin/services/server_access.hpp"

namespace atrium {

// "atrium.publish/1": hands a plugin's message to the engine. Any thread.
void publishMessage(ServerAccess& server, const std::shared_ptr<PendingCalls>& calls, const std::string& plugin_id,
                    const atrium_publication* publication, const atrium_token* token);

}  // namespace atrium
