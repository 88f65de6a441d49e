#include "conversation.hpp"

#include <algorithm>

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto from = text.find_first_not_of(blanks);
  return from == std::string_view::npos ? std::string_view() : text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

void add(std::vector<Line>& lines, std::string_view from, std::string_view text) {
  text = trimmed(text);
  if (!text.empty() && lines.size() < lines_max) lines.push_back({std::string(trimmed(from)), std::string(text)});
}

// "Ana: Hello", where the name is short and has no more than three words.
void add_text(std::vector<Line>& lines, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto colon = line.find(": ");
    const bool named = colon != std::string_view::npos && colon > 0 && colon <= 40 &&
                       std::count(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), ' ') <= 2;
    if (named)
      add(lines, line.substr(0, colon), line.substr(colon + 2));
    else
      add(lines, {}, line);
  }
}

std::string first_text(const atrium::Json& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (auto text = object[name].as_text()) return *std::move(text);
  return {};
}

void add_list(std::vector<Line>& lines, const atrium::Json& list) {
  for (const atrium::Json item : list) {
    if (const auto text = item.as_text())
      add_text(lines, *text);
    else if (item.is_object())
      add(lines, first_text(item, {"from", "sender_name", "sender", "sender_id", "role", "name"}),
          first_text(item, {"text", "content", "message"}));
  }
}

}  // namespace

std::vector<Line> lines_of(const atrium::Json& context) {
  std::vector<Line> lines;
  add_list(lines, context["conversation"]);
  const atrium::Json given = context["conversation_context"];
  if (const auto text = given.as_text()) add_text(lines, *text);
  if (given.is_array()) add_list(lines, given);
  if (given.is_object()) {
    for (const atrium::Json member : given)
      if (member.is_array())
        add_list(lines, member);
      else if (const auto text = member.as_text())
        add(lines, {}, *text);
  }
  if (const auto last = context["prospect_message"].as_text()) add(lines, "prospect", *last);
  return lines;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const bool within = at > 0 && at + 1 < text.size() && text[at] == '\'' && is_word(text[at - 1]) && is_word(text[at + 1]);
    if (at < text.size() && (is_word(text[at]) || within)) {
      word += text[at];
    } else if (!word.empty()) {
      words.push_back(lower_case(word));
      word.clear();
    }
  }
  return words;
}

bool says(std::string_view lower, std::string_view phrase) {
  for (auto at = lower.find(phrase); at != std::string_view::npos; at = lower.find(phrase, at + 1)) {
    const auto end = at + phrase.size();
    if ((at == 0 || !is_word(lower[at - 1])) && (end == lower.size() || !is_word(lower[end]))) return true;
  }
  return false;
}

std::string first_name(const atrium::Json& context) {
  const std::string name = context["lead"]["name"].as_text().value_or("");
  return name.substr(0, name.find(' '));
}
