#include "rest/reply.hpp"

namespace atrium {

void Reply::send(HttpResponse response) {
  if (!cors_origin_.empty()) {
    response.headers.emplace_back("Access-Control-Allow-Origin", cors_origin_);
    response.headers.emplace_back("Access-Control-Expose-Headers", "Link, Location, Retry-After");
    response.headers.emplace_back("Vary", "Origin");
  }
  responder_.send(std::move(response));
}

void Reply::json(std::string body, int status) {
  // What is answered depends on the token and is out of date at once.
  send({.status = status, .content_type = "application/json", .body = std::move(body), .headers = {{"Cache-Control", "no-store"}}});
}

void Reply::nothing() { send({.status = 204, .content_type = {}, .body = {}, .headers = {}}); }

void Reply::problem(const Error& error) { send(problemResponse(error)); }

}  // namespace atrium
