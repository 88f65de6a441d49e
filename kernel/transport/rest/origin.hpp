#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atrium {

// Which web origins browsers may come from: one list for CORS and WebSocket. Immutable.
class OriginPolicy {
 public:
  // `allowed`: scheme, host and, unless it is the scheme's own, port: https://app.example.com. Compared without case, as a whole.
  explicit OriginPolicy(std::vector<std::string> allowed);

  // Whether a request with this Origin and Host header may go on. Pages this server itself serves may always; a request without an Origin
  // does not come from a page, and its token decides alone.
  [[nodiscard]] bool allows(std::string_view origin, std::string_view host) const;

 private:
  std::vector<std::string> allowed_;
};

}  // namespace atrium
