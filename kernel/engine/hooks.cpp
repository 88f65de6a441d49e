#include "engine/hooks.hpp"

#include <array>

namespace atrium {

std::string_view word(Hook hook) {
  constexpr std::array<std::string_view, hook_count> words{"check_settings", "will_create", "will_join",  "will_post", "did_create",
                                                           "did_join",       "did_leave",   "did_post",   "did_close", "tick",
                                                           "check",          "summarise",   "did_deliver"};
  return static_cast<unsigned>(hook) < hook_count ? words[static_cast<unsigned>(hook)] : "unknown";
}

std::string_view word(Placement placement) {
  switch (placement) {
    case Placement::in_process: return "in-process";
    case Placement::isolated: return "isolated";
    case Placement::shadow: return "shadow";
  }
  return {};
}

}  // namespace atrium
