#pragma once

#include <memory>
#include <utility>

#include "engine/ports.hpp"
#include "loop/worker_pool.hpp"
#include "protocol/errors.hpp"
#include "rest/reports.hpp"

namespace atrium {

// One loop's way to the thread that makes reports.
class LoopReports final : public Reports {
 public:
  // Both outlive it. `pool` runs nothing else: a report tells of plugins that hold all others.
  LoopReports(unsigned index, Shards& shards, WorkerPool& pool) : index_(index), shards_(shards), pool_(pool) {}

  void make(std::function<std::string()> make, Completion<std::string> done) override {
    // Shared, so that a refused job has not taken the completion with it.
    auto answer = std::make_shared<Completion<std::string>>(std::move(done));
    const bool waits = pool_.post([this, make = std::move(make), answer] {
      shards_.postAlways(index_, [answer, text = make()]() mutable { (*answer)(std::move(text)); });
    });
    if (!waits) (*answer)(fail(Code::overloaded, "Too many reports are being made already."));
  }

 private:
  unsigned index_;
  Shards& shards_;
  WorkerPool& pool_;
};

}  // namespace atrium
