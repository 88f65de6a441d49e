#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace atrium {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// One request to a server at "http://host:port", with a token, and its whole answer; at most 30 s. Fails with plugin_failed and one
// sentence. Blocks. Any thread.
[[nodiscard]] Result<HttpAnswer> callHttp(std::string_view method, std::string_view url, std::string_view path, std::string_view token);

}  // namespace atrium
