#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// A message that a plugin posts.
struct PluginPost {
  std::string tenant_id;
  std::string plugin_id;
  std::string room_id;
  JsonDocument body;  // As readSendMessage() reads it.
};

// What a plugin asks of a tenant's desk.
struct PluginCoordination {
  std::string tenant_id;
  std::string plugin_id;
  std::uint32_t operation;  // ATRIUM_COORDINATION_...
  std::string id;
  JsonDocument body;  // An object.
};

// What services and sinks reach of the server from threads that are no shard's; kernel/app implements it over the shards. Any thread.
// Each completion is called once, on any thread, which it must not block; before the server serves, what is asked waits.
class ServerAccess {
 public:
  virtual ~ServerAccess() = default;
  virtual void get(DocumentKey key, Completion<std::optional<Document>> done) = 0;
  virtual void write(std::vector<DocumentWrite> writes, Completion<void> done) = 0;
  virtual void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) = 0;
  // By the road of every message, hooks included, though the sender is no member. Completes with the confirmation as clients get it.
  virtual void post(PluginPost post, Completion<std::string> done) = 0;
  // As a service of that tenant. Completes with what REST answers.
  virtual void coordinate(PluginCoordination request, Completion<std::string> done) = 0;
};

}  // namespace atrium
