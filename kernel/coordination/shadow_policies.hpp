#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "coordination/decider.hpp"

namespace atrium {

// Policies that decide what live ones decide, without effect: how often they agree, what their choice is worth in the eyes of the live
// policy, and how evenly each gives leads out. For the tenants of one loop, on whose thread it is; the decider outlives it. What a scorer
// answered to the live question it is not asked again.
//
// Bounds: policies_max a tenant; tenants_max tenants, beyond which none is observed; under_way_max questions at a time, beyond which one is
// skipped and counted; agents_max agents a tenant whose leads are counted one by one.
class ShadowPolicies {
 public:
  static constexpr std::size_t policies_max = 4;
  static constexpr std::size_t tenants_max = 1000;
  static constexpr std::size_t under_way_max = 32;
  static constexpr std::size_t agents_max = 10'000;

  explicit ShadowPolicies(Decider& decider) : decider_(decider) {}

  // From now on these decide in the tenant's shadow; none: nobody does. All figures of the tenant begin anew. False: too many policies or
  // tenants, and nothing has changed.
  [[nodiscard]] bool set(const std::string& tenant_id, std::vector<std::shared_ptr<const RoutingPolicy>> policies);
  // A live decision was made. Decisions without candidates are passed over.
  void observe(const Decision& live);
  // What GET /coordination/policies/shadow answers.
  [[nodiscard]] std::string json(std::string_view tenant_id) const;

 private:
  struct Tally;
  struct Tenant;
  Decider& decider_;
  std::unordered_map<std::string, std::shared_ptr<Tenant>> tenants_;
  std::shared_ptr<std::size_t> under_way_ = std::make_shared<std::size_t>(0);
};

}  // namespace atrium
