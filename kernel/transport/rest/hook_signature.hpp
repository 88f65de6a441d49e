#pragma once

#include <string_view>

namespace atrium {

// Whether `given` is the HMAC-SHA-256 of `body` with `secret`: in hex (either case) or in base64 of either alphabet, with or without
// padding, with or without "sha256=" in front. Takes the same time whatever the difference. An empty secret signs nothing.
[[nodiscard]] bool hookSignatureHolds(std::string_view given, std::string_view body, std::string_view secret);

}  // namespace atrium
