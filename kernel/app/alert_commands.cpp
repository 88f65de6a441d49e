#include "app/alert_commands.hpp"

#include <utility>

#include "protocol/errors.hpp"
#include "protocol/run_command.hpp"

namespace atrium {

void AlertCommands::run(const std::string& tenant_id, std::string command, PrincipalPtr caller, Completion<std::string> done) {
  auto parsed = parseCommandLine(command);
  if (!parsed) return done(fail(Code::command_unknown, "Nothing here carries out \"" + command + "\"."));
  room_.find(tenant_id, [this, caller = std::move(caller), parsed = *std::move(parsed),
                         done = std::move(done)](Result<std::string> room_id) mutable {
    if (!room_id) return done(fail(std::move(room_id.error())));
    parsed.room_id = *room_id;
    AddMember entry{.user_id = caller->user_id, .display_name = {}};
    shard_.addMember(caller, *room_id, std::move(entry),
                     [this, caller, parsed = std::move(parsed), done = std::move(done)](const Result<std::string>& member) mutable {
                       // Who is a member already is fine; who cannot be one is told so by the command.
                       static_cast<void>(member);
                       shard_.runCommand(caller, std::move(parsed), std::move(done));
                     });
  });
}

}  // namespace atrium
