#pragma once

#include <functional>
#include <map>
#include <string>

namespace atrium {

// Environment variables by name, handed in so that tests need not touch the process's own.
using Environment = std::map<std::string, std::string, std::less<>>;

// The process's own. To be called before any thread starts.
[[nodiscard]] Environment processEnvironment();

}  // namespace atrium
