#include <utility>

#include "protocol/errors.hpp"
#include "protocol/openapi.hpp"
#include "rest/metrics_json.hpp"
#include "rest/rest_handler.hpp"

// The handlers of what operators see.
namespace atrium {

void RestHandler::collaborationMetrics(Call call) {
  const bool whole_node = call.caller->has(ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE);
  parts_.shard.figures(whole_node ? std::string() : call.caller->tenant_id,
                       [this, whole_node, reply = std::move(call.reply)](Result<EngineFigures> figures) mutable {
                         if (!figures) return reply.problem(figures.error());
                         reply.json(metricsJson(*figures, parts_.node.status(whole_node), whole_node, parts_.now.wall));
                       });
}

void RestHandler::prometheus(Call call) {
  parts_.reports.make(
      [&node = parts_.node] {
        std::string text;
        node.appendMetrics(text);
        return text;
      },
      [reply = std::move(call.reply)](Result<std::string> text) mutable {
        if (!text) return reply.problem(text.error());
        reply.send({.status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = *std::move(text), .headers = {}});
      });
}

void RestHandler::healthLive(Call call) { call.reply.json(R"({"status":"live"})"); }

void RestHandler::healthReady(Call call) {
  const Readiness readiness = parts_.node.readiness();
  call.reply.json(readinessJson(readiness), readiness.ready ? 200 : 503);
}

void RestHandler::trace(Call call) {
  parts_.shard.trace(call.caller->tenant_id, call.routing.parameters[0],
                     [reply = std::move(call.reply)](Result<std::string> items) mutable {
                       if (!items) return reply.problem(items.error());
                       if (*items == R"({"items":[]})")
                         return reply.problem({Code::not_found, "No call of a plugin for such a message is remembered.", 0, {}});
                       reply.json(*std::move(items));
                     });
}

void RestHandler::openapi(Call call) {
  call.reply.send({.status = 200, .content_type = "application/json", .body = std::string(openapiDocument()), .headers = {}});
}

void RestHandler::asyncapi(Call call) {
  call.reply.send({.status = 200, .content_type = "application/json", .body = std::string(asyncapiDocument()), .headers = {}});
}

void RestHandler::docs(Call call) {
  call.reply.send({.status = 200,
                   .content_type = "text/html; charset=utf-8",
                   .body = std::string(openapiPage()),
                   .headers = {{"Content-Security-Policy", std::string(openapiPagePolicy())},
                               {"X-Content-Type-Options", "nosniff"},
                               {"Referrer-Policy", "no-referrer"}}});
}

}  // namespace atrium
