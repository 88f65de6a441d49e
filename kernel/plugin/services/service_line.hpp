#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "atrium/service/coordination.h"
#include "atrium/service/http.h"
#include "atrium/service/publish.h"
#include "plugin/services/kv_service.hpp"
#include "plugin/services/pending_calls.hpp"

// How the services of a plugin in a runner reach the server that has them: each call becomes a request of one of these methods, which the
// server reads back and carries out in the plugin's name (isolated/service_counter.hpp). Timers, jobs and everything that needs no server
// are the runner's own.
namespace atrium {

enum class ServiceMethod : std::uint32_t {
  kv_get = 1,
  kv_put = 2,
  kv_remove = 3,
  publish = 4,
  http = 5,
  declare_metric = 6,  // Neither this nor the next is answered.
  record_metrics = 7,
  coordinate = 8
};

inline constexpr std::size_t service_request_max = std::size_t{2} << 20;  // bytes; above the bounds of every service
inline constexpr std::size_t service_answer_max = std::size_t{8} << 20;   // bytes; an answer with a page in it, however it is escaped
inline constexpr std::size_t metric_records_max = 128;                    // that go together

// Any thread.
class ServiceLine {
 public:
  virtual ~ServiceLine() = default;
  // Asks the server; what it answers finishes `number` of `calls`.
  virtual void ask(ServiceMethod method, const std::shared_ptr<PendingCalls>& calls, std::uint64_t number, std::string_view request) = 0;
  // A series that the plugin knows by the number `metric`.
  virtual void declareMetric(std::uint32_t metric, std::uint32_t kind, std::string_view name, std::string_view help) = 0;
  // Soon, together with others.
  virtual void recordMetric(std::uint32_t metric, double value) = 0;
};

// What the services' functions do in a runner: each asks, and completes the token as its service says.
void carryKv(ServiceLine& line, ServiceMethod method, const std::shared_ptr<PendingCalls>& calls, const kv_service::Place& place,
             std::string_view value, const atrium_token* token);
void carryPublication(ServiceLine& line, const std::shared_ptr<PendingCalls>& calls, const atrium_publication* publication,
                      const atrium_token* token);
void carryCoordination(ServiceLine& line, const std::shared_ptr<PendingCalls>& calls, const atrium_coordination_request* request,
                       const atrium_token* token);
void carryHttp(ServiceLine& line, const std::shared_ptr<PendingCalls>& calls, const atrium_http_call* call, const atrium_token* token);

}  // namespace atrium
