#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "atrium/ext/routing_scorer.h"
#include "coordination/decision.hpp"
#include "plugin/plugin_registry.hpp"
#include "plugin/worker_calls.hpp"

namespace atrium {

// Buffers that plugins fill in, used again, the last one first, which is still near the processor: a thousand scores are 216 kB. Any
// thread.
class ScoreBuffers {
 public:
  static constexpr std::size_t kept_max = 16u << 20;  // Bytes in buffers that wait; what is beyond is given back to the system.

  // `count` scores that abstain.
  [[nodiscard]] std::vector<atrium_score> take(std::size_t count);
  void giveBack(std::vector<atrium_score> buffer);

 private:
  std::mutex mutex_;
  std::vector<std::vector<atrium_score>> kept_;
  std::size_t kept_bytes_ = 0;
};

// The routing-scorer plugins as one loop asks them: whatever the registry offers under a name at the moment of the question, each in a call
// of its own on a worker, within the deadline of their kind. One whose earlier call is late and has not come back is not asked: each
// question would wait for its deadline, and the answer is known. All of it outlives the calls; on the loop's thread.
class ScorerCalls final : public ScorerPanel {
 public:
  ScorerCalls(PluginRegistry& registry, WorkerCalls& workers) : registry_(registry), workers_(workers) {}

  void ask(std::shared_ptr<const Question> question, std::string_view scorer, std::move_only_function<void(ScorerAnswer)> done) override;

 private:
  struct Views;
  // Which plugin a call is inside; null: none, yet or any more. Written by the worker.
  using Inside = std::atomic<const LoadedPlugin*>;
  [[nodiscard]] std::shared_ptr<const Views> viewsOf(std::shared_ptr<const Question> question);
  // Whether a late call of it has not come back.
  [[nodiscard]] bool hangs(const LoadedPlugin& plugin);

  PluginRegistry& registry_;
  WorkerCalls& workers_;
  std::shared_ptr<ScoreBuffers> buffers_ = std::make_shared<ScoreBuffers>();
  std::map<const LoadedPlugin*, std::shared_ptr<const Inside>> late_;  // A call that is inside leases its plugin: none takes its address.
  std::weak_ptr<const Views> latest_;                                  // Of the question asked last, as long as somebody works with them.
};

}  // namespace atrium
