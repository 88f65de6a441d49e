#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "atrium/json.h"
#include "protocol/json_index.hpp"

namespace atrium::validate {

// The memory in which inputs are lent to a plugin for one call. One thread.
class Loan {
 public:
  enum class Manner : std::uint8_t {
    plain,      // Writable, and used again for the next call.
    read_only,  // Writing to it is a crash.
    taken_back  // Touching it after the call is a crash, for ever.
  };
  explicit Loan(Manner manner = Manner::plain);
  ~Loan();
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  // Room for the next call; what was lent before is forgotten.
  void open();
  // From here until takeBack() it is lent.
  void lend();
  void takeBack();

  template <typename T>
  T* put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<T*>(copy(&value, sizeof value, alignof(T)));
  }
  template <typename T>
  T* put(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<T*>(copy(values.data(), values.size_bytes(), alignof(T)));
  }
  [[nodiscard]] atrium_text text(std::string_view text);
  // The value as a document of its own.
  [[nodiscard]] atrium_json json(const JsonView& value);
  // No value at all when `value` does not exist.
  [[nodiscard]] atrium_json jsonOrNone(const JsonView& value);

 private:
  void* copy(const void* from, std::size_t size, std::size_t align);
  void map();
  Manner manner_;
  std::byte* begin_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace atrium::validate
