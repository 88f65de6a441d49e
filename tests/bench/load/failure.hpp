#pragma once

#include <stdexcept>
#include <string>

namespace atrium::bench {

// Why a measurement has no result: the server could not be started, refused what it must accept, or went away. Ends the program with one
// sentence; measuring programs have nothing to recover.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// For system calls: "connect: Connection refused".
[[noreturn]] void failErrno(const std::string& what);

}  // namespace atrium::bench
