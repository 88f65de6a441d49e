#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "atrium/completion.h"
#include "plugin/isolated/payload.hpp"
#include "plugin/loaded_plugin.hpp"

namespace atrium {

// What a runner can be asked, beside the hooks, whose numbers are their own (engine/hooks.hpp) and lie below 100.
enum class RunnerMethod : std::uint32_t {
  score_batch = 100,
  score_queue = 101,
  evaluate = 102,
  deliver_batch = 103,
  authenticate = 104,
  handle = 105,
  execute_command = 106,
  cancel_command = 107,
  open_assistant = 108,
  cancel_assistant = 109
};

// The tokens of a runner's plugin: where a call that is completed later waits for it. A second completion, or one of a call that is over,
// finds nothing and is dropped. Outlives the plugin. Any thread.
class RunnerTokens {
 public:
  using Progress = std::function<void(std::string_view piece)>;  // May block. Called from any thread, by one at a time, during run().

  RunnerTokens();
  RunnerTokens(const RunnerTokens&) = delete;
  RunnerTokens& operator=(const RunnerTokens&) = delete;

  // Hands `begin` a token and, when it began, blocks until the plugin completed it: the server ends the whole runner when the deadline has
  // passed. Writes the result; returns the completion's status, or what `begin` returned.
  [[nodiscard]] atrium_status run(const std::function<atrium_status(const atrium_token*)>& begin, const Progress& progress,
                                  PayloadWriter& out);

 private:
  struct Pending {
    bool done = false;
    atrium_status status = ATRIUM_FAILED;
    std::string result{};
    std::mutex saying{};  // One piece at a time, and none behind the end; whoever is slow to take it keeps no other call waiting.
    const Progress* progress = nullptr;  // Null: the call is over. Under `saying`.
  };
  void complete(std::uint64_t id, atrium_status status, const atrium_text& result);
  void progress(std::uint64_t id, const atrium_text& piece);

  atrium_token abi_{};
  std::mutex mutex_;
  std::condition_variable completed_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Pending>> pending_;
};

// Carries out one call of a kind that is called on workers: from the request's bytes, which begin at a multiple of 16, to the answer's.
// Returns the plugin's status, ATRIUM_UNSUPPORTED for what it has not, ATRIUM_INVALID for a request that cannot be read. May let an
// exception of the plugin's through. One of the runner's channel threads.
[[nodiscard]] atrium_status callWorkerMethod(LoadedPlugin& plugin, RunnerMethod method, std::string_view request, RunnerTokens& tokens,
                                             const RunnerTokens::Progress& progress, PayloadWriter& out);

}  // namespace atrium
