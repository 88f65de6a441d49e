#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"

namespace atrium {

// Gives every user with sessions in a room a small number, his place, by which shards report what he was handed. A place that was left
// rests before another user gets it, so that no report on a message names the wrong one. Entering and leaving take the same time however
// many places there are; there are as many as there were users at once, and those who left within the rest. One thread.
class Places {
 public:
  struct User {
    std::string user_id;
    std::uint32_t sessions = 0;  // 0: he has gone; his name stays until the place is given away.
  };

  explicit Places(std::chrono::nanoseconds rest) : rest_(rest) {}

  // One more session of that user; his place.
  std::uint32_t enter(const std::string& user_id, Mono now);
  // One session less. True: it was his last.
  bool leave(std::uint32_t ordinal, Mono now);

  [[nodiscard]] std::optional<std::uint32_t> find(const std::string& user_id) const;
  // By ordinal.
  [[nodiscard]] const std::vector<User>& users() const { return users_; }
  // Whether anyone is there.
  [[nodiscard]] bool empty() const { return ordinals_.empty(); }

 private:
  struct Resting {
    std::uint32_t ordinal;
    Mono until;
  };
  const std::chrono::nanoseconds rest_;
  std::vector<User> users_;
  std::unordered_map<std::string, std::uint32_t> ordinals_;  // Of those who are there.
  std::deque<Resting> left_;                                 // In the order in which they were left.
};

}  // namespace atrium
