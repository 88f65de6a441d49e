#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/shard.hpp"

namespace atrium {

// What is asked of a report, as far as the query says it. A value.
struct AnalyticsAsk {
  enum class Format : std::uint8_t { json, csv, ndjson };
  PrincipalPtr caller = {};  // What he may not see is left out, or refused.
  std::string report = {};
  Format format = Format::json;
  std::optional<Wall> from = {}, to = {};
  std::string agent_id = {};
  std::string queue = {};
  std::string table = {};  // Of csv and ndjson; empty: the report's own rows.
};

// The way of one loop's API to what was measured; kernel/app implements it. On that loop.
class AnalyticsControl {
 public:
  virtual ~AnalyticsControl() = default;
  // Completes with the report in the format asked for. Refusals: not_found for a report there is not, forbidden for another agent's
  // figures, validation_failed, overloaded and those of the store.
  virtual void report(AnalyticsAsk ask, Completion<std::string> done) = 0;
  // Completes with a CoordinationMetrics of schemas.yaml. Refused with overloaded.
  virtual void metrics(std::string tenant_id, Completion<std::string> done) = 0;
};

}  // namespace atrium
