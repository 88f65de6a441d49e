#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "engine/shard.hpp"
#include "protocol/json_index.hpp"
#include "transport/http.hpp"

namespace atrium {

// Bounds of a page, as the operator set them.
struct PageLimits {
  std::uint32_t fallback = 50;  // When the request names none.
  std::uint32_t most = 500;
};

// What the query of a request asks for. Fails with validation_failed and names every wrong parameter, as "/limit".
[[nodiscard]] Result<HistoryQuery> readHistoryQuery(const HttpRequest& request, std::string room_id, const PageLimits& limits);
[[nodiscard]] Result<ListRooms> readListRooms(const HttpRequest& request, const PageLimits& limits);

// The parameter `limit`, alone. Fails with validation_failed.
[[nodiscard]] Result<std::uint32_t> readLimit(const HttpRequest& request, const PageLimits& limits);

// The target of the page after `page`, with the filters of `query`; `prefix` is how the path was addressed.
[[nodiscard]] std::string nextPageTarget(std::string_view prefix, const HistoryQuery& query, const HistoryPage& page);

// The request's JSON body, valid until the indexer's next text. Fails with unsupported_media, malformed_json; an empty body is malformed.
[[nodiscard]] Result<JsonView> jsonBody(const HttpRequest& request, JsonIndexer& indexer);

}  // namespace atrium
