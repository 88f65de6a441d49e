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

// A sign as the rules read it: a digit of another script as the digit it is, a space or a dash of the typographer as a plain one.
struct Sign {
  char as = 0;           // 0: any other sign.
  std::size_t size = 1;  // In bytes.
};

// The sign of several bytes at `at` that programs write into numbers and addresses on their own: browsers and telephones put spaces that
// do not break between groups, and marks of direction around them.
Sign wideSignAt(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t n) { return at + n < text.size() ? static_cast<unsigned char>(text[at + n]) : 0U; };
  const auto digit = [&](std::size_t last, unsigned zero) {
    return byte(last) >= zero && byte(last) <= zero + 9 ? static_cast<char>('0' + (byte(last) - zero)) : char{0};
  };
  if (byte(0) == 0xC2 && (byte(1) == 0xA0 || byte(1) == 0xAD || byte(1) == 0xB7)) return {' ', 2};  // No-break space, soft hyphen, dot.
  if (byte(0) == 0xD9) return {digit(1, 0xA0), 2};                                                  // Arabic
  if (byte(0) == 0xDB) return {digit(1, 0xB0), 2};                                                  // Persian
  if (byte(0) == 0xE0 && byte(1) == 0xA5) return {digit(2, 0xA6), 3};                               // Devanagari
  if (byte(0) == 0xE2 && byte(1) == 0x80) {
    if (byte(2) >= 0x90 && byte(2) <= 0x95) return {'-', 3};                                                // Hyphens and dashes
    if (byte(2) <= 0x8F || (byte(2) >= 0xAA && byte(2) <= 0xAF)) return {byte(2) >= 0x80 ? ' ' : '\0', 3};  // Spaces and marks of direction
  }
  if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA0 && byte(2) <= 0xA9) return {' ', 3};  // Word joiner, isolates
  if (byte(0) == 0xE2 && byte(1) == 0x88 && byte(2) == 0x92) return {'-', 3};                     // Minus
  if (byte(0) == 0xE3 && byte(1) == 0x80 && byte(2) == 0x80) return {' ', 3};                     // Ideographic space
  // Full width: the same as ASCII, 0xFEE0 further on.
  if (byte(0) == 0xEF && byte(1) == 0xBC && byte(2) >= 0x81) return {static_cast<char>(byte(2) - 0x60), 3};
  return {};
}
Sign signAt(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]) < 0x80 ? Sign{text[at], 1} : wideSignAt(text, at);
}

constexpr std::string_view wide_dot = "\uFF0E", wide_at = "\uFF20", wide_plus = "\uFF0B";
constexpr std::size_t between_max = 3;  // Characters between two groups of one number.
constexpr std::size_t card_digits_max = 19;
constexpr std::size_t phone_digits_max = 15;

struct Span {
  std::size_t begin, end;
};

// The address around the @ at `at`, which is of `size` bytes.
std::optional<Span> emailAt(std::string_view text, std::size_t at, std::size_t size) {
  Span span{at, at + size};
  while (span.begin > 0 && isLocal(text[span.begin - 1])) --span.begin;
  while (span.end < text.size() && isDomain(text[span.end])) ++span.end;
  while (span.end > at + size && (text[span.end - 1] == '.' || text[span.end - 1] == '-')) --span.end;
  const std::string_view domain = text.substr(at + size, span.end - at - size);
  if (span.begin == at || domain.empty() || (!domain.contains('.') && !domain.contains(wide_dot)) || domain.front() == '.')
    return std::nullopt;
  return span;
}

// Digits side by side.
struct Group {
  std::string digits;
  std::size_t end;
};
Group groupAt(std::string_view text, std::size_t at) {
  Group group{{}, at};
  while (group.end < text.size()) {
    const Sign sign = signAt(text, group.end);
    if (!isDigit(sign.as)) break;
    group.digits += sign.as;
    group.end += sign.size;
  }
  return group;
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
    const Group group = groupAt(text, at);
    if (group.digits.empty() || (found.groups > 0 && found.digits.size() + group.digits.size() > most)) break;
    found.digits += group.digits;
    found.span.end = at = group.end;
    ++found.groups;
    for (std::size_t between = 0; at < text.size() && between < between_max; ++between) {
      const Sign sign = signAt(text, at);
      if (!isBetween(sign.as)) break;
      at += sign.size;
    }
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
  for (std::size_t at = 0; at < text.size();) {
    const auto [c, size] = signAt(text, at);
    at += size;
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
  const std::string_view before = text.substr(0, at);
  const bool international = before.ends_with('+') || before.ends_with(wide_plus) || number.digits.starts_with("00");
  if (!international && (isMoney(before) || beginsWithDate(text.substr(at)))) return std::nullopt;
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
    for (std::size_t at = 0; at < text.size(); ++at) {
      const bool wide = text.substr(at).starts_with(wide_at);
      if (text[at] != '@' && !wide) continue;
      const auto span = emailAt(text, at, wide ? wide_at.size() : 1);
      if (!span || span->begin < done) continue;
      addressed.append(text.substr(done, span->begin - done)).append("[email]");
      done = span->end;
    }
    addressed.append(text.substr(done));
    text = addressed;
  }
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins =
        isDigit(signAt(text, at).as) && (at == 0 || !(isDigit(text[at - 1]) || isLetter(text[at - 1]) || text[at - 1] == '_'));
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
      end = groupAt(text, at).end;
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
