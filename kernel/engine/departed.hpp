#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "engine/room_key.hpp"

namespace atrium {

// What is remembered of users who have gone. Bound: `max` of them; whoever has been gone longest gives way, however often others come and
// go. One thread.
template <typename T>
class Departed {
 public:
  explicit Departed(std::size_t max) : max_(max) {}

  void remember(const UserKey& user, T what) {
    take(user);
    order_.push_back(user);
    users_.emplace(user, Entry{std::move(what), std::prev(order_.end())});
    if (order_.size() <= max_) return;
    users_.erase(order_.front());
    order_.pop_front();
  }
  // Null: nothing is known of him. Valid until the next change.
  [[nodiscard]] const T* find(const UserKey& user) const {
    const auto it = users_.find(user);
    return it == users_.end() ? nullptr : &it->second.what;
  }
  // He is back.
  std::optional<T> take(const UserKey& user) {
    const auto it = users_.find(user);
    if (it == users_.end()) return std::nullopt;
    std::optional<T> what(std::move(it->second.what));
    order_.erase(it->second.place);
    users_.erase(it);
    return what;
  }

 private:
  struct Entry {
    T what;
    std::list<UserKey>::iterator place;
  };
  const std::size_t max_;
  std::list<UserKey> order_;  // Longest gone first.
  std::unordered_map<UserKey, Entry, UserKeyHash> users_;
};

}  // namespace atrium
