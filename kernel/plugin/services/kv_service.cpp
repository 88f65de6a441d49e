#include "plugin/services/kv_service.hpp"

#include <utility>

#include "atrium/service/kv.h"
#include "plugin/services/service_answer.hpp"
#include "protocol/principal.hpp"

namespace atrium::kv_service {

namespace {

using Calls = std::shared_ptr<PendingCalls>;

// Begins a call when what it names is within the bounds; otherwise it is completed.
std::optional<std::uint64_t> begin(const Calls& calls, const Place& place, std::size_t value_size, const atrium_token* token) {
  const auto number = calls->begin(token);
  if (!number) return std::nullopt;
  if (place.tenant.size() <= tenant_id_max && !place.key.empty() && place.key.size() <= ATRIUM_KV_KEY_MAX &&
      value_size <= ATRIUM_KV_VALUE_MAX)
    return number;
  calls->finish(*number, ATRIUM_INVALID, "a tenant, key or value is over its bound");
  return std::nullopt;
}

DocumentKey keyOf(const std::string& plugin_id, const Place& place) {
  return {std::string(collection), plugin_id, std::string(place.tenant), std::string(place.key)};
}

void write(ServerAccess& server, const Calls& calls, std::uint64_t number, DocumentWrite write) {
  std::vector<DocumentWrite> writes;
  writes.push_back(std::move(write));
  server.write(std::move(writes), [calls, number](Result<void> written) {
    if (written) return calls->finish(number, ATRIUM_OK, {});
    calls->finish(number, statusOf(written.error()), sentenceOf(written.error()));
  });
}

}  // namespace

void get(ServerAccess& server, const Calls& calls, const std::string& plugin_id, const Place& place, const atrium_token* token) {
  const auto number = begin(calls, place, 0, token);
  if (!number) return;
  server.get(keyOf(plugin_id, place), [calls, number = *number](Result<std::optional<Document>> found) {
    if (!found) return calls->finish(number, statusOf(found.error()), sentenceOf(found.error()));
    if (!*found) return calls->finish(number, ATRIUM_NOT_FOUND, {});
    calls->finish(number, ATRIUM_OK, std::move((*found)->value));
  });
}

void put(ServerAccess& server, const Calls& calls, const std::string& plugin_id, const Place& place, std::string_view value,
         const atrium_token* token) {
  if (const auto number = begin(calls, place, value.size(), token))
    write(server, calls, *number, {.key = keyOf(plugin_id, place), .value = std::string(value)});
}

void remove(ServerAccess& server, const Calls& calls, const std::string& plugin_id, const Place& place, const atrium_token* token) {
  if (const auto number = begin(calls, place, 0, token))
    write(server, calls, *number, {.key = keyOf(plugin_id, place), .value = std::nullopt});
}

}  // namespace atrium::kv_service
