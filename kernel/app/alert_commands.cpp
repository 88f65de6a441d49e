#include "app/alert_commands.hpp"

#include <utility>

#include "protocol/errors.hpp"
#include "protocol/run_command.hpp"

namespace atrium {

void AlertCommands::run(const std::string& tenant_id, std::string command, PrincipalPtr caller, Completion<std::string> done) {
  if (command.starts_with('/')) {
    auto parsed = parseCommandLine(command);
    if (parsed) return runInRoom(tenant_id, *std::move(parsed), std::move(caller), std::move(done));
  }
  const std::size_t space = command.find(' ');
  const std::string verb = command.substr(0, space);
  std::string agent = space == std::string::npos ? std::string() : command.substr(space + 1);
  const bool of_agent = !agent.empty() && (verb == "rebalance" || verb == "pause" || verb == "resume");
  if (!of_agent && command != "overflow") return done(fail(Code::command_unknown, "Nothing here carries out \"" + command + "\"."));
  if (!desks_) return done(fail(Code::command_unknown, "Coordination is switched off on this server (coordination.enabled)."));
  Desk* desk = desks_->of(tenant_id);
  if (!desk) return done(fail(Code::overloaded, "The server coordinates as many tenants as it can.", 1000));
  if (!of_agent) return desk->overflow(std::move(done));
  if (verb == "rebalance") return desk->rebalance(std::move(caller), false, std::move(done));
  desk->pauseAgent(std::move(agent), verb == "pause", {}, std::move(done));
}

void AlertCommands::runInRoom(const std::string& tenant_id, RunCommand command, PrincipalPtr caller, Completion<std::string> done) {
  room_.find(tenant_id, [this, caller = std::move(caller), command = std::move(command),
                         done = std::move(done)](Result<std::string> room_id) mutable {
    if (!room_id) return done(fail(std::move(room_id.error())));
    command.room_id = *room_id;
    AddMember entry{.user_id = caller->user_id, .display_name = {}};
    shard_.addMember(caller, *room_id, std::move(entry),
                     [this, caller, command = std::move(command), done = std::move(done)](const Result<std::string>& member) mutable {
                       // Who is a member already is fine; who cannot be one is told so by the command.
                       static_cast<void>(member);
                       shard_.runCommand(caller, std::move(command), std::move(done));
                     });
  });
}

}  // namespace atrium
