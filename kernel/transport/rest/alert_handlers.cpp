#include <utility>

#include "protocol/errors.hpp"
#include "rest/rest_handler.hpp"

// The handlers of alerts and silences: who may, and what is asked.
namespace atrium {

namespace {

constexpr PageLimits alert_pages{.fallback = 50, .most = 500};

constexpr std::uint32_t overseers = ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;

bool changes(AlertCall::Verb verb) {
  return verb != AlertCall::Verb::list && verb != AlertCall::Verb::read && verb != AlertCall::Verb::silences;
}

bool takesBody(AlertCall::Verb verb) {
  using Verb = AlertCall::Verb;
  return verb == Verb::acknowledge || verb == Verb::resolve || verb == Verb::silence || verb == Verb::backtest;
}

}  // namespace

void RestHandler::listAlerts(Call call) {
  AlertCall list{.verb = AlertCall::Verb::list};
  call.request.parameter("state", list.state);
  call.request.parameter("severity", list.severity);
  call.request.parameter("rule", list.rule);
  call.request.parameter("subject", list.subject);
  call.request.parameter("cursor", list.cursor);
  const auto limit = readLimit(call.request, alert_pages);
  if (!limit) return call.reply.problem(limit.error());
  list.limit = *limit;
  askAlerts(std::move(call), std::move(list));
}

void RestHandler::changeAlerts(Call call, AlertCall::Verb verb) {
  AlertCall alerts{.verb = verb};
  const auto& parameters = call.routing.parameters;
  if (!parameters.empty()) alerts.id = parameters[0];
  if (parameters.size() > 1) alerts.action = parameters[1];
  if (takesBody(verb)) {
    const bool optional = verb == AlertCall::Verb::acknowledge || verb == AlertCall::Verb::resolve;
    if (optional && call.request.body.empty()) {
      alerts.body = JsonDocument::emptyObject();
    } else {
      const auto body = bodyOf(call);
      if (!body) return;
      alerts.body = JsonDocument(*body);
    }
  }
  askAlerts(std::move(call), std::move(alerts));
}

void RestHandler::askAlerts(Call call, AlertCall alerts) {
  if (!call.caller->has(overseers | (changes(alerts.verb) ? 0 : ATRIUM_ROLE_AGENT)))
    return call.reply.problem(
        {Code::forbidden, changes(alerts.verb) ? "This is for supervisors, admins and services." : "This is for the team.", 0, {}});
  const bool nothing = alerts.verb == AlertCall::Verb::unsilence;
  alerts.caller = std::move(call.caller);
  parts_.alerts.run(std::move(alerts), [reply = std::move(call.reply), nothing](Result<std::string> done) mutable {
    if (!done) return reply.problem(done.error());
    nothing ? reply.nothing() : reply.json(*std::move(done));
  });
}

}  // namespace atrium
