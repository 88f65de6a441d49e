#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alerts/alert.hpp"
#include "base/result.hpp"

namespace atrium {

inline constexpr std::string_view silence_prefix = "silence_";
inline constexpr std::size_t silence_matchers_max = 16;

// What an alert must be like. A value.
struct AlertMatcher {
  std::string label;     // One of alert_labels.
  std::string value;     // A `*` at its end stands for any rest.
  bool is_equal = true;  // False: the alert must be otherwise.
  [[nodiscard]] bool matches(const Alert& alert) const;
};

// Keeps people from being told of alerts; the alerts live on, and are seen by who looks. A value.
struct Silence {
  Id id;
  std::vector<AlertMatcher> matchers;  // All must match. Not empty.
  std::string reason;
  std::string created_by;
  Wall created_at{};
  Wall expires_at{};
  [[nodiscard]] bool covers(const Alert& alert) const;
};

// The Silence of schemas.yaml, which is also how it is stored.
[[nodiscard]] std::string silenceJson(const Silence& silence);
// What was stored. Fails with storage_unavailable when it is damaged.
[[nodiscard]] Result<Silence> decodeSilence(std::string_view stored);

}  // namespace atrium
