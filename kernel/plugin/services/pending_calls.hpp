#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "atrium/completion.h"
#include "loop/worker_pool.hpp"
#include "plugin/services/guarded_call.hpp"

namespace atrium {

// What a plugin asked of one service and waits for: its tokens, each completed exactly once and never after the plugin's instance has
// ended. The plugin's function runs on a thread of `answers`, so that no loop waits for it. Any thread.
class PendingCalls : public std::enable_shared_from_this<PendingCalls> {
 public:
  // `answers` outlives it, and so that one plugin's answers come one after the other and hold up no other's, `plugin` has a share of one of
  // its threads; `guarded` is called for as long as the plugin calls, or a token waits.
  PendingCalls(WorkerPool& answers, std::string plugin, std::size_t calls_max, GuardedCall guarded)
      : answers_(answers), plugin_(std::move(plugin)), calls_max_(calls_max), guarded_(std::move(guarded)) {}

  // Takes a copy of the token. Nothing: it was completed at once, with ATRIUM_FULL when as many as may be are under way, with
  // ATRIUM_CANCELLED when the instance is ending; or there is nothing to complete.
  [[nodiscard]] std::optional<std::uint64_t> begin(const atrium_token* token);
  // Hands the plugin a piece of an answer on its way, soon and in order; pieces that come faster than it takes them go together. What a
  // call may say so is bounded by its service. Harmless after the end.
  void progress(std::uint64_t number, std::string_view piece);
  // Completes it, soon, behind all pieces. Harmless when the end was faster.
  void finish(std::uint64_t number, atrium_status status, std::string result);
  // What is to be completed from now on waits for letGo(); waits until no completion runs. False: one still does after `patience`.
  [[nodiscard]] bool hold(std::chrono::milliseconds patience);
  void letGo();
  // Completes all that is left with ATRIUM_CANCELLED and waits for completions that run. Nothing begins any more. False: some completion of
  // the plugin's has not come back after `patience`.
  [[nodiscard]] bool end(std::chrono::milliseconds patience);

 private:
  struct Held {
    std::uint64_t number;
    atrium_status status;
    std::string result;
  };
  void complete(const atrium_token& token, atrium_status status, std::string_view result) const;
  void tellPieces(std::uint64_t number);
  void completeNow(std::uint64_t number, atrium_status status, std::string_view result);

  WorkerPool& answers_;
  const std::string plugin_;
  const std::size_t calls_max_;
  const GuardedCall guarded_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, atrium_token> tokens_;
  std::unordered_map<std::uint64_t, std::string> pieces_;  // Of tokens_, that wait to be told: by a job, or by their end.
  std::vector<Held> held_;                                 // Answers of tokens_ that wait for letGo(): at most one each.
  bool holding_ = false;
  std::size_t inside_ = 0;
  bool ended_ = false;
};

}  // namespace atrium
