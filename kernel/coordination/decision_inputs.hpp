#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coordination/decision.hpp"

namespace atrium {

// Everything that a decision was made of, as bytes: every candidate as its scorers saw it, every score as the double it was, every
// exclusion, the policy. What comes back from decodeInputs() decides the same again, bit for bit; it has no counterfactuals, and of people
// it knows ids and names alone. A text that many have (fields, reasons) is kept once.
[[nodiscard]] std::string encodeInputs(const Decision& decision);
// Nothing for bytes that are damaged or of another format.
[[nodiscard]] std::optional<Decision> decodeInputs(std::string_view bytes);

}  // namespace atrium
