#ifndef ATRIUM_TESTKIT_JSON_TEXT_HPP
#define ATRIUM_TESTKIT_JSON_TEXT_HPP
// JSON for tests: a text with the flat index that the server would hand to a plugin, made by a parser as strict as the server's (RFC 8259,
// valid UTF-8, unique keys, at most 64 deep and 16,384 values), so that a plugin meets here what it will meet there.
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "atrium/json.hpp"

namespace atrium::testkit {

namespace detail {

// Throws std::invalid_argument with what is wrong and where.
class JsonParser {
 public:
  JsonParser(std::string_view text, std::vector<atrium_json_field>& fields) : text_(text), fields_(fields) {}

  void parse() {
    spaces();
    value(1);
    spaces();
    if (at_ != text_.size()) fail("something follows the value");
  }

 private:
  [[noreturn]] void fail(const char* why) const { throw std::invalid_argument(std::string(why) + " at byte " + std::to_string(at_)); }
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void spaces() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(char c) {
    if (here() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] std::uint32_t place() const { return static_cast<std::uint32_t>(at_); }

  std::uint32_t open(std::uint8_t type) {
    if (fields_.size() >= 16384) fail("more values than allowed");
    const auto index = static_cast<std::uint32_t>(fields_.size());
    fields_.push_back({0, place(), 0, index + 1, 0, 0, type, 0});
    return index;
  }
  void close(std::uint32_t index) {
    fields_[index].value_size = place() - fields_[index].value_offset;
    fields_[index].next = static_cast<std::uint32_t>(fields_.size());
  }

  void value(unsigned depth) {
    if (depth > 64) fail("nested too deeply");
    switch (here()) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': return string();
      case 't': return word("true", ATRIUM_JSON_TRUE);
      case 'f': return word("false", ATRIUM_JSON_FALSE);
      case 'n': return word("null", ATRIUM_JSON_NULL);
      default: return number();
    }
  }

  void word(std::string_view word, std::uint8_t type) {
    if (text_.substr(at_, word.size()) != word) fail("not JSON");
    const std::uint32_t index = open(type);
    at_ += word.size();
    close(index);
  }

  void array(unsigned depth) {
    const std::uint32_t index = open(ATRIUM_JSON_ARRAY);
    ++at_;
    spaces();
    if (!take(']')) do {
        spaces();
        value(depth + 1);
        ++fields_[index].children;
        spaces();
        if (here() != ',' && here() != ']') fail("a comma or ] is missing");
      } while (!take(']') && take(','));
    close(index);
  }

  void object(unsigned depth) {
    const std::uint32_t index = open(ATRIUM_JSON_OBJECT);
    std::set<std::string> keys;
    ++at_;
    spaces();
    if (!take('}')) do {
        spaces();
        if (here() != '"') fail("a key is missing");
        const Inside key = quoted();
        if (key.size > 65535) fail("a key is too long");
        if (!keys.insert(atrium::sdk::detail::unescape(text_.substr(key.offset, key.size))).second)
          fail("an object has the same key twice");
        spaces();
        if (!take(':')) fail("a colon is missing");
        spaces();
        const auto child = fields_.size();
        value(depth + 1);
        fields_[child].key_offset = key.offset;
        fields_[child].key_size = static_cast<std::uint16_t>(key.size);
        if (key.escaped) fields_[child].flags |= ATRIUM_JSON_KEY_ESCAPED;
        ++fields_[index].children;
        spaces();
        if (here() != ',' && here() != '}') fail("a comma or } is missing");
      } while (!take('}') && take(','));
    close(index);
  }

  void string() {
    const std::uint32_t index = open(ATRIUM_JSON_STRING);
    const Inside inside = quoted();
    fields_[index].value_offset = inside.offset;
    fields_[index].value_size = inside.size;
    if (inside.escaped) fields_[index].flags |= ATRIUM_JSON_VALUE_ESCAPED;
  }

  // What stands between two quotes.
  struct Inside {
    std::uint32_t offset;
    std::uint32_t size;
    bool escaped;
  };
  Inside quoted() {
    ++at_;
    Inside inside{place(), 0, false};
    while (!take('"')) {
      if (at_ >= text_.size()) fail("a string does not end");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) fail("a control character in a string");
      if (c == '\\') {
        inside.escaped = true;
        escape();
      } else {
        character();
      }
    }
    inside.size = place() - 1 - inside.offset;
    return inside;
  }

