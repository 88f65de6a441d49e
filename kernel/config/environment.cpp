#include "config/environment.hpp"

#include <unistd.h>

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

}  // namespace atrium
