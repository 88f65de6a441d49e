#pragma once

#include <expected>
#include <string>

namespace atrium {

// What the server answered. A value.
struct RestAnswer {
  int status = 0;
  std::string body;
};

// Speaks to a server's API under /api/v1, one connection a request.
class RestClient {
 public:
  // `url` as in http://127.0.0.1:8000.
  RestClient(std::string url, std::string token) : url_(std::move(url)), token_(std::move(token)) {}

  // `body` is JSON; empty: none. Fails with one sentence for a person when no answer came.
  [[nodiscard]] std::expected<RestAnswer, std::string> ask(const std::string& method, const std::string& path,
                                                           const std::string& body = {}) const;

 private:
  std::string url_;
  std::string token_;
};

}  // namespace atrium
