#pragma once

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

// How coordination's own documents are written and read back: what is read is what was written, to the last bit of a number.
namespace atrium {

using JsonText = JsonWriter<std::string>;

// The shortest text that reads back as this number; null for one that is none.
inline void exact(JsonText& json, double number) {
  if (!std::isfinite(number)) {
    json.null();
    return;
  }
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  json.raw({digits, static_cast<std::size_t>(end - digits)});
}

// A member whose name is not ours, and may need an escape.
inline JsonText& memberKey(JsonText& json, std::string_view name) {
  std::string quoted;
  JsonText(quoted).value(name);
  return json.key(std::string_view(quoted).substr(1, quoted.size() - 2));
}

inline void textList(JsonText& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin('[');
  for (const std::string& text : texts) json.value(text);
  json.end(']');
}

[[nodiscard]] inline double numberOf(const JsonView& value, double absent) {
  double number = absent;
  return value.number(number) ? number : absent;
}

[[nodiscard]] inline std::int64_t integerOf(const JsonView& value, std::int64_t absent) {
  std::int64_t number = absent;
  return value.integer(number) ? number : absent;
}

[[nodiscard]] inline std::vector<std::string> textsOf(const JsonView& list) {
  std::vector<std::string> texts;
  for (JsonView one = list.first(); one.exists(); one = one.sibling(list)) texts.push_back(one.text());
  return texts;
}

// A time as milliseconds; zero: never.
[[nodiscard]] inline Wall wallOf(const JsonView& value) { return fromMillis(static_cast<std::uint64_t>(integerOf(value, 0))); }

// RFC 3339 in UTC with milliseconds, as JsonWriter writes it; zero for anything else.
[[nodiscard]] inline Wall storedTime(const JsonView& value) {
  const std::string text = value.text();
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &year, &month, &day, &hour, &minute, &second, &ms) != 7) return {};
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::milliseconds(ms);
}

// A time for people, null for zero.
inline void timeOrNull(JsonText& json, Wall at) {
  if (at == Wall{})
    json.null();
  else
    json.time(at);
}

}  // namespace atrium
