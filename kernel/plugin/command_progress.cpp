#include "plugin/command_progress.hpp"

#include <deque>
#include <mutex>
#include <utility>

#include "protocol/metrics.hpp"

namespace atrium {

// What both sides share: it may outlive the run.
struct CommandProgress::Waiting {
  std::mutex mutex;
  std::deque<std::string> lines;
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;
  bool awaited = false;  // The shard will look.

  // Whether the shard is to be told to look.
  bool add(std::string line) {
    const std::scoped_lock lock(mutex);
    bytes += line.size();
    lines.push_back(std::move(line));
    for (; lines.size() > lines_max || (bytes > bytes_max && lines.size() > 1); ++dropped) {
      bytes -= lines.front().size();
      lines.pop_front();
    }
    return !std::exchange(awaited, true);
  }
  void forgetLook() {
    const std::scoped_lock lock(mutex);
    awaited = false;
  }
};

CommandProgress::CommandProgress(const WorkerCalls::Parts& parts, std::function<void(std::string)> tell)
    : parts_(parts), tell_(std::move(tell)), waiting_(std::make_shared<Waiting>()), pause_([this] { shared_from_this()->turn(); }) {}

CommandProgress::~CommandProgress() = default;

std::function<void(std::string)> CommandProgress::speaker() {
  return [waiting = waiting_, run = weak_from_this(), shards = &parts_.shards, shard = parts_.shard](std::string line) {
    if (!waiting->add(std::move(line))) return;
    const bool posted = shards->post(shard, [run] {
      if (const auto open = run.lock()) open->turn();
    });
    if (!posted) waiting->forgetLook();  // The next line asks again, and the end tells what waits.
  };
}

bool CommandProgress::tellWaiting() {
  std::deque<std::string> lines;
  {
    const std::scoped_lock lock(waiting_->mutex);
    lines.swap(waiting_->lines);
    waiting_->bytes = 0;
    if (const std::uint64_t dropped = std::exchange(waiting_->dropped, 0))
      parts_.metrics.add(Metric::plugin_progress_dropped, static_cast<std::int64_t>(dropped));
    if (lines.empty()) waiting_->awaited = false;
  }
  for (std::string& line : lines) tell_(std::move(line));
  return !lines.empty();
}

// The run may be given up by whoever is told, so whoever comes here holds it.
void CommandProgress::turn() {
  if (over_) return;
  if (tellWaiting() && !over_) parts_.timers.arm(pause_, parts_.now.mono + interval);
}

void CommandProgress::end() {
  if (std::exchange(over_, true)) return;
  pause_.disarm();
  static_cast<void>(tellWaiting());
}

}  // namespace atrium
