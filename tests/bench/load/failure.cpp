#include "load/failure.hpp"

#include <cerrno>
#include <cstring>

namespace atrium::bench {

void failErrno(const std::string& what) { throw Failure(what + ": " + std::strerror(errno)); }

}  // namespace atrium::bench
