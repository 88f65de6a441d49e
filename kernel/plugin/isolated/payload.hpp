#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "atrium/abi.h"
#include "atrium/json.h"

namespace atrium {

// What stands in a message's payload: numbers as they lie in memory (both sides are one machine), texts with their size before them.
class PayloadWriter {
 public:
  template <typename T>
    requires std::is_arithmetic_v<T>
  PayloadWriter& number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  PayloadWriter& text(const atrium_text& value) {
    return text(value.size == 0 ? std::string_view() : std::string_view(value.data, value.size));
  }
  PayloadWriter& text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
    return *this;
  }
  // A value cut out of its text, with its part of the index: nothing is parsed on the other side.
  PayloadWriter& json(const atrium_json& value);
  // What another writer made, numbers and texts only.
  PayloadWriter& append(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }
  void clear() { bytes_.clear(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::string_view view() const { return bytes_; }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads it back and never past its end: what is not there is zero or empty, and whole() is false from then on.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : bytes_(bytes), rest_(bytes) {}

  template <typename T>
    requires std::is_arithmetic_v<T>
  T number() {
    T value{};
    if (rest_.size() < sizeof value) return lack(), value;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  // Borrowed from the payload.
  std::string_view text() {
    const auto size = number<std::uint32_t>();
    if (size > rest_.size()) return lack(), std::string_view();
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  // Leads into the payload, whose first byte lies at a multiple of 4. For what comes from the server: an index is believed as far as it
  // lies within the payload.
  atrium_json json();
  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] bool atEnd() const { return rest_.empty(); }

 private:
  void lack() {
    whole_ = false;
    rest_ = {};
  }
  std::string_view bytes_;
  std::string_view rest_;
  bool whole_ = true;
};

}  // namespace atrium
