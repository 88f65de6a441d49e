// atrium-runner: one plugin in a process of its own. The server starts it; it is of no use by hand.
#include <cstdio>
#include <exception>

#include "plugin/isolated/runner_program.hpp"

int main(int argc, char**) {
  if (argc > 1) {
    std::fputs("atrium-runner holds one isolated plugin for the server that starts it (run: isolated); it takes no arguments.\n", stderr);
    return 2;
  }
  try {
    return atrium::runRunner();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "atrium-runner: %s\n", problem.what());
    return 1;
  }
}
