#include "plugin/services/coordination_service.hpp"

#include <utility>

#include "config/source_text.hpp"
#include "plugin/plugin_text.hpp"
#include "plugin/services/service_answer.hpp"
#include "protocol/errors.hpp"
#include "protocol/principal.hpp"

namespace atrium {

namespace {

constexpr std::size_t coordination_id_max = 200;  // bytes, of an agent or a lead

bool namesSomething(std::uint32_t operation) { return operation != ATRIUM_COORDINATION_ROUTE_LEAD; }

// What the desks refuse with, in the words of services; the rest is told apart for all of them.
atrium_status coordinationStatusOf(const Error& error) {
  switch (error.code) {
    case Code::agent_unknown:
    case Code::lead_unknown: return ATRIUM_NOT_FOUND;
    case Code::lead_taken:
    case Code::handoff_pending:
    case Code::at_cap:
    case Code::agent_unavailable: return ATRIUM_CONFLICT;
    default: return statusOf(error);
  }
}

// Every field that is wrong, because whoever sent the data in wants to know them all.
std::string coordinationSentenceOf(const Error& error) {
  std::string sentence;
  for (const auto& field : error.fields) sentence += (sentence.empty() ? "" : "; ") + field.path + " " + field.message;
  return sentence.empty() ? sentenceOf(error) : sentence;
}

}  // namespace

void requestCoordination(ServerAccess& server, const std::shared_ptr<PendingCalls>& calls, const std::string& plugin_id,
                         const atrium_coordination_request* request, const atrium_token* token) {
  const auto number = calls->begin(token);
  if (!number) return;
  const auto refuse = [&](std::string why) { calls->finish(*number, ATRIUM_INVALID, std::move(why)); };
  if (!request || request->struct_size < sizeof *request) return refuse("there is no request");
  if (request->operation < ATRIUM_COORDINATION_ROUTE_LEAD || request->operation > ATRIUM_COORDINATION_RESUME_AGENT)
    return refuse("there is no such operation");
  const std::string_view tenant = viewOf(request->tenant_id), id = viewOf(request->id), body = viewOf(request->body);
  if (tenant.empty() || tenant.size() > tenant_id_max || !validUtf8(tenant)) return refuse("tenant_id must have 1 to 128 bytes");
  if (id.empty() == namesSomething(request->operation) || id.size() > coordination_id_max || !validUtf8(id))
    return refuse("the id must have 1 to 200 bytes, and a lead to be routed has none");
  if (body.size() > ATRIUM_COORDINATION_BODY_MAX) return refuse("the body is over its bound");
  auto document = body.empty() ? JsonDocument::emptyObject() : JsonDocument::parse(body);
  if (!document || !document->root().isObject()) return refuse("the body is no JSON object");
  server.coordinate({.tenant_id = std::string(tenant),
                     .plugin_id = plugin_id,
                     .operation = request->operation,
                     .id = std::string(id),
                     .body = *std::move(document)},
                    [calls, number = *number](Result<std::string> answer) {
                      if (answer) return calls->finish(number, ATRIUM_OK, *std::move(answer));
                      calls->finish(number, coordinationStatusOf(answer.error()), coordinationSentenceOf(answer.error()));
                    });
}

}  // namespace atrium
