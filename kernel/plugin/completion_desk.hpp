#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "atrium/completion.h"
#include "base/metrics.hpp"

namespace atrium {

// The tokens that plugins hold of this process. Each stands for a call under way; a completion of one that is over, or a second one, is
// counted (plugin_late_answers) and dropped.
// Outlives every plugin. Any thread.
class CompletionDesk {
 public:
  // Each is called on the thread the plugin completes on, `complete` at most once, and neither after the other end was forgotten.
  struct Ends {
    std::function<void(atrium_status status, std::string result)> complete;
    std::function<void(std::string piece)> progress;  // May be empty.
  };

  // `metrics`: the desk's own set.
  explicit CompletionDesk(MetricSet& metrics) : metrics_(metrics) {}

  // A token to hand to a plugin.
  [[nodiscard]] atrium_token open(Ends ends);
  // Nobody waits for it any more. False: it was over.
  bool forget(std::uint64_t id);

 private:
  static void complete(void* context, std::uint64_t id, atrium_status status, atrium_text result);
  static void progress(void* context, std::uint64_t id, atrium_text piece);

  MetricSet& metrics_;  // Written under the lock only.
  std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<const Ends>> open_;
};

}  // namespace atrium
