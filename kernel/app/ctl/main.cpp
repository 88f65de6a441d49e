#include <iostream>
#include <string>
#include <vector>

#include "ctl/ctl.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const atrium::Environment environment = atrium::processEnvironment();
  const atrium::ExitCode code = atrium::runCtl(arguments, {environment, atrium::SystemClock().now().wall, std::cout, std::cerr});
  if (!std::cout.flush()) {
    std::cerr << "the output could not be written: is the disk full?\n";
    return static_cast<int>(atrium::ExitCode::failed);
  }
  return static_cast<int>(code);
}
