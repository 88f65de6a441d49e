#include "engine/places.hpp"

namespace atrium {

std::uint32_t Places::enter(const std::string& user_id, Mono now) {
  if (const auto ordinal = find(user_id)) {
    ++users_[*ordinal].sessions;
    return *ordinal;
  }
  auto ordinal = static_cast<std::uint32_t>(users_.size());
  if (!left_.empty() && left_.front().until <= now) {
    ordinal = left_.front().ordinal;
    left_.pop_front();
    users_[ordinal] = {user_id, 1};
  } else {
    users_.push_back({user_id, 1});
  }
  ordinals_.emplace(user_id, ordinal);
  return ordinal;
}

bool Places::leave(std::uint32_t ordinal, Mono now) {
  if (--users_[ordinal].sessions > 0) return false;
  ordinals_.erase(users_[ordinal].user_id);
  left_.push_back({ordinal, now + rest_});
  return true;
}

std::optional<std::uint32_t> Places::find(const std::string& user_id) const {
  const auto it = ordinals_.find(user_id);
  if (it == ordinals_.end()) return std::nullopt;
  return it->second;
}

}  // namespace atrium
