#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "base/timer_wheel.hpp"
#include "coaching/assistants.hpp"
#include "plugin/completion_desk.hpp"
#include "plugin/plugin_registry.hpp"
#include "plugin/worker_calls.hpp"

namespace atrium {

// The assistants of plugins for one loop. What is streamed is collected on the plugin's threads, up to the answer's bound, and brought back
// whole. An assistant that says nothing by the time of its first piece, or has not ended by the end, has failed, is told to cancel, and
// what it says later is dropped. On the loop's thread.
class AssistantsPort final : public Assistants {
 public:
  // All of it outlives the port.
  AssistantsPort(PluginRegistry& registry, WorkerCalls& calls, CompletionDesk& desk);
  ~AssistantsPort() override;

  void ask(AssistantCall call, Completion<AssistantAnswer> done) override;

 private:
  struct Stream;
  struct Waiting;
  void answered(std::uint64_t number, const std::string& plugin_id, Stream& stream, const CallAnswer<std::string>& answer,
                Completion<AssistantAnswer> done);
  void lookAtFirstPiece(std::uint64_t number);

  PluginRegistry& registry_;
  WorkerCalls& calls_;
  CompletionDesk& desk_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Waiting>>
      waiting_;  // By the port's own numbers; as many as its desk lets be under way.
  std::uint64_t last_number_ = 0;
};

}  // namespace atrium
