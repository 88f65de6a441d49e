#pragma once

#include <string>
#include <string_view>

namespace atrium {

// Base64 with the URL alphabet and without padding (RFC 4648, section 5), as tokens use it.
[[nodiscard]] std::string encodeBase64Url(std::string_view bytes);

// Appends the decoded bytes to `out`. False when `text` is not exactly what encodeBase64Url would write: other characters, padding, an
// impossible length or set bits beyond the end, each of which would let two texts stand for one token.
[[nodiscard]] bool decodeBase64Url(std::string_view text, std::string& out);

}  // namespace atrium
