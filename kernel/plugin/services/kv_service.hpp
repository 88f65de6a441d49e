#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "atrium/completion.h"
#include "plugin/services/pending_calls.hpp"
#include "plugin/services/server_access.hpp"

// "atrium.kv/1": documents of a collection for all plugins, keyed by plugin, tenant and key, so that none sees another's. Any thread.
namespace atrium::kv_service {

inline constexpr std::string_view collection = "plugin_values";

struct Place {
  std::string_view tenant;
  std::string_view key;
};

void get(ServerAccess& server, const std::shared_ptr<PendingCalls>& calls, const std::string& plugin_id, const Place& place,
         const atrium_token* token);
void put(ServerAccess& server, const std::shared_ptr<PendingCalls>& calls, const std::string& plugin_id, const Place& place,
         std::string_view value, const atrium_token* token);
void remove(ServerAccess& server, const std::shared_ptr<PendingCalls>& calls, const std::string& plugin_id, const Place& place,
            const atrium_token* token);

}  // namespace atrium::kv_service
