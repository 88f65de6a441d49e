#include "engine/command_runs.hpp"

#include <utility>

#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

void runCommand(Shard::Impl& shard, const PrincipalPtr& caller, RunCommand command, const std::shared_ptr<CommandRun>& run,
                CommandTold told) {
  const Id command_id = shard.ids.next(shard.ports.now.wall);
  if (!shard.ports.commands) return told.done(command_id, fail(Code::command_unknown, "This server has no commands."));
  const auto room = parseId(room_prefix, command.room_id);
  if (!room) return told.done(command_id, fail(Code::not_found, "There is no such room."));
  const RoomKey key{caller->tenant_id, *room};
  shard.ask<CommandScene>(
      shard.homeOf(key),
      [&shard, command_id, command = std::move(command), run, told](Result<CommandScene> scene) mutable {
        if (run->over) return;
        if (!scene) {
          run->over = true;
          return told.done(command_id, fail(scene.error()));
        }
        run->number = shard.ports.commands->run(
            command_id, *std::move(scene), std::move(command),
            [command_id, run, told](std::string line) {
              if (!run->over && told.progress) told.progress(command_id, std::move(line));
            },
            [command_id, run, told](Result<std::string> result) {
              run->number = 0;
              if (!std::exchange(run->over, true)) told.done(command_id, std::move(result));
            });
      },
      [key, caller](Shard::Impl& home, Completion<CommandScene> answer) {
        home.rooms.find(key, [caller, answer = std::move(answer)](Result<RoomPin> pin) mutable {
          if (!pin) return answer(fail(pin.error()));
          answer((*pin)->commandScene(*caller));
        });
      });
}

void giveUp(Shard::Impl& shard, CommandRun& run) {
  run.over = true;
  if (const std::uint64_t number = std::exchange(run.number, 0)) shard.ports.commands->giveUp(number);
}

std::string commandReply(const Id& command_id, std::string_view command, std::string_view room_id, std::string_view result) {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("command_id").id(command_prefix, command_id).key("command").value(command).key("room_id").value(room_id);
  json.key("result").raw(result).end('}');
  return text;
}

}  // namespace atrium
