#pragma once

#include <utility>

namespace atrium {

// Which plugin's code a thread is inside, for whoever finds the process dying: a signal handler reads it, so it is plain memory. The texts
// live as long as the plugin.
struct CallMark {
  const char* plugin = "";
  const char* sha256 = "";
  const char* hook = "";
};

// Of this thread; null: inside none.
inline thread_local constinit const CallMark* current_call = nullptr;

// Sets the mark for as long as it lives; marks may stand inside each other.
class CallScope {
 public:
  explicit CallScope(const CallMark& mark) : before_(std::exchange(current_call, &mark)) {}
  ~CallScope() { current_call = before_; }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  const CallMark* before_;
};

}  // namespace atrium
