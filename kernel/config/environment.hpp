#pragma once

#include <functional>
#include <map>
#include <string>

namespace atrium {

// Environment variables by name, handed in so that tests need not touch the process's own.
using Environment = std::map<std::string, std::string, std::less<>>;

// The process's own. To be called before any thread starts.
[[nodiscard]] Environment processEnvironment();
// Overwrites the values of variables whose names speak of a secret (…SECRET…, …KEY…, …TOKEN…, …PASSWORD…) in the process's memory: what is
// there can be read by whoever runs as the same user, from /proc. After processEnvironment(), before any thread starts.
void wipeSecrets();

}  // namespace atrium
