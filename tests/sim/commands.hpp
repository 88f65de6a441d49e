#pragma once

#include <string>

#include "engine/commands.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium::sim {

// One command, "echo", which says "half way" and then what stands behind its name.
class SimCommands final : public Commands {
 public:
  [[nodiscard]] std::string list(const Principal& /*caller*/) override { return R"({"items":[],"next_cursor":null})"; }
  [[nodiscard]] bool known(std::string_view name) override { return name == "echo"; }
  std::uint64_t run(const Id& /*command_id*/, CommandScene scene, RunCommand command, std::function<void(std::string)> progress,
                    Completion<std::string> done) override {
    if (!known(command.name)) return done(fail(Code::command_unknown)), 0;
    progress("half way");
    last_progress = progress;
    std::string result;
    JsonWriter<std::string> json(result);
    json.begin('{').key("text").value(std::string_view(command.line)).key("caller").value(std::string_view(scene.caller.user_id)).end('}');
    done(std::move(result));
    return 0;
  }
  void giveUp(std::uint64_t /*number*/) override {}

  // Of the last run, as a plugin may still hold it when that is over.
  std::function<void(std::string)> last_progress;
};

}  // namespace atrium::sim
