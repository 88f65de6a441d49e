#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "protocol/principal.hpp"

namespace atrium {

// Who may see a message: nobody but the classes a hook named, at most four: "role:<token role>" and "user:<user id>", joined by line
// feeds as they are stored; "sender" is resolved when the message is accepted. No classes: everyone in the room.
class Audience {
 public:
  static constexpr std::size_t classes_max = 4;

  Audience() = default;
  // Views into `stored`, which must stay.
  explicit Audience(std::string_view stored);
  // The stored form of what a hook named; plugin_failed when that makes no sense.
  static Result<std::string> encode(const std::vector<std::string>& classes, std::string_view sender_id);

  [[nodiscard]] bool everyone() const { return everyone_; }
  [[nodiscard]] bool includes(const Principal& who) const;

 private:
  bool everyone_ = true;
  std::uint32_t roles_ = 0;
  std::vector<std::string_view> users_;
};

// The bit of a token role's word; 0 for an unknown one.
[[nodiscard]] std::uint32_t tokenRoleBit(std::string_view word);

}  // namespace atrium
