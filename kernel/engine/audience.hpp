#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "protocol/principal.hpp"

namespace atrium {

// Who may see a message: nobody but the classes a hook named, at most four: "role:<token role>" and "user:<user id>", joined by line
// feeds as they are stored; "sender" is resolved when the message is accepted. What several hooks named is divided by empty lines, and only
// who is in the audience of each sees the message. No classes: everyone in the room.
class Audience {
 public:
  static constexpr std::size_t classes_max = 4;

  Audience() = default;
  // Views into `stored`, which must stay.
  explicit Audience(std::string_view stored);
  // The stored form of what a hook named; plugin_failed when that makes no sense.
  static Result<std::string> encode(const std::vector<std::string>& classes, std::string_view sender_id);
  // The stored form of those who are in both; either may be empty: everyone. plugin_failed when it is longer than a store keeps.
  static Result<std::string> both(std::string_view stored, std::string_view other);

  [[nodiscard]] bool includes(const Principal& who) const;

 private:
  struct Named {
    std::uint32_t roles = 0;
    std::vector<std::string_view> users;
  };
  std::vector<Named> hooks_;  // What each hook named; none: everyone.
};

// The bit of a token role's word; 0 for an unknown one.
[[nodiscard]] std::uint32_t tokenRoleBit(std::string_view word);

}  // namespace atrium
