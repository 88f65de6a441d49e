#include <signal.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "ctl/ctl.hpp"

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_DFL);  // Whoever reads the output may have enough of it, as `head` has.
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const atrium::Environment environment = atrium::processEnvironment();
  std::error_code unknown;  // Without /proc, relative plugin directories start at the working directory.
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  const atrium::ExitCode code =
      atrium::runCtl(arguments, {environment, atrium::SystemClock().now().wall, program.parent_path(), std::cout, std::cerr});
  if (!std::cout.flush()) {
    std::cerr << "the output could not be written: is the disk full?\n";
    return static_cast<int>(atrium::ExitCode::failed);
  }
  return static_cast<int>(code);
}
