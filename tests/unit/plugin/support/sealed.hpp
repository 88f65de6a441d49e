#pragma once

#include <string>

namespace atrium::test {

// The plugin file `bytes` with a fresh seal, as after a build; unchanged when it has no place for one.
[[nodiscard]] std::string sealed(std::string bytes);

}  // namespace atrium::test
