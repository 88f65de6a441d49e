#include "cli/test_project.hpp"

#include <ostream>

#include "cli/process.hpp"
#include "cli/project.hpp"

namespace atrium {

CliExit testProject(const std::filesystem::path& directory, const ReplayArguments& recorded, const CliContext& context) {
  const auto project = Project::open(directory, context);
  if (!project) {
    context.err << project.error().detail << '\n';
    return CliExit::failed;
  }
  if (!project->build(context)) return CliExit::failed;
  if (!recorded.recording.empty()) {
    const auto plugins = project->plugins();
    if (plugins && plugins->size() == 1) return replay(plugins->front(), recorded, context);
    context.err << (plugins ? "--replay is for a folder that makes one plugin, and this one makes more\n" : plugins.error().detail + "\n");
    return CliExit::failed;
  }
  const auto show = [&](std::string_view piece) { context.out << piece << std::flush; };
  const auto end = runProcess(
      {.command = {"ctest", "--test-dir", "build", "--output-on-failure", "--no-tests=error"}, .directory = project->directory()}, show);
  if (end && end->status == 0) return CliExit::done;
  context.err << (end ? "The tests failed, or there are none (see above).\n" : end.error().detail + "\n");
  return CliExit::failed;
}

}  // namespace atrium
