#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "cli/cli.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const atrium::Environment environment = atrium::processEnvironment();
  std::error_code unknown;  // Without /proc there are no templates, which `atrium new` tells.
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  const atrium::CliExit code = atrium::runCli(arguments, {environment, program.parent_path().parent_path(), std::cout, std::cerr});
  if (!std::cout.flush()) {
    std::cerr << "the output could not be written: is the disk full?\n";
    return static_cast<int>(atrium::CliExit::failed);
  }
  return static_cast<int>(code);
}
