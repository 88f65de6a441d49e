#ifndef ATRIUM_COMPLETION_HPP
#define ATRIUM_COMPLETION_HPP
#include <string_view>
#include <utility>

#include "atrium/completion.h"
#include "atrium/json.hpp"

namespace atrium {
inline namespace sdk {

// The one answer to a call that takes its time. It moves to wherever the work is done, and completes exactly once: one that ends without
// having been used completes with ATRIUM_FAILED, so that a forgotten path or an exception never leaves the caller waiting. To be used from
// any thread, by one at a time.
class Completion {
 public:
  Completion() = default;  // Of no call; every use is passed over.
  explicit Completion(const atrium_token& token) : token_(token), open_(true) {}
  Completion(Completion&& other) noexcept : token_(other.token_), open_(std::exchange(other.open_, false)) {}
  Completion& operator=(Completion&& other) noexcept {
    if (this == &other) return *this;
    abandon();
    token_ = other.token_;
    open_ = std::exchange(other.open_, false);
    return *this;
  }
  ~Completion() { abandon(); }

  // Whether the call still waits for its answer.
  [[nodiscard]] explicit operator bool() const { return open_; }
  // The answer; what it is, the kind of plugin says.
  void complete(std::string_view result = {}) { end(ATRIUM_OK, result); }
  // No answer, and one sentence about why; `status` is other than ATRIUM_OK.
  void fail(atrium_status status, std::string_view why) { end(status == ATRIUM_OK ? ATRIUM_FAILED : status, why); }
  // Something on the way there. Passed over after the end.
  void progress(std::string_view piece) const {
    if (open_) token_.progress(token_.context, token_.id, text_of(piece));
  }

 private:
  void end(atrium_status status, std::string_view result) {
    if (std::exchange(open_, false)) token_.complete(token_.context, token_.id, status, text_of(result));
  }
  void abandon() { end(ATRIUM_FAILED, "The plugin ended without an answer."); }

  atrium_token token_{};
  bool open_ = false;
};

}  // namespace sdk
}  // namespace atrium
#endif
