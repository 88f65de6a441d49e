#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "protocol/frame.hpp"

namespace atrium {

// Appends JSON to a frame or a string. It places commas and colons; the caller keeps the structure:
//   json.begin('{'); json.key("seq").value(7); json.end('}');
// Keys are written as they are (ours need no escape); text values are escaped. One thread.
template <typename Out>
class JsonWriter {
 public:
  explicit JsonWriter(Out& out) : out_(out) {}

  JsonWriter& begin(char bracket) {
    comma();
    put(bracket);
    fresh_ = true;
    return *this;
  }
  JsonWriter& end(char bracket) {
    put(bracket);
    fresh_ = false;
    return *this;
  }
  JsonWriter& key(std::string_view name) {
    comma();
    put('"');
    put(name);
    put(std::string_view("\":", 2));
    fresh_ = true;  // The value follows without a comma.
    return *this;
  }
  JsonWriter& value(std::string_view text) {
    comma();
    string(text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag) { return raw(flag ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& value(T number) {
    comma();
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    put(std::string_view(digits, static_cast<std::size_t>(end - digits)));
    return *this;
  }
  // A number with at most three digits after the point, as latencies are shown; null when it is not finite.
  JsonWriter& value(double number) {
    if (number - number != 0.0) return null();
    comma();
    // Beyond this there is nothing to round, and the product would not fit.
    if (number > -1e12 && number < 1e12)
      number = static_cast<double>(static_cast<std::int64_t>(number * 1000.0 + (number < 0 ? -0.5 : 0.5))) / 1000.0;
    char digits[64];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    put(std::string_view(digits, static_cast<std::size_t>(end - digits)));
    return *this;
  }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& time(Wall wall) {
    comma();
    char text[26];
    text[0] = text[25] = '"';
    formatTime(wall, text + 1);
    put(std::string_view(text, sizeof text));
    return *this;
  }
  JsonWriter& id(std::string_view prefix, const Id& id) {
    comma();
    char text[id_text_size + 1];
    formatId(id, text);
    text[id_text_size] = '"';
    put('"');
    put(prefix);
    put(std::string_view(text, sizeof text));
    return *this;
  }
  // Text that is JSON already: one value.
  JsonWriter& raw(std::string_view json) {
    comma();
    put(json);
    return *this;
  }

 private:
  void comma() {
    if (!fresh_) put(',');
    fresh_ = false;
  }
  void put(char c) {
    if constexpr (requires { out_.append(c); })
      out_.append(c);
    else
      out_.push_back(c);
  }
  void put(std::string_view text) { out_.append(text); }
  void string(std::string_view text);

  Out& out_;
  bool fresh_ = true;
};

extern template class JsonWriter<FrameBuilder>;
extern template class JsonWriter<std::string>;

// The decoded form of JSON string contents that passed the parser ("a\nb" → two lines). Appends to `out`.
void appendUnescaped(std::string& out, std::string_view escaped);

}  // namespace atrium
