#ifndef ATRIUM_JSON_HPP
#define ATRIUM_JSON_HPP
// Text and JSON as the host hands them over, with the manners of C++.
//
// Everything in sdk/cpp is named as in the C headers (snake_case functions), lives in plugins only and is free of state: it includes
// nothing but the C headers and the standard library. The inner namespace keeps its symbols apart from the server's own.
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "atrium/json.h"

namespace atrium {
inline namespace sdk {

[[nodiscard]] inline std::string_view view(const atrium_text& text) { return {text.data, static_cast<std::size_t>(text.size)}; }
// Borrows `text`: it must live as long as the other side may read it.
[[nodiscard]] constexpr atrium_text text_of(std::string_view text) { return {text.data(), text.size()}; }

namespace detail {

// Whole numbers and not characters, which are integral types to C++, too.
template <typename T>
concept WholeNumber = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                      !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

inline void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

inline std::uint32_t hex4(std::string_view digits) {
  std::uint32_t code = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  return code;
}

// The decoded form of a string's inside, which the host has checked to be well-formed.
inline std::string unescape(std::string_view escaped) {
  std::string out;
  out.reserve(escaped.size());
  for (std::size_t at = 0; at < escaped.size(); ++at) {
    if (escaped[at] != '\\' || at + 1 == escaped.size()) {
      out += escaped[at];
      continue;
    }
    switch (const char c = escaped[++at]) {
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': {
        std::uint32_t code = hex4(escaped.substr(at + 1, 4));
        at += 4;
        if (code >= 0xD800 && code < 0xDC00 && at + 6 < escaped.size()) {  // The first half of a surrogate pair.
          code = 0x10000 + ((code - 0xD800) << 10) + (hex4(escaped.substr(at + 3, 4)) - 0xDC00);
          at += 6;
        }
        append_utf8(out, code);
        break;
      }
      default: out += c;
    }
  }
  return out;
}

}  // namespace detail

// `text` as a JSON string, with its quotes.
[[nodiscard]] inline std::string json_quoted(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out += '"';
}

// One value: a view, valid until the call that brought it returns. A member that is not there is a Json too: it exists() not, equals
// nothing and has no members, so that chains need no checks: message.metadata()["lead"]["tier"] == "vip".
class Json {
 public:
  Json() = default;
  explicit Json(const atrium_json& value) : value_(value) {}

  [[nodiscard]] bool exists() const { return value_.field_count != 0; }
  [[nodiscard]] bool is_null() const { return is(ATRIUM_JSON_NULL); }
  [[nodiscard]] bool is_bool() const { return is(ATRIUM_JSON_TRUE) || is(ATRIUM_JSON_FALSE); }
  [[nodiscard]] bool is_number() const { return is(ATRIUM_JSON_NUMBER); }
  [[nodiscard]] bool is_text() const { return is(ATRIUM_JSON_STRING); }
  [[nodiscard]] bool is_array() const { return is(ATRIUM_JSON_ARRAY); }
  [[nodiscard]] bool is_object() const { return is(ATRIUM_JSON_OBJECT); }
  // Members of an object or elements of an array; else 0.
  [[nodiscard]] std::uint32_t size() const { return exists() ? field().children : 0; }

  // The member of that name. Keys are compared decoded.
  [[nodiscard]] Json operator[](std::string_view key) const {
    if (is_object())
      for (const Json member : *this)
        if (member.has_key(key)) return member;
    return {};
  }

  [[nodiscard]] std::optional<bool> as_bool() const {
    if (!is_bool()) return std::nullopt;
    return is(ATRIUM_JSON_TRUE);
  }
  // Nothing for fractions, for numbers outside of int64 and for other types.
  [[nodiscard]] std::optional<std::int64_t> as_int() const {
    std::int64_t number = 0;
    if (!is_number()) return std::nullopt;
    const std::string_view digits = inside();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
  }
  [[nodiscard]] std::optional<double> as_number() const {
    double number = 0;
    if (!is_number()) return std::nullopt;
    const std::string_view digits = inside();
    if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc()) return std::nullopt;
    return number;
  }
  // A string, decoded; nothing for other types.
  [[nodiscard]] std::optional<std::string> as_text() const {
    if (!is_text()) return std::nullopt;
    return field().flags & ATRIUM_JSON_VALUE_ESCAPED ? detail::unescape(inside()) : std::string(inside());
  }
  // The value as JSON, with its quotes or brackets; empty when there is none.
  [[nodiscard]] std::string_view raw() const {
    if (!exists()) return {};
    if (is_text()) return {value_.text + field().value_offset - 1, field().value_size + 2u};
    return inside();
  }
  // The name under which an object holds this value, decoded.
  [[nodiscard]] std::string key() const {
    if (!exists()) return {};
    return field().flags & ATRIUM_JSON_KEY_ESCAPED ? detail::unescape(raw_key()) : std::string(raw_key());
  }

  friend bool operator==(const Json& json, std::string_view text) {
    if (!json.is_text()) return false;
    return json.field().flags & ATRIUM_JSON_VALUE_ESCAPED ? detail::unescape(json.inside()) == text : json.inside() == text;
  }
  friend bool operator==(const Json& json, const char* text) { return text && json == std::string_view(text); }
  // JSON's null; what is not there is none.
  friend bool operator==(const Json& json, std::nullptr_t) { return json.is_null(); }
  friend bool operator==(const Json& json, std::same_as<bool> auto flag) { return json.as_bool() == flag; }
  // As as_int() and as_number() read it, by value: a -1 in the JSON equals no unsigned number.
  friend bool operator==(const Json& json, detail::WholeNumber auto number) {
    const auto value = json.as_int();
    return value && std::cmp_equal(*value, number);
  }
  friend bool operator==(const Json& json, std::floating_point auto number) { return json.as_number() == static_cast<double>(number); }

  // for (Json child : value): the members or elements, in order.
  class Iterator {
   public:
    Iterator(const atrium_json& value, std::uint32_t at) : value_(value) { value_.at = at; }
    Json operator*() const { return Json(value_); }
    Iterator& operator++() {
      value_.at = value_.fields[value_.at].next;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return value_.at != other.value_.at; }

   private:
    atrium_json value_;
  };
  [[nodiscard]] Iterator begin() const { return {value_, size() == 0 ? 0 : value_.at + 1}; }
  [[nodiscard]] Iterator end() const { return {value_, size() == 0 ? 0 : field().next}; }

  [[nodiscard]] const atrium_json& abi() const { return value_; }

 private:
  [[nodiscard]] const atrium_json_field& field() const { return value_.fields[value_.at]; }
  [[nodiscard]] bool is(std::uint8_t type) const { return exists() && field().type == type; }
  [[nodiscard]] std::string_view inside() const { return {value_.text + field().value_offset, field().value_size}; }
  [[nodiscard]] std::string_view raw_key() const { return {value_.text + field().key_offset, field().key_size}; }
  [[nodiscard]] bool has_key(std::string_view key) const {
    return field().flags & ATRIUM_JSON_KEY_ESCAPED ? detail::unescape(raw_key()) == key : raw_key() == key;
  }
  atrium_json value_{};
};

}  // namespace sdk
}  // namespace atrium
#endif
