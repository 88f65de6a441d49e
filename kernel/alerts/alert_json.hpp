#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alerts/alert.hpp"
#include "base/result.hpp"

namespace atrium {

// Why people are not told of an alert at present.
struct AlertQuiet {
  std::vector<Id> silenced_by;
  std::optional<Id> inhibited_by;
  [[nodiscard]] bool quiet() const { return !silenced_by.empty() || inhibited_by; }
};

// The Alert of schemas.yaml.
[[nodiscard]] std::string alertJson(const Alert& alert, const AlertQuiet& quiet, const std::string& group);

// An alert as it is stored, and back. Fails with storage_unavailable when what was stored is damaged.
[[nodiscard]] std::string encodeAlert(const Alert& alert);
[[nodiscard]] Result<Alert> decodeAlert(std::string_view stored);

}  // namespace atrium
