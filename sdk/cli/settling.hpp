#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace atrium {

// A change that waits until the files have been quiet for a while, since an editor writes several at once. Quiet is what the files are,
// whatever else happens meanwhile. One thread; time is an argument.
class Settling {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit Settling(std::chrono::milliseconds quiet) : quiet_(quiet) {}

  void changed(std::string name, Time now) {
    name_ = std::move(name);
    due_ = now + quiet_;
  }
  // For poll(): how long to wait at most, in milliseconds; -1: for ever.
  [[nodiscard]] int patience(Time now) const {
    if (!name_) return -1;
    return now >= due_ ? 0 : static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(due_ - now).count());
  }
  // What changed, once, when it has been quiet since.
  [[nodiscard]] std::optional<std::string> settled(Time now) {
    return name_ && now >= due_ ? std::exchange(name_, std::nullopt) : std::nullopt;
  }

 private:
  const std::chrono::milliseconds quiet_;
  std::optional<std::string> name_;  // Of the last file that changed; nothing: none waits.
  Time due_;
};

}  // namespace atrium
