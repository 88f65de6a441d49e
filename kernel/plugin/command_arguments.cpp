#include "plugin/command_arguments.hpp"

#include <charconv>
#include <vector>

#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

// Takes the first word off `text`; empty: there is none.
std::string_view takeWord(std::string_view& text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find_first_of(blanks), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

bool isNumber(std::string_view word, bool whole) {
  double number = 0;
  std::int64_t integer = 0;
  const char* const end = word.data() + word.size();
  if (whole) return std::from_chars(word.data(), end, integer) == std::from_chars_result{end, {}};
  // As JSON writes them: neither "inf" nor "0x1".
  return word.find_first_not_of("-+.0123456789eE") == std::string_view::npos &&
         std::from_chars(word.data(), end, number) == std::from_chars_result{end, {}} && JsonDocument::parse(word).has_value();
}

void writeValue(JsonWriter<std::string>& json, std::string_view word, std::string_view type) {
  const bool literal = (type == "integer" && isNumber(word, true)) || (type == "number" && isNumber(word, false)) ||
                       (type == "boolean" && (word == "true" || word == "false"));
  if (literal && JsonDocument::parse(word))
    json.raw(word);
  else
    json.value(word);
}

}  // namespace

Result<JsonDocument> readCommandLine(std::string_view rest, std::string_view positional, const JsonView& schema) {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{');
  rest = trimmed(rest);
  for (std::string_view name = takeWord(positional); !name.empty() && !rest.empty(); name = takeWord(positional)) {
    const bool last = trimmed(positional).empty();
    const std::string_view word = last ? std::exchange(rest, {}) : takeWord(rest);
    std::string key;
    JsonWriter<std::string>(key).value(name);
    json.key(std::string_view(key).substr(1, key.size() - 2));
    writeValue(json, word, schema["properties"][name]["type"].text());
    rest = trimmed(rest);
  }
  json.end('}');
  if (!rest.empty()) return fail(Code::validation_failed, "The command takes fewer arguments.");
  return JsonDocument::parse(text);
}

}  // namespace atrium
