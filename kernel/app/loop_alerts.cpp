#include "app/loop_alerts.hpp"

#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

void LoopAlerts::run(AlertCall call, Completion<std::string> done) {
  using Verb = AlertCall::Verb;
  switch (call.verb) {
    case Verb::list: return list(call, std::move(done));
    case Verb::read:
    case Verb::acknowledge:
    case Verb::resolve:
    case Verb::act: return ofAlert(std::move(call), std::move(done));
    case Verb::silence:
    case Verb::unsilence: return ofSilence(std::move(call), std::move(done));
    case Verb::silences:
      return road_.ask<std::string>(
          call.caller->tenant_id, std::move(done),
          [tenant = call.caller->tenant_id](AlertDesk& desk, Completion<std::string> answer) { desk.silences(tenant, std::move(answer)); });
    case Verb::backtest: {
      const auto test = readBacktestRule(call.body.root(), *call.caller, now_.wall);
      if (!test) return done(fail(test.error()));
      return road_.ask<std::string>(call.caller->tenant_id, std::move(done),
                                    [tenant = call.caller->tenant_id, test = *test](AlertDesk& desk, Completion<std::string> answer) {
                                      desk.backtest(tenant, test, std::move(answer));
                                    });
    }
  }
}

void LoopAlerts::list(const AlertCall& call, Completion<std::string> done) {
  auto query = readAlertQuery({.state = call.state,
                               .severity = call.severity,
                               .rule = call.rule,
                               .subject = call.subject,
                               .cursor = call.cursor,
                               .limit = call.limit});
  if (!query) return done(fail(std::move(query.error())));
  const std::string& tenant = call.caller->tenant_id;
  road_.ask<std::string>(tenant, std::move(done),
                         [tenant, query = *std::move(query)](AlertDesk& desk, Completion<std::string> answer) mutable {
                           desk.list(tenant, std::move(query), std::move(answer));
                         });
}

void LoopAlerts::ofAlert(AlertCall call, Completion<std::string> done) {
  using Verb = AlertCall::Verb;
  const auto id = parseId(alert_prefix, call.id);
  if (!id) return done(fail(Code::not_found, "There is no such alert."));
  auto acknowledge = Result<AcknowledgeAlert>();
  auto resolve = Result<ResolveAlert>();
  if (call.verb == Verb::acknowledge) acknowledge = readAcknowledgeAlert(call.body.root(), *call.caller, now_.wall);
  if (call.verb == Verb::resolve) resolve = readResolveAlert(call.body.root(), *call.caller);
  if (!acknowledge) return done(fail(std::move(acknowledge.error())));
  if (!resolve) return done(fail(std::move(resolve.error())));
  road_.ask<std::string>(
      call.caller->tenant_id, std::move(done),
      [id = *id, verb = call.verb, caller = call.caller, action = std::move(call.action), acknowledge = *std::move(acknowledge),
       resolve = *std::move(resolve)](AlertDesk& desk, Completion<std::string> answer) mutable {
        if (verb == Verb::read) return desk.read(caller->tenant_id, id, std::move(answer));
        if (verb == Verb::act) return desk.act(std::move(caller), id, action, std::move(answer));
        if (verb == Verb::resolve) return desk.resolve(*caller, id, std::move(resolve), std::move(answer));
        desk.acknowledge(*caller, id, std::move(acknowledge), std::move(answer));
      });
}

void LoopAlerts::ofSilence(AlertCall call, Completion<std::string> done) {
  if (call.verb == AlertCall::Verb::silence) {
    auto silence = readNewSilence(call.body.root(), *call.caller, now_.wall);
    if (!silence) return done(fail(std::move(silence.error())));
    return road_.ask<std::string>(
        call.caller->tenant_id, std::move(done),
        [caller = call.caller, silence = *std::move(silence)](AlertDesk& desk, Completion<std::string> answer) mutable {
          desk.silence(*caller, std::move(silence), std::move(answer));
        });
  }
  const auto id = parseId(silence_prefix, call.id);
  if (!id) return done(fail(Code::not_found, "There is no such silence."));
  road_.ask<std::string>(call.caller->tenant_id, std::move(done),
                         [tenant = call.caller->tenant_id, id = *id](AlertDesk& desk, Completion<std::string> answer) mutable {
                           desk.unsilence(tenant, id, [answer = std::move(answer)](Result<void> gone) mutable {
                             answer(gone ? Result<std::string>(std::string()) : fail(std::move(gone.error())));
                           });
                         });
}

}  // namespace atrium
