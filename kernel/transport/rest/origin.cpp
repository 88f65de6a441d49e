#include "rest/origin.hpp"

#include <algorithm>
#include <utility>

#include "transport/http_text.hpp"

namespace atrium {

OriginPolicy::OriginPolicy(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}

bool OriginPolicy::allows(std::string_view origin, std::string_view host) const {
  constexpr std::string_view own_scheme = "http://";
  if (origin.empty()) return true;
  if (!host.empty() && origin.size() == own_scheme.size() + host.size() && sameWord(origin.substr(0, own_scheme.size()), own_scheme) &&
      sameWord(origin.substr(own_scheme.size()), host))
    return true;
  return std::ranges::any_of(allowed_, [origin](const std::string& known) { return sameWord(known, origin); });
}

}  // namespace atrium
