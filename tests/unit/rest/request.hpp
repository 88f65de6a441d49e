#pragma once

#include <string>
#include <utility>
#include <vector>

#include "protocol/json_index.hpp"
#include "transport/http.hpp"

namespace atrium {

// A request a test makes up, owning its texts. The view it gives lives as long as it.
struct Request {
  std::string method = "GET";
  std::string path = "/";
  std::string query = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  bool from_loopback = true;

  [[nodiscard]] const HttpRequest& view() {
    padded = body + std::string(JsonIndexer::padding, '\0');
    request.method = method;
    request.path = path;
    request.query = query;
    request.headers.clear();
    for (const auto& [name, value] : headers) request.headers.push_back({name, value});
    request.body = std::string_view(padded).substr(0, body.size());
    request.received = Mono{1h};
    request.from_loopback = from_loopback;
    return request;
  }

  std::string padded = {};
  HttpRequest request = {};
};

}  // namespace atrium
