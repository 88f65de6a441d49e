#ifndef ATRIUM_JOBS_HPP
#define ATRIUM_JOBS_HPP
// What a plugin's instance has given out and awaits: callbacks of timers, of the executor and of calls to services. Each is one allocation
// that frees itself when it is called. Those that never are, because the instance ends first, are freed here, after the host has promised
// that no call follows: so nothing leaks from one generation to the next, and no callback needs to be counted by hand.
#include <mutex>

#include "atrium/completion.h"
#include "atrium/json.hpp"

namespace atrium {
inline namespace sdk {
namespace detail {

class Jobs;

struct Job {
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  Jobs* jobs = nullptr;
  Job* before = nullptr;
  Job* after = nullptr;
};

// Any thread.
class Jobs {
 public:
  Jobs() = default;
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;
  ~Jobs() {
    while (first_) remove(first_);
  }

  // Owns `job` until it is removed.
  void add(Job* job) {
    const std::lock_guard lock(mutex_);
    job->jobs = this;
    job->after = first_;
    if (first_) first_->before = job;
    first_ = job;
  }
  void remove(Job* job) {
    {
      const std::lock_guard lock(mutex_);
      if (job->before) job->before->after = job->after;
      if (job->after) job->after->before = job->before;
      if (first_ == job) first_ = job->after;
    }
    delete job;
  }

 private:
  std::mutex mutex_;
  Job* first_ = nullptr;
};

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
