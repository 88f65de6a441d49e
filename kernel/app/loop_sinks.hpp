#pragma once

#include "engine/ports.hpp"
#include "plugin/sinks/event_sinks.hpp"
#include "rest/sink_control.hpp"

namespace atrium {

// One loop's way to the event sinks, which live on another.
class LoopSinks final : public SinkControl {
 public:
  // `sinks` leads to where they are once they are made. All outlive it.
  LoopSinks(unsigned index, Shards& shards, const SinkBoard& board, const std::unique_ptr<EventSinks>& sinks, Log& log)
      : index_(index), shards_(shards), board_(board), sinks_(sinks), log_(log) {}

  std::string sinksJson() const override { return board_.json(); }
  void run(SinkCommand command, Completion<std::string> done) override;

 private:
  void runThere(const SinkCommand& command, Completion<std::string> done);

  unsigned index_;
  Shards& shards_;
  const SinkBoard& board_;
  const std::unique_ptr<EventSinks>& sinks_;
  Log& log_;
};

}  // namespace atrium
