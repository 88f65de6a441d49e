// atrium-runner: one plugin in a process of its own. The server starts it; it is of no use by hand.
#include <cstdio>
#include <exception>

#include "plugin/isolated/runner_program.hpp"

// A sanitizer reports a crash or a leak by an end of its own; here how a plugin ends is what counts, and the system forbids a runner the
// looks that a search for leaks takes.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0"; }
#endif
#if __has_feature(address_sanitizer)
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0";
}
#endif
#endif

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
