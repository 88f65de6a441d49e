#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

// What is taken out of a context before an assistant sees it. Pure functions. They know forms and not meanings: a name, an address or a
// number in words stays. In doubt a number is taken for a telephone's.
namespace atrium {

struct RedactionRules {
  bool emails = true;
  bool phone_numbers = true;  // 7 to 15 digits: with a + in front, in groups, or ten and more in a row. No date, and no amount of money.
  bool card_numbers = true;   // 13 to 19 digits with the right check digit.
  std::vector<std::string> fields;  // Members of objects that are left out wherever they stand; compared without case (ASCII).
};

// `text` with [email], [phone] and [card] in the place of what was found.
[[nodiscard]] std::string redactText(std::string_view text, const RedactionRules& rules);

// Writes `value` without its private fields and with redacted texts, also in numbers and in the names of members.
void writeRedacted(JsonWriter<std::string>& json, const JsonView& value, const RedactionRules& rules);

}  // namespace atrium
