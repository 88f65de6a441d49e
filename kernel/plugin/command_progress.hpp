#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "plugin/worker_calls.hpp"

namespace atrium {

// What one run of a command says on its way: from whatever thread the plugin speaks on, in order, to the shard that asked. A run that says
// more than can be told keeps its latest lines: it holds one place in the shard's mailbox and `lines_max` lines, and its client hears of it
// once an `interval`. On the shard's thread, where it is made and destroyed, except where another is named.
class CommandProgress : public std::enable_shared_from_this<CommandProgress> {
 public:
  static constexpr std::size_t lines_max = 16;            // That wait; above it the oldest is dropped.
  static constexpr std::size_t bytes_max = 128UL * 1024;  // Of all that wait; likewise.
  static constexpr std::chrono::milliseconds interval{100};

  // `tell` gets each line. The shard's parts outlive it.
  CommandProgress(const WorkerCalls::Parts& parts, std::function<void(std::string)> tell);
  ~CommandProgress();

  // Says a line: any thread, for as long as anybody likes.
  [[nodiscard]] std::function<void(std::string)> speaker();
  // The run is over: tells what waits, and nothing afterwards.
  void end();

 private:
  struct Waiting;
  // False: nothing waited.
  bool tellWaiting();
  void turn();

  const WorkerCalls::Parts parts_;
  const std::function<void(std::string)> tell_;
  const std::shared_ptr<Waiting> waiting_;
  Timer pause_;
  bool over_ = false;
};

}  // namespace atrium
