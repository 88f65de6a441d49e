#include "coaching/redaction.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace atrium {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isLocal(char c) {
  return isDigit(c) || isLetter(c) || std::string_view("._%+-'").contains(c) || static_cast<unsigned char>(c) >= 0x80;
}
bool isDomain(char c) { return isDigit(c) || isLetter(c) || c == '.' || c == '-' || static_cast<unsigned char>(c) >= 0x80; }
bool isBetween(char c) { return std::string_view(" -.()/").contains(c); }

constexpr std::size_t between_max = 3;  // Characters between two groups of one number.
constexpr std::size_t card_digits_max = 19;
constexpr std::size_t phone_digits_max = 15;

struct Span {
  std::size_t begin, end;
};

// The address around the @ at `at`.
std::optional<Span> emailAt(std::string_view text, std::size_t at) {
  Span span{at, at + 1};
  while (span.begin > 0 && isLocal(text[span.begin - 1])) --span.begin;
  while (span.end < text.size() && isDomain(text[span.end])) ++span.end;
  while (span.end > at + 1 && (text[span.end - 1] == '.' || text[span.end - 1] == '-')) --span.end;
  const std::string_view domain = text.substr(at + 1, span.end - at - 1);
  if (span.begin == at || domain.empty() || !domain.contains('.') || domain.front() == '.') return std::nullopt;
  return span;
}

// Digits with what may stand between the groups of one number; it ends with a digit.
struct Digits {
  Span span;
  std::string digits;
  std::size_t groups = 0;
};

// As many groups as have `most` digits together, and the first one however long.
Digits digitsAt(std::string_view text, std::size_t at, std::size_t most) {
  Digits found{{at, at}, {}, 0};
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && isDigit(text[end])) ++end;
    if (end == at || (found.groups > 0 && found.digits.size() + (end - at) > most)) break;
    found.digits.append(text.substr(at, end - at));
    found.span.end = end;
    ++found.groups;
    at = end;
    while (at < text.size() && at < end + between_max && isBetween(text[at])) ++at;
  }
  return found;
}

bool checkDigitFits(std::string_view digits) {
  unsigned sum = 0;
  for (std::size_t n = 0; n < digits.size(); ++n) {
    auto digit = static_cast<unsigned>(digits[digits.size() - 1 - n] - '0');
    if (n % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 == 0;
}

// 2026-11-28, 28.11.2026 and 11/28/2026, also with a time behind.
bool beginsWithDate(std::string_view text) {
  std::size_t sizes[3] = {}, group = 0;
  char between = 0;
  for (const char c : text) {
    if (isDigit(c)) {
      ++sizes[group];
    } else if (group < 2 && (c == '-' || c == '.' || c == '/') && (between == 0 || c == between)) {
      between = c;
      ++group;
    } else {
      break;
    }
  }
  const bool year_first = sizes[0] == 4 && sizes[1] <= 2 && sizes[2] <= 2;
  const bool year_last = sizes[0] <= 2 && sizes[1] <= 2 && sizes[2] == 4;
  return group == 2 && sizes[1] > 0 && sizes[2] > 0 && (year_first || year_last);
}

bool isMoney(std::string_view before) {
  while (before.ends_with(' ')) before.remove_suffix(1);
  constexpr std::string_view signs[] = {"$", "€", "£", "¥", "USD", "EUR", "GBP"};
  return std::ranges::any_of(signs, [before](std::string_view sign) { return before.ends_with(sign); });
}

// A number that is taken out, and what stands in its place.
struct Private {
  std::size_t end;
  std::string_view placeholder;
};

// The one that begins at `at`, which is not the middle of a word; nothing: it stays.
std::optional<Private> privateAt(std::string_view text, std::size_t at, const RedactionRules& rules) {
  if (rules.card_numbers)
    if (const Digits card = digitsAt(text, at, card_digits_max);
        card.digits.size() >= 13 && card.digits.size() <= card_digits_max && checkDigitFits(card.digits))
      return Private{card.span.end, "[card]"};
  if (!rules.phone_numbers) return std::nullopt;
  const Digits number = digitsAt(text, at, phone_digits_max);
  const std::size_t count = number.digits.size();
  if (count < 7 || count > phone_digits_max) return std::nullopt;
  const bool international = (at > 0 && text[at - 1] == '+') || number.digits.starts_with("00");
  if (!international && (isMoney(text.substr(0, at)) || beginsWithDate(text.substr(at)))) return std::nullopt;
  if (!international && number.groups == 1 && count < 10) return std::nullopt;
  return Private{number.span.end, "[phone]"};
}

bool sameWord(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// A JSON string's inside.
std::string escapedKey(std::string_view name) {
  std::string quoted;
  JsonWriter<std::string>(quoted).value(name);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

std::string redactText(std::string_view text, const RedactionRules& rules) {
  std::string addressed;
  if (rules.emails) {
    std::size_t done = 0;
    for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
      const auto span = emailAt(text, at);
      if (!span || span->begin < done) continue;
      addressed.append(text.substr(done, span->begin - done)).append("[email]");
      done = span->end;
    }
    addressed.append(text.substr(done));
    text = addressed;
  }
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = isDigit(text[at]) && (at == 0 || !(isDigit(text[at - 1]) || isLetter(text[at - 1]) || text[at - 1] == '_'));
    if (!begins) {
      out += text[at++];
      continue;
    }
    const auto found = privateAt(text, at, rules);
    std::size_t end = at;
    if (found) {
      while (!out.empty() && (out.back() == '+' || out.back() == '(')) out.pop_back();
      out.append(found->placeholder);
      end = found->end;
    } else {
      // What follows the first group may be a number of its own.
      while (end < text.size() && isDigit(text[end])) ++end;
      out.append(text.substr(at, end - at));
    }
    at = end;
  }
  return out;
}

void writeRedacted(JsonWriter<std::string>& json, const JsonView& value, const RedactionRules& rules) {
  std::string scratch;
  if (value.isObject()) {
    json.begin('{');
    for (JsonView member = value.first(); member.exists(); member = member.sibling(value)) {
      const std::string_view name = member.key(scratch);
      if (std::ranges::any_of(rules.fields, [name](const std::string& field) { return sameWord(field, name); })) continue;
      json.key(escapedKey(redactText(name, rules)));
      writeRedacted(json, member, rules);
    }
    json.end('}');
  } else if (value.isArray()) {
    json.begin('[');
    for (JsonView item = value.first(); item.exists(); item = item.sibling(value)) writeRedacted(json, item, rules);
    json.end(']');
  } else if (value.isString()) {
    json.value(redactText(value.text(scratch), rules));
  } else if (value.is(ATRIUM_JSON_NUMBER)) {
    const std::string text = redactText(value.raw(), rules);
    if (text == value.raw())
      json.raw(text);
    else
      json.value(std::string_view(text));
  } else {
    json.raw(value.raw());
  }
}

}  // namespace atrium
