#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"
#include "engine/shard.hpp"

namespace atrium {

// How often something happened within the last minute, to the second. One thread.
class MinuteCounter {
 public:
  void add(Mono now, std::uint64_t by = 1) {
    turnTo(now);
    slots_[static_cast<std::size_t>(second_ % seconds)] += by;
  }
  [[nodiscard]] std::uint64_t sum(Mono now) {
    turnTo(now);
    std::uint64_t total = 0;
    for (const std::uint64_t slot : slots_) total += slot;
    return total;
  }

 private:
  static constexpr std::int64_t seconds = 60;
  void turnTo(Mono now);
  std::array<std::uint64_t, seconds> slots_{};
  std::int64_t second_ = 0;
};

// What one shard counts of one tenant, for the metrics its users may see.
struct TenantFigures {
  std::uint64_t sessions = 0;
  std::uint64_t sessions_opened = 0;
  std::uint64_t sessions_refused = 0;
  std::uint64_t rooms_active = 0;
  std::uint64_t messages = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t deliveries_failed = 0;
  std::uint64_t messages_failed = 0;  // Refused for a reason that is the server's, and not the sender's.
  MinuteCounter sent, refused, late;
  Histogram latency;

  [[nodiscard]] EngineFigures read(Mono now);
};

// All tenants of a shard. A tenant's entry stays once made: there are as many as the token keys' owner let in (tenants.allow).
class Figures {
 public:
  TenantFigures& of(std::string_view tenant_id);
  // A message was refused with that code.
  void noteRefusal(std::string_view tenant_id, Code code);
  [[nodiscard]] EngineFigures read(std::string_view tenant_id, Mono now);  // Empty: all tenants.
  // Runs visit(tenant id, figures) for each tenant.
  template <typename F>
  void each(F visit) const {
    for (const auto& [tenant_id, figures] : tenants_) visit(std::string_view(tenant_id), std::as_const(*figures));
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::unique_ptr<TenantFigures>, Hash, std::equal_to<>> tenants_;
};

}  // namespace atrium
