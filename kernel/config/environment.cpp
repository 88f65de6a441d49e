#include "config/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace atrium {

Environment processEnvironment() {
  Environment environment;
  for (char** entry = ::environ; entry && *entry; ++entry) {
    const std::string_view text(*entry);
    if (const auto equals = text.find('='); equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

void wipeSecrets() {
  for (char** entry = ::environ; entry && *entry; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    const bool secret = std::ranges::any_of(std::array{"SECRET", "KEY", "TOKEN", "PASSWORD"},
                                            [name](const char* word) { return name.find(word) != std::string_view::npos; });
    if (secret) ::explicit_bzero(*entry + equals + 1, text.size() - equals - 1);
  }
}

}  // namespace atrium
