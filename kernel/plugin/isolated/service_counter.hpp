#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "atrium/service/metrics.h"
#include "base/descriptor.hpp"
#include "loop/loop.hpp"
#include "plugin/isolated/payload.hpp"
#include "plugin/isolated/runner_process.hpp"
#include "plugin/isolated/wire.hpp"
#include "plugin/services/plugin_services.hpp"
#include "plugin/services/service_line.hpp"

namespace atrium {

// The server's end of the line to one runner: what the plugin there asks of services is carried out by those that the server keeps for the
// plugin, which know its grants and bounds; nothing that the runner says is believed. When it goes, what is under way ends as it would
// have, and its answer is dropped. A runner that does not take its answers, or says what is no request, is ended. On the loop's thread.
class ServiceCounter final : public Watcher {
 public:
  static constexpr std::size_t answers_max = 2048;  // That wait to be taken; above what may be under way.
  static constexpr std::size_t bytes_max = std::size_t{64} << 20;

  // `services` outlives it, and so does `loop`.
  ServiceCounter(Loop& loop, PluginServices& services, Descriptor socket, std::shared_ptr<RunnerProcess> process);
  ~ServiceCounter() override;
  ServiceCounter(const ServiceCounter&) = delete;
  ServiceCounter& operator=(const ServiceCounter&) = delete;

 private:
  struct Exit;     // Where answers come from other threads.
  struct Awaited;  // What a token stands for.
  struct Answer {
    WireKind kind = WireKind::answer;  // Or progress: a piece of it.
    std::uint64_t call = 0;
    atrium_status status = ATRIUM_FAILED;
    std::string text = {};
    std::size_t sent = 0;
  };

  void onReady(std::uint32_t events) override;
  [[nodiscard]] bool serve(const WireHeader& header, std::string_view payload);
  [[nodiscard]] bool kv(ServiceMethod method, PayloadReader& in, const atrium_token& token) const;
  [[nodiscard]] bool publish(PayloadReader& in, const atrium_token& token) const;
  [[nodiscard]] bool coordinate(PayloadReader& in, const atrium_token& token) const;
  [[nodiscard]] bool http(PayloadReader& in, const atrium_token& token) const;
  [[nodiscard]] bool declareMetric(PayloadReader& in);
  [[nodiscard]] bool recordMetrics(PayloadReader& in) const;
  void answer(Answer answer);
  void flush();
  void breach(const char* why);
  template <typename Service>
  [[nodiscard]] const Service* service(const char* id) const;

  Loop& loop_;
  PluginServices& services_;
  Descriptor socket_;
  std::shared_ptr<RunnerProcess> process_;
  std::shared_ptr<Exit> exit_;
  WireInbox inbox_{service_request_max};
  std::deque<Answer> answers_;
  std::size_t bytes_ = 0;
  bool wants_out_ = false;
  bool watched_ = true;
  std::array<std::uint32_t, ATRIUM_METRICS_MAX> metrics_{};  // By the runner's number less one: the server's; 0: none.
};

}  // namespace atrium
