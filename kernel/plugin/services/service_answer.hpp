#pragma once

#include <string>

#include "atrium/abi.h"
#include "base/result.hpp"

namespace atrium {

// How a refusal of the server's is told to a plugin.
[[nodiscard]] atrium_status statusOf(const Error& error);
[[nodiscard]] std::string sentenceOf(const Error& error);

}  // namespace atrium
