#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "engine/shard.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// What somebody asks of the alerts of the caller's tenant. A value.
struct AlertCall {
  enum class Verb : std::uint8_t { list, read, acknowledge, resolve, act, silences, silence, unsilence, backtest };
  Verb verb{};
  PrincipalPtr caller{};
  std::string id{};      // As in the path: of an alert or a silence.
  std::string action{};  // Of act.
  JsonDocument body{};   // An object; of those that take one.
  // Of list; empty: any.
  std::string state{};
  std::string severity{};
  std::string rule{};
  std::string subject{};
  std::string cursor{};
  std::uint32_t limit = 50;
};

// The way of one loop's API to the alerts, which live on their tenants' homes; kernel/app implements it. On that loop.
class AlertControl {
 public:
  virtual ~AlertControl() = default;
  // Completes with the text that routes.yaml says, empty for unsilence. Whether the caller may is decided by then.
  virtual void run(AlertCall call, Completion<std::string> done) = 0;
};

}  // namespace atrium
