// A scorer that goes wrong as its build says.
#include <unistd.h>

#include <cmath>
#include <stdexcept>
#include <string_view>

#include <atrium/plugin.hpp>

struct Scorer {
  static atrium::Score score(const atrium::Lead&, const atrium::Agent&) {
    constexpr std::string_view mode = MODE;
    if (mode == "hangs")
      while (true) ::pause();
    if (mode == "throws") throw std::runtime_error("a bad day");
    return {std::nan(""), "says no number"};
  }
};

ATRIUM_PLUGIN(Scorer, "test.scorer." MODE, "1.0.0")
