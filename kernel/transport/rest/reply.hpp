#pragma once

#include <string>
#include <utility>

#include "base/result.hpp"
#include "transport/http.hpp"

namespace atrium {

// Answers one request, now or later, with the headers every answer of the API carries. Used once; on the connection's loop.
class Reply {
 public:
  // `cors_origin`: the page that asked, when it may read the answer; else empty.
  Reply(Responder responder, std::string cors_origin) : responder_(std::move(responder)), cors_origin_(std::move(cors_origin)) {}

  void send(HttpResponse response);
  // A JSON text.
  void json(std::string body, int status = 200);
  // 204.
  void nothing();
  void problem(const Error& error);
  // The upgrade and what comes with it is the responder's own.
  [[nodiscard]] Responder& responder() { return responder_; }

 private:
  Responder responder_;
  std::string cors_origin_;
};

}  // namespace atrium
