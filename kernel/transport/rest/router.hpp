#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "protocol/routes.hpp"

namespace atrium {

inline constexpr std::string_view api_prefix = "/api/v1";

// Where a request goes. A value; `route` is a row of route_table.
struct Routing {
  const RouteInfo* route = nullptr;     // Null: the path exists, but not for this method (an OPTIONS request always ends so).
  std::string allow;                    // The path's methods, as the Allow header shows them.
  std::vector<std::string> parameters;  // Of the path, decoded, in order.
  std::string_view prefix;              // api_prefix or empty: how the path was addressed.
};

// Finds the route of a path, which is still percent-encoded. HEAD goes where GET does. Fails with not_found when no route has such a path,
// and with bad_request when a parameter is broken (an escape, UTF-8).
[[nodiscard]] Result<Routing> routeOf(std::string_view method, std::string_view path);

// Text as one segment of a path or one value of a query: everything but unreserved characters is escaped.
[[nodiscard]] std::string percentEncode(std::string_view text);

}  // namespace atrium
