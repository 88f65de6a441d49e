#include "app/loop_policies.hpp"

#include <string>
#include <utility>

#include "coordination/policy_text.hpp"
#include "plugin/kinds.hpp"

namespace atrium {

namespace {

Completion<PolicyEntry> asJson(Completion<std::string> done) {
  return [done = std::move(done)](const Result<PolicyEntry>& entry) mutable {
    if (!entry) return done(fail(entry.error()));
    done(policyJson(*entry));
  };
}

}  // namespace

void LoopPolicies::run(PolicyCommand command, Completion<std::string> done) {
  using Verb = PolicyCommand::Verb;
  const std::string tenant = command.caller.tenant_id;
  if (command.verb != Verb::list && command.verb != Verb::read) {
    constexpr std::string_view verbs[] = {"list", "read", "put", "remove", "choose"};
    log_.info("policy.command", {{"command", verbs[static_cast<unsigned>(command.verb)]},
                                 {"tenant", tenant},
                                 {"policy", command.name},
                                 {"by", command.caller.user_id}});
  }
  if (command.verb == Verb::put) return put(command, std::move(done));
  road_.ask(tenant, std::move(done), [command = std::move(command)](PolicyBooks& books, Completion<std::string> answer) mutable {
    PolicyBook& book = books.of(command.caller.tenant_id);
    switch (command.verb) {
      case Verb::list:
        return book.list([answer = std::move(answer)](const Result<std::vector<PolicyEntry>>& list) mutable {
          if (!list) return answer(fail(list.error()));
          answer(policyListJson(*list));
        });
      case Verb::read: return book.get(std::move(command.name), asJson(std::move(answer)));
      case Verb::choose: return book.setDefault(std::move(command.name), asJson(std::move(answer)));
      case Verb::remove:
        return book.remove(std::move(command.name), [answer = std::move(answer)](const Result<void>& gone) mutable {
          if (!gone) return answer(fail(gone.error()));
          answer(std::string());
        });
      case Verb::put: return;  // Taken by put().
    }
  });
}

void LoopPolicies::put(const PolicyCommand& command, Completion<std::string> done) {
  const std::vector<std::string> scorers = registry_.names(RoutingScorerKind::word);
  auto policy = readPolicy(command.name, command.body.root(), command.caller, scorers);
  if (!policy) return done(fail(std::move(policy.error())));
  road_.ask(command.caller.tenant_id, std::move(done),
            [tenant = command.caller.tenant_id, policy = *std::move(policy)](PolicyBooks& books, Completion<std::string> answer) mutable {
              books.of(tenant).put(std::move(policy), asJson(std::move(answer)));
            });
}

}  // namespace atrium
