#pragma once

#include <string>
#include <utility>

#include "rest/rest_handler.hpp"
#include "transport/echo.hpp"

namespace atrium {

// Everything a connection can ask for: the API, and, where the operator mounted it, the echo of the conformance tests.
class FrontHandler final : public HttpHandler {
 public:
  // An empty echo path mounts none. The API outlives the handler.
  FrontHandler(RestHandler& api, std::string echo_path) : api_(api), echo_path_(std::move(echo_path)) {}

  void handle(const HttpRequest& request, Responder responder) override {
    if (!echo_path_.empty() && request.path == echo_path_) return answerWithEcho(request, std::move(responder));
    api_.handle(request, std::move(responder));
  }

 private:
  RestHandler& api_;
  std::string echo_path_;
};

}  // namespace atrium
