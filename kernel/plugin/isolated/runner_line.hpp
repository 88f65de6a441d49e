#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "plugin/isolated/wire.hpp"
#include "plugin/services/service_line.hpp"

namespace atrium {

// The runner's end of the line to the server's services: requests are written by whoever makes them, answers come on a thread of its own.
// Sending blocks while the server has not taken what was sent before, which it does at once. What waits is bounded where it begins
// (PendingCalls); when the server goes, nothing is answered any more.
class RunnerLine final : public ServiceLine {
 public:
  explicit RunnerLine(Descriptor socket);
  ~RunnerLine() override;
  RunnerLine(const RunnerLine&) = delete;
  RunnerLine& operator=(const RunnerLine&) = delete;

  void ask(ServiceMethod method, const std::shared_ptr<PendingCalls>& calls, std::uint64_t number, std::string_view request) override;
  void declareMetric(std::uint32_t metric, std::uint32_t kind, std::string_view name, std::string_view help) override;
  void recordMetric(std::uint32_t metric, double value) override;
  // Sends what was recorded and waits to go with others.
  void flush();

 private:
  void send(ServiceMethod method, std::uint64_t call, std::string_view payload);
  void listen();

  Descriptor socket_;
  std::mutex sending_;
  std::mutex mutex_;
  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, std::pair<std::shared_ptr<PendingCalls>, std::uint64_t>> waiting_;  // Under the mutex, as the next.
  std::vector<std::pair<std::uint32_t, double>> records_;
  std::thread thread_;
};

}  // namespace atrium
