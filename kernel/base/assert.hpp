#pragma once

namespace atrium {

// Writes the message and a stack to standard error and ends the process.
[[noreturn]] void assertionFailed(const char* condition, const char* message, const char* file, int line);

}  // namespace atrium

// For our own invariants only, never for input. Kept in release builds.
#define ATRIUM_ASSERT(condition, message)                                 \
  do {                                                                    \
    if (!(condition)) [[unlikely]]                                        \
      ::atrium::assertionFailed(#condition, message, __FILE__, __LINE__); \
  } while (false)
