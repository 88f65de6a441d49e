#include "cli/test_project.hpp"

#include <ostream>

#include "cli/process.hpp"
#include "cli/project.hpp"
#include "cli/toolchain.hpp"

namespace atrium {

CliExit testProject(const std::filesystem::path& directory, const ReplayArguments& recorded, const CliContext& context) {
  const auto project = Project::open(directory, context);
  if (!project) {
    context.err << project.error().detail << '\n';
    return CliExit::failed;
  }
  // GoogleTest may have been installed since: what was configured without it is configured again.
  const std::filesystem::path passed_over = project->buildDirectory() / "tests_passed_over";
  std::error_code absent;
  if (std::filesystem::remove(passed_over, absent)) std::filesystem::remove(project->buildDirectory() / "build.ninja", absent);
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
  if (std::filesystem::exists(passed_over, absent))
    context.err << "The plugin's own tests were passed over, because GoogleTest is missing. This installs it:\n\n    "
                << asRoot("apt-get install -y libgtest-dev", context.environment) << "\n";
  if (end && end->status == 0) return CliExit::done;
  context.err << (end ? "The tests failed, or there are none (see above).\n" : end.error().detail + "\n");
  return CliExit::failed;
}

}  // namespace atrium
