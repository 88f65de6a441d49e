#include <utility>

#include "protocol/body_reader.hpp"
#include "protocol/errors.hpp"
#include "rest/rest_handler.hpp"

// The handlers of routing policies: anyone of the tenant sees them, supervisors, admins and services change them.
namespace atrium {

namespace {

using PolicyVerb = PolicyCommand::Verb;

bool refusedPolicyChange(const PrincipalPtr& caller, Reply& reply) {
  if (caller->has(ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE)) return false;
  reply.problem({Code::forbidden, "Routing policies are changed by supervisors, admins and services.", 0, {}});
  return true;
}

Completion<std::string> answering(Reply reply) {
  return [reply = std::move(reply)](Result<std::string> done) mutable {
    if (!done) return reply.problem(done.error());
    done->empty() ? reply.nothing() : reply.json(*std::move(done));
  };
}

}  // namespace

void RestHandler::listPolicies(Call call) {
  parts_.policies.run({.verb = PolicyVerb::list, .caller = *call.caller}, answering(std::move(call.reply)));
}

void RestHandler::readPolicy(Call call) {
  parts_.policies.run({.verb = PolicyVerb::read, .caller = *call.caller, .name = call.routing.parameters.front()},
                      answering(std::move(call.reply)));
}

void RestHandler::putPolicy(Call call) {
  if (refusedPolicyChange(call.caller, call.reply)) return;
  const auto body = bodyOf(call);
  if (!body) return;
  parts_.policies.run(
      {.verb = PolicyVerb::put, .caller = *call.caller, .name = call.routing.parameters.front(), .body = JsonDocument(*body)},
      answering(std::move(call.reply)));
}

void RestHandler::removePolicy(Call call) {
  if (refusedPolicyChange(call.caller, call.reply)) return;
  parts_.policies.run({.verb = PolicyVerb::remove, .caller = *call.caller, .name = call.routing.parameters.front()},
                      answering(std::move(call.reply)));
}

void RestHandler::choosePolicy(Call call) {
  if (refusedPolicyChange(call.caller, call.reply)) return;
  const auto body = bodyOf(call);
  if (!body) return;
  BodyReader fields(*body, *call.caller);
  const auto name = fields.text("name", 1, 64);
  fields.needed("name", name.has_value());
  auto command = fields.finish(PolicyCommand{.verb = PolicyVerb::choose, .caller = *call.caller, .name = name.value_or(std::string())});
  if (!command) return call.reply.problem(command.error());
  parts_.policies.run(*std::move(command), answering(std::move(call.reply)));
}

}  // namespace atrium