  std::uint32_t hex4() {
    const std::string_view digits = text_.substr(at_, 4);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (digits.size() < 4 || error != std::errc() || end != digits.data() + 4) fail("four hex digits are missing");
    at_ += 4;
    return code;
  }
  void escape() {
    ++at_;
    if (take('u')) {
      const std::uint32_t code = hex4();
      if (code < 0xD800 || code > 0xDFFF) return;
      if (code > 0xDBFF || !take('\\') || !take('u')) fail("half of a surrogate pair");
      const std::uint32_t second = hex4();
      if (second < 0xDC00 || second > 0xDFFF) fail("half of a surrogate pair");
      return;
    }
    if (at_ >= text_.size() || std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) fail("no such escape");
    ++at_;
  }
  // One character of UTF-8, which is neither overlong nor a surrogate nor above U+10FFFF.
  void character() {
    const auto byte = [&](std::size_t n) { return at_ + n < text_.size() ? static_cast<unsigned char>(text_[at_ + n]) : 0u; };
    const auto in = [](unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; };
    const unsigned first = byte(0);
    std::size_t size = 1;
    bool sound = first < 0x80;
    if (in(first, 0xC2, 0xDF)) {
      size = 2;
      sound = in(byte(1), 0x80, 0xBF);
    } else if (in(first, 0xE0, 0xEF)) {
      size = 3;
      sound = in(byte(1), first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && in(byte(2), 0x80, 0xBF);
    } else if (in(first, 0xF0, 0xF4)) {
      size = 4;
      sound = in(byte(1), first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && in(byte(2), 0x80, 0xBF) && in(byte(3), 0x80, 0xBF);
    }
    if (!sound) fail("not UTF-8");
    at_ += size;
  }

  bool digits() {
    const std::size_t start = at_;
    while (here() >= '0' && here() <= '9') ++at_;
    return at_ > start;
  }
  void number() {
    const std::size_t start = at_;
    const std::uint32_t index = open(ATRIUM_JSON_NUMBER);
    take('-');
    const bool zero = here() == '0';
    const std::size_t first = at_;
    if (!digits() || (zero && at_ > first + 1)) fail("not JSON");
    bool whole = true;
    if (take('.')) {
      whole = false;
      if (!digits()) fail("digits are missing");
    }
    if (take('e') || take('E')) {
      whole = false;
      if (!take('+')) take('-');
      if (!digits()) fail("digits are missing");
    }
    close(index);
    if (!fits(text_.substr(start, at_ - start), whole)) fail("a number that is too large");
  }
  // Whole numbers fit 64 bits, signed or not; others are finite.
  static bool fits(std::string_view text, bool whole) {
    const char *begin = text.data(), *end = text.data() + text.size();
    if (!whole) return std::isfinite(std::strtod(std::string(text).c_str(), nullptr));
    std::int64_t integer = 0;
    std::uint64_t natural = 0;
    return std::from_chars(begin, end, integer).ec == std::errc() ||
           (*begin != '-' && std::from_chars(begin, end, natural).ec == std::errc());
  }

  std::string_view text_;
  std::vector<atrium_json_field>& fields_;
  std::size_t at_ = 0;
};

}  // namespace detail

// A text and its index, owning both. Copies share them. Default: no value at all, as a member that is not there.
class JsonText {
 public:
  JsonText() = default;
  // Throws std::invalid_argument when `text` is not JSON.
  explicit JsonText(std::string_view text) : parsed_(std::make_shared<Parsed>()) {
    const auto last = text.find_last_not_of(" \t\n\r");
    parsed_->text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
    detail::JsonParser(parsed_->text, parsed_->fields).parse();
  }
  JsonText(const char* text) : JsonText(std::string_view(text)) {}  // NOLINT(google-explicit-constructor): literals in tests.

  // Valid while this or a copy lives.
  [[nodiscard]] atrium_json abi() const {
    if (!parsed_) return {};
    return {parsed_->text.data(), parsed_->text.size(), parsed_->fields.data(), static_cast<std::uint32_t>(parsed_->fields.size()), 0};
  }
  [[nodiscard]] Json root() const { return Json(abi()); }
  [[nodiscard]] std::string_view text() const { return parsed_ ? std::string_view(parsed_->text) : std::string_view(); }

  // Whether `text` is one well-formed value.
  [[nodiscard]] static bool is_sound(std::string_view text) {
    try {
      return JsonText(text).root().exists();
    } catch (const std::invalid_argument&) {
      return false;
    }
  }

 private:
  struct Parsed {
    std::string text;
    std::vector<atrium_json_field> fields;
  };
  std::shared_ptr<Parsed> parsed_;
};

// Whether `text` is UTF-8 and could stand in a JSON string as it is or escaped.
[[nodiscard]] inline bool is_utf8(std::string_view text) { return JsonText::is_sound(json_quoted(text)); }

}  // namespace atrium::testkit
#endif
